package clients

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The FTP server, its only user, and what is fetched from it and stored there.
const (
	ftpServer   = "127.0.0.3:21"
	ftpHost     = "127.0.0.3"
	ftpUser     = "alice"
	ftpPassword = "wonderland"
	downloaded  = 3_000_000
	uploaded    = 2_000_000
)

// ftp moves files with FTP clients. In active mode the server connects to the
// client, which under socksify asks the daemon with BIND for the address to
// connect to.
func ftp() []scenario {
	url := "ftp://" + ftpUser + ":" + ftpPassword + "@" + ftpHost + "/"
	script := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	curl := []command{
		{Tool: "curl", Args: []string{"-sS", "--ftp-port", "-", "-o", "down", url + "down"}},
		{Tool: "curl", Args: []string{"-sS", "--ftp-port", "-", "-T", "up", url + "up"}},
	}
	tnftp := []command{{
		Tool: "tnftp", Args: []string{"-A", "-n", "-v"},
		Stdin: script("open "+ftpHost, "user "+ftpUser+" "+ftpPassword, "binary", "get down", "put up", "quit"),
	}}
	lftp := []command{{
		Tool: "lftp", Args: []string{"-e", "set ftp:passive-mode off; set net:max-retries 1; get down; put up; quit", url},
	}}

	var all []scenario
	active := func(long bool, protocol string, commands []command) {
		all = append(all, scenario{
			Name:  "active FTP with " + commands[0].Tool + " by " + protocol,
			Needs: []string{commands[0].Tool, "socksify", python3, pyftpdlib},
			Long:  long,
			Play: func(s *stage) error {
				err := moveFiles(s, func(c command) (string, error) { return s.socksify(protocol, c) }, commands)
				if err != nil {
					return err
				}
				return s.logged(
					"pass(2): tcp/bind [: 127.0.0.1.* 127.0.0.1.1080 -> "+external+".* "+ftpHost+".",
					"pass(2): tcp/bind [: 127.0.0.1.* 127.0.0.1.1080 -> "+external+".* "+ftpHost+".",
					"pass(2): tcp/bindreply [: "+ftpHost+".* "+external+".* -> 127.0.0.1.1080 127.0.0.1.*",
					"pass(2): tcp/bindreply [: "+ftpHost+".* "+external+".* -> 127.0.0.1.1080 127.0.0.1.*",
					fmt.Sprintf("tcp/bindreply ]: 0 -> %s.* %s.* -> %d, %[3]d -> 127.0.0.1.1080 127.0.0.1.* -> 0: ", ftpHost, external, downloaded),
					fmt.Sprintf("tcp/bindreply ]: %d -> %s.* %s.* -> 0, 0 -> 127.0.0.1.1080 127.0.0.1.* -> %[1]d: ", uploaded, ftpHost, external),
				)
			},
		})
	}
	active(false, "socks_v5", curl)
	active(false, "socks_v4", tnftp)
	active(true, "socks_v4", curl)
	active(true, "socks_v5", tnftp)
	active(true, "socks_v5", lftp)
	active(true, "socks_v4", lftp)

	proxy := []string{"-sS", "--proxy", "socks5h://" + open}
	return append(all, scenario{
		Name:  "passive FTP with curl",
		Needs: []string{"curl", python3, pyftpdlib},
		Play: func(s *stage) error {
			err := moveFiles(s, s.client, []command{
				{Tool: "curl", Args: append(proxy, "-o", "down", url+"down")},
				{Tool: "curl", Args: append(proxy, "-T", "up", url+"up")},
			})
			if err != nil {
				return err
			}
			return s.logged(
				fmt.Sprintf("tcp/connect ]: %d -> 127.0.0.1.* 127.0.0.1.1080 -> 0, 0 -> %s.* %s.* -> %[1]d: ", downloaded, external, ftpHost),
				fmt.Sprintf("tcp/connect ]: 0 -> 127.0.0.1.* 127.0.0.1.1080 -> %d, %[1]d -> %s.* %s.* -> 0: ", uploaded, external, ftpHost),
			)
		},
	})
}

// moveFiles starts the FTP server and runs commands that fetch the file "down"
// and store the file "up".
func moveFiles(s *stage, run func(command) (string, error), commands []command) error {
	down, err := s.file("served/down", data(downloaded))
	if err != nil {
		return err
	}
	if _, err := s.file("up", data(uploaded)); err != nil {
		return err
	}
	served := filepath.Dir(down)
	host, port, _ := strings.Cut(ftpServer, ":")
	err = s.start("tcp", ftpServer, python3, "-m", "pyftpdlib", "-i", host, "-p", port, "-w", "-d", served, "-u", ftpUser, "-P", ftpPassword)
	if err != nil {
		return err
	}
	for _, c := range commands {
		if _, err := run(c); err != nil {
			return err
		}
	}
	if err := sameFile(filepath.Join(s.dir, "down"), data(downloaded)); err != nil {
		return err
	}
	return sameFile(filepath.Join(served, "up"), data(uploaded))
}
