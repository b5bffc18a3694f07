package wire

import "fmt"

// loginVersion is the version of the subnegotiation of RFC 1929.
const loginVersion = 1

// Credentials are the user name and password of RFC 1929, each cut at its first NUL. The password is bytes, so that
// its owner can wipe it.
type Credentials struct {
	User     string
	Password []byte
}

// Login takes a user name and password message. Both may be empty, though RFC 1929 has it otherwise.
func (r *Reader) Login() (Credentials, error) {
	r.begin()
	v, err := r.takeByte()
	if err != nil {
		return Credentials{}, err
	}
	if v != loginVersion {
		return Credentials{}, &VersionError{In: Login, Got: v}
	}
	user, err := r.takeString()
	if err != nil {
		return Credentials{}, err
	}
	password, err := r.takeSecret()
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{User: user, Password: password}, nil
}

// AppendLogin appends a user name and password message.
func AppendLogin(to []byte, c Credentials) ([]byte, error) {
	for _, n := range []int{len(c.User), len(c.Password)} {
		if n == 0 || n > 255 {
			return to, fmt.Errorf("user name or password of %d bytes: %w", n, ErrFieldLength)
		}
	}
	to = append(to, loginVersion, byte(len(c.User)))
	to = append(to, c.User...)
	to = append(to, byte(len(c.Password)))
	return append(to, c.Password...), nil
}

// AppendLoginStatus appends the answer to a login.
//
// COMPAT: Dante's status of a failure is 1.
func AppendLoginStatus(to []byte, ok bool) []byte {
	if ok {
		return append(to, loginVersion, 0)
	}
	return append(to, loginVersion, 1)
}

// LoginStatus takes a server's answer to a login. The version is not looked at: servers send 5 as well.
func (r *Reader) LoginStatus() (ok bool, err error) {
	r.begin()
	p, err := r.take(2)
	return err == nil && p[1] == 0, err
}
