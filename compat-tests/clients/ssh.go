package clients

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The SSH server, by address and by name.
const (
	sshServer = "127.0.0.3:22"
	sshHost   = "127.0.0.3"
	sshName   = "three.test.example"
)

// sshData is how much goes each way.
const sshData = 2 << 20

// sftpServer is what scp and sftp talk to at the other end.
const sftpServer = "/usr/lib/openssh/sftp-server"

// ssh runs OpenSSH's clients with programs that know SOCKS as ProxyCommand. The
// server is dropbear: to install it starts no server on the machine.
func ssh() []scenario {
	login := func(long bool, name, tool, proxyCommand, host string) scenario {
		return scenario{
			Name: "ssh with " + name, Long: long,
			Needs: []string{"ssh", "ssh-keygen", "dropbear", "dropbearkey", tool},
			Play: func(s *stage) error {
				if err := startSSH(s, proxyCommand); err != nil {
					return err
				}
				// The command says whom the server sees, and what it has read.
				sent := data(sshData)
				got, err := s.client(command{
					Tool: "ssh", Args: []string{"-F", "ssh.conf", "root@" + host, `echo "${SSH_CONNECTION%% *}"; sha256sum; exit 0`},
					Stdin: string(sent),
				})
				if err != nil {
					return err
				}
				if want := fmt.Sprintf("%s\n%x  -\n", external, sha256.Sum256(sent)); got != want {
					return fmt.Errorf("the command prints %q, want %q", got, want)
				}
				return s.logged("pass(2): tcp/connect [: 127.0.0.1.* 127.0.0.1.1080 -> " + external + ".* " + sshHost + ".22")
			},
		}
	}
	files := func(name string, commands ...command) scenario {
		return scenario{
			Name: name, Needs: []string{"ssh", "scp", "sftp", "ssh-keygen", "dropbear", "dropbearkey", "nc.openbsd", sftpServer},
			Play: func(s *stage) error {
				if err := startSSH(s, "nc.openbsd -X 5 -x "+open+" %h %p"); err != nil {
					return err
				}
				if _, err := s.file("up", data(sshData)); err != nil {
					return err
				}
				for _, c := range commands {
					if _, err := s.client(c); err != nil {
						return err
					}
				}
				return errors.Join(
					sameFile(filepath.Join(s.dir, "there"), data(sshData)),
					sameFile(filepath.Join(s.dir, "down"), data(sshData)),
					s.logged("pass(2): tcp/connect [: 127.0.0.1.* 127.0.0.1.1080 -> "+external+".* "+sshHost+".22"),
				)
			},
		}
	}
	const there = "root@" + sshHost
	return []scenario{
		login(false, "nc by SOCKS5", "nc.openbsd", "nc.openbsd -X 5 -x "+open+" %h %p", sshHost),
		login(false, "nc by SOCKS5 to a name", "nc.openbsd", "nc.openbsd -X 5 -x "+open+" %h %p", sshName),
		login(false, "nc by SOCKS4", "nc.openbsd", "nc.openbsd -X 4 -x "+open+" %h %p", sshHost),
		login(true, "connect-proxy by SOCKS5", "connect-proxy", "connect-proxy -5 -S "+open+" %h %p", sshHost),
		login(true, "connect-proxy by SOCKS4", "connect-proxy", "connect-proxy -4 -S "+open+" %h %p", sshHost),
		files(
			"scp",
			command{Tool: "scp", Args: []string{"-q", "-F", "ssh.conf", "up", there + ":there"}},
			command{Tool: "scp", Args: []string{"-q", "-F", "ssh.conf", there + ":there", "down"}},
		),
		files("sftp", command{
			Tool: "sftp", Args: []string{"-q", "-F", "ssh.conf", "-b", "-", there}, Stdin: "put up there\nget there down\n",
		}),
	}
}

// startSSH starts the server, with the directory of the clients as the home of
// its only user, and writes a configuration for the clients.
func startSSH(s *stage, proxyCommand string) error {
	// Keys are looked for in the home of the user; this is not the machine's.
	if err := unix.Mount(s.dir, "/root", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("replacing /root: %w", err)
	}
	for _, c := range []command{
		{Tool: "dropbearkey", Args: []string{"-t", "ed25519", "-f", "host"}},
		{Tool: "ssh-keygen", Args: []string{"-q", "-t", "ed25519", "-N", "", "-f", "id"}},
		{Tool: "install", Args: []string{"-D", "-m", "600", "id.pub", ".ssh/authorized_keys"}},
	} {
		if _, err := s.client(c); err != nil {
			return err
		}
	}
	_, err := s.file("ssh.conf", []byte(strings.Join([]string{
		"IdentityFile " + filepath.Join(s.dir, "id"),
		"UserKnownHostsFile " + filepath.Join(s.dir, "known"),
		"StrictHostKeyChecking no", "BatchMode yes", "LogLevel ERROR",
		"ProxyCommand " + proxyCommand, "",
	}, "\n")))
	if err != nil {
		return err
	}
	// With the window it has otherwise, it spends its time waiting for
	// acknowledgements.
	return s.start("tcp", sshServer, "dropbear", "-F", "-E", "-s", "-r", "host", "-p", sshServer,
		"-P", filepath.Join(s.dir, "dropbear.pid"), "-W", "1048576")
}
