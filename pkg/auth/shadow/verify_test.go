package shadow

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

const password = "correct horse"

// hashes are of that password, one for each method crypt has.
var hashes = map[string]string{
	"yescrypt":      "$y$j9T$saltsalt$IFUVMd9IZg.1qt0VDKUmwCd8zfLLrtDA9mffjiD5skD",
	"yescrypt, low": "$y$j75$saltsalt$5wlMXHz82Iqiv0ywbT8h3LCVssbi3h0Xh43jM7E7Tr2",
	"gost-yescrypt": "$gy$j75$saltsalt$Xm9A06cSx8F8nMilXIOZasjGmTGYYPpDSSFrTJ5xad2",
	"bcrypt":        "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
	"scrypt":        "$7$6U..../....SodiumChloride$XFUwlZGJVGaoZKGOGHscGBPkeqbe2Nkyy1zFdEz1ih4",
	"sha512":        "$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/uamSo5z0",
	"sha512 rounds": "$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1",
	"sha256":        "$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/",
	"md5":           "$1$saltsalt$NuzA7WTAelpl95xgBGWN60",
	"sunmd5":        "$md5$rasmusle$$LstVYnDgvgWt.mnDiM.4R1",
	"sha1":          "$sha1$1000$saltsalt$ouns5uP5ckp8yJ3a80IEZtEDXjoB",
	"bsdi":          "_J9..rasmDiLRGIlI80c",
	"des":           "abhfCpXqd4GrI",
}

// records gives a Passwords with these records instead of the system's.
func records(hashes map[string]string) *Passwords {
	return &Passwords{setting: "$1$xx", hashOf: func(user string) (string, error) {
		switch user {
		case "denied":
			return "", unix.EACCES
		case "long":
			return "", errTooLong
		}
		if h, ok := hashes[user]; ok {
			return h, nil
		}
		return "", errNoRecord
	}}
}

func TestVerify(t *testing.T) {
	p := records(hashes)
	for method, hash := range hashes {
		if why, reason := p.Verify(method, []byte(password)); why != auth.NoFailure || reason != "" {
			t.Errorf("%s: failure %d, %s", method, why, reason)
		}
		wrong := []string{"", "Correct horse", hash, "*0", "\x00", password + "\x00", password + "\x00x"}
		if method != "des" { // which looks at eight characters
			wrong = append(wrong, "correct hors", password+"x")
		}
		for _, w := range wrong {
			if why, reason := p.Verify(method, []byte(w)); why != auth.WrongPassword || reason != "" {
				t.Errorf("%s, password %q: failure %d, %s", method, w, why, reason)
			}
		}
		if got, ok := crypt([]byte(password), settingOf(hash)); !ok || got != hash {
			t.Errorf("%s: the setting %s gives %s", method, settingOf(hash), got)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	p := records(map[string]string{
		"locked":     "!",
		"locked too": "!" + hashes["md5"],
		"star":       "*",
		"star too":   "*" + hashes["md5"],
		"failed":     "*0",
		"empty":      "",
		"passwd":     "x",
		"unknown":    "$nonsense$salt$hash",
		"cut":        "$6$saltsalt",
		"cut too":    "$6$saltsalt$",
		"costly":     "$6$rounds=999999999$saltsalt$xxxx",
	})
	for _, v := range []struct {
		user   string
		want   auth.Failure
		reason string
	}{
		{"locked", auth.WrongPassword, ""},
		{"locked too", auth.WrongPassword, ""},
		{"star", auth.WrongPassword, ""},
		{"star too", auth.WrongPassword, ""},
		{"failed", auth.WrongPassword, ""},
		{"empty", auth.WrongPassword, ""},
		{"passwd", auth.WrongPassword, ""},
		{"unknown", auth.WrongPassword, ""},
		{"cut", auth.WrongPassword, ""},
		{"cut too", auth.WrongPassword, ""},
		{"costly", auth.Unavailable, "the password hash takes more work than is accepted"},
		{"long", auth.Unavailable, "the password hash has more than 255 characters"},
		{"zed", auth.NoRecord, "no system error"},
		{"", auth.NoRecord, "no system error"},
		{"denied", auth.NoRecord, "Permission denied"},
	} {
		for _, try := range []string{"", "x", "*0", "*1", "!", password} {
			if why, reason := p.Verify(v.user, []byte(try)); why != v.want || reason != v.reason {
				t.Errorf("%s, password %q: failure %d, %q", v.user, try, why, reason)
			}
		}
	}
}

// TestUnknownUsersTakeAsLong looks at what unknown and locked users are hashed with: what the last real user was.
func TestUnknownUsersTakeAsLong(t *testing.T) {
	p := records(hashes)
	for method, hash := range hashes {
		p.Verify(method, []byte("wrong"))
		if got, ok := crypt([]byte(password), p.setting); !ok || got != hash {
			t.Errorf("%s: unknown users are hashed with %s", method, p.setting)
		}
	}
	if s := defaultSetting(); s == "" {
		t.Error("the system has no default setting")
	} else if _, ok := crypt([]byte("x"), s); !ok {
		t.Errorf("the default setting %s does not work", s)
	}
}

func TestAffordable(t *testing.T) {
	for _, h := range hashes {
		if !affordable(h) {
			t.Errorf("%s is refused", h)
		}
	}
	for _, h := range []string{"", "$", "$$", "x", "$6$", "$unknown$rounds=99999999999$x", "$y$jBT$salt$hash", "$2b$14$x", "$7$CU..../....salt$x"} {
		if !affordable(h) {
			t.Errorf("%s is refused", h)
		}
	}
	for _, h := range []string{
		"$y$jFT$salt$hash", "$y$jzz$salt$hash", "$y$j9T.$salt$hash", "$y$j9$salt$hash", "$y$$salt$hash", "$gy$jFT$salt$hash", "$y$j**$x$",
		"$7$KU..../....salt$x", "$7$zzzzzzzzzzzsalt$x", "$7$C$x", "$7$*U..../....salt$x", "$7$CU..../.*..salt$x",
		"$2b$15$x", "$2b$99$x", "$2b$x$x", "$2a$15$x",
		"$6$rounds=2000001$x$x", "$5$rounds=99999999999999999999$x$x", "$6$rounds=$x$x",
		"$sha1$99999999$x$x", "$sha1$x$x$x", "$md5,rounds=999999999$x$$x", "$md5$rounds=999999999$x$$x",
		"_zzzzrasm12345678901",
	} {
		if affordable(h) {
			t.Errorf("%s is accepted", h)
		}
	}
}

// FuzzAffordable gives the parser anything, and lets crypt show that what is accepted is done in a bearable time.
func FuzzAffordable(f *testing.F) {
	for _, h := range hashes {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		if len(hash) > maxHash || strings.IndexByte(hash, 0) >= 0 {
			return
		}
		p := records(map[string]string{"bob": hash})
		if why, reason := p.Verify("bob", []byte(password)); why == auth.NoRecord || why == auth.Unavailable && reason != errTooCostly.Error() {
			t.Errorf("failure %d, %s", why, reason)
		}
	})
}

func TestSystemHash(t *testing.T) {
	if _, err := systemHash("no-such-user-here"); !errors.Is(err, errNoRecord) {
		t.Errorf("got %v", err)
	}
	if _, err := systemHash("root\x00"); !errors.Is(err, errNoRecord) {
		t.Errorf("a name with a zero byte: %v", err)
	}
	if hash, err := systemHash("root"); err != nil || hash == "" {
		t.Errorf("root has no record: %v", err)
	}
}
