package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// Pages, all served by the test.
const (
	pageIPv4      = "http://127.0.0.3/"
	pageIPv6      = "http://[::1]/"
	pageName      = "http://three.test.example/"
	pageNameIPv6  = "http://six.test.example/"
	pageBlocked   = "http://127.0.0.66/"
	pageClosed    = "http://127.0.0.3:81/"
	pageNoSuch    = "http://nosuch.invalid/"
	uploadIPv4    = "http://127.0.0.3/upload"
	uploadedBytes = 3 << 20
)

// A fetch is one run of a client.
type fetch struct {
	Name      string
	Tool      string   // curl, or the program that wraps it, or Python
	Needs     []string // files of the machine beside the tool
	Args      []string
	Env       []string
	Files     map[string]string // in the directory of the fetch
	Upload    bool              // the answer is the digest of what was sent
	From      string            // the address the target must have seen; none: the fetch must fail
	NotOracle string            // why the real danted cannot do it
	Long      bool              // not in the quick suite
}

// socks4a is a deviation: it works with ours.
const socks4a = "the real danted takes 0.0.0.1 for the address; SOCKS4a is not supported"

// fetches are all runs.
func fetches() []fetch {
	var all []fetch
	curl := func(name, proxy, page, from string, more ...string) {
		all = append(all, fetch{
			Name: "curl " + name, Tool: "curl", From: from,
			Args: append([]string{"--proxy", proxy, page}, more...),
		})
	}
	curl("socks4", "socks4://"+open, pageIPv4, external)
	curl("socks4 with a user", "socks4://alice@"+open, pageIPv4, external)
	curl("socks4 to a name it resolves itself", "socks4://"+open, pageName, external)
	curl("socks4 to a blocked address", "socks4://"+open, pageBlocked, "")
	curl("socks4 to a closed port", "socks4://"+open, pageClosed, "")
	curl("socks5", "socks5://"+open, pageIPv4, external)
	curl("socks5 to IPv6", "socks5://"+open, pageIPv6, "::1")
	curl("socks5 to a name it resolves itself", "socks5://"+open, pageName, external)
	curl("socks5 to a blocked address", "socks5://"+open, pageBlocked, "")
	curl("socks5 to a closed port", "socks5://"+open, pageClosed, "")
	curl("socks5h", "socks5h://"+open, pageName, external)
	curl("socks5h to an address", "socks5h://"+open, pageIPv4, external)
	curl("socks5h to IPv6", "socks5h://"+open, pageIPv6, "::1")
	curl("socks5h to a name without such an address", "socks5h://"+open, pageNoSuch, "")
	curl("socks5 with a password nobody asks for", "socks5://alice:wonderland@"+open, pageIPv4, external)
	curl("socks5 with a password", "socks5://alice:wonderland@"+password, pageIPv4, external)
	curl("socks5h with a password", "socks5h://bob:builder@"+password, pageName, external)
	curl("socks5h with a password to IPv6", "socks5h://bob:builder@"+password, pageIPv6, "::1")
	curl("socks5 with a wrong password", "socks5://alice:looking-glass@"+password, pageIPv4, "")
	curl("socks5 without the password", "socks5://"+password, pageIPv4, "")
	curl("socks5 over a tunnel", "socks5://"+open, pageIPv4, external, "--keepalive-time", "1", "--proxytunnel")

	for _, proxy := range []string{"socks4://" + open, "socks5h://alice:wonderland@" + password} {
		all = append(all, fetch{
			Name: "curl upload by " + proxy, Tool: "curl", From: external, Upload: true,
			Args: []string{"--proxy", proxy, "--data-binary", "@upload", "--header", "Expect:", uploadIPv4},
		})
	}
	return slices.Concat(all, families(), wrapped(), python())
}

// families are the kinds of targets by the kinds of clients, on listeners of
// both families.
func families() []fetch {
	var all []fetch
	for _, listener := range []string{open, openIPv6} {
		for _, dialect := range []struct {
			scheme, page, from, notOracle string
		}{
			{"socks4", pageIPv4, external, ""},
			{"socks4a", pageIPv4, external, socks4a}, // curl sends this address as a name

			{"socks4a", pageName, external, socks4a},
			{"socks4a", pageNameIPv6, "::1", socks4a},
			{"socks5", pageIPv4, external, ""},
			{"socks5", pageIPv6, "::1", ""},
			{"socks5h", pageName, external, ""},
			{"socks5h", pageNameIPv6, "::1", ""},
		} {
			all = append(all, fetch{
				Name: "curl " + dialect.scheme + " at " + listener + " to " + dialect.page, Tool: "curl",
				Args: []string{"--proxy", dialect.scheme + "://" + listener, dialect.page},
				From: dialect.from, NotOracle: dialect.notOracle,
			})
		}
	}
	return all
}

// wrapped are runs of curl, knowing of no proxy, under programs that bend its
// system calls.
func wrapped() []fetch {
	socksify := func(name, server, protocol, page, from string, env ...string) fetch {
		host, port, _ := strings.Cut(server, ":")
		method := "none"
		if len(env) > 0 {
			method = "username"
		}
		return fetch{
			Name: "socksify " + name, Tool: "socksify", From: from,
			Args: []string{"curl", page},
			// Everything here is on lo, which would otherwise be reached directly.
			Env: append([]string{"SOCKS_CONF=socks.conf", "SOCKS_AUTOADD_LANROUTES=no"}, env...),
			Files: map[string]string{"socks.conf": fmt.Sprintf(
				"route {\n\tfrom: 0/0 to: 0/0 via: %s port = %s\n\tcommand: connect\n\tproxyprotocol: %s\n\tmethod: %s\n}\n",
				host, port, protocol, method)},
		}
	}
	proxychains := func(name, proxy, page, from string) fetch {
		return fetch{
			Name: "proxychains4 " + name, Tool: "proxychains4", From: from,
			Args:  []string{"-q", "-f", "proxychains.conf", "curl", page},
			Files: map[string]string{"proxychains.conf": "strict_chain\ntcp_read_time_out 15000\ntcp_connect_time_out 8000\n[ProxyList]\n" + proxy + "\n"},
		}
	}
	return []fetch{
		socksify("socks4", open, "socks_v4", pageIPv4, external),
		socksify("socks5", open, "socks_v5", pageIPv4, external),
		socksify("socks5 with a password", password, "socks_v5", pageIPv4, external,
			"SOCKS_USERNAME=carol", "SOCKS_PASSWORD=carols-secret"),
		socksify("socks5 with a wrong password", password, "socks_v5", pageIPv4, "",
			"SOCKS_USERNAME=carol", "SOCKS_PASSWORD=wrong"),
		socksify("socks5 to a blocked address", open, "socks_v5", pageBlocked, ""),
		proxychains("socks4", "socks4 127.0.0.1 1080", pageIPv4, external),
		proxychains("socks5", "socks5 127.0.0.1 1080", pageIPv4, external),
		proxychains("socks5 with a password", "socks5 127.0.0.1 1081 alice wonderland", pageIPv4, external),
		proxychains("socks5 with a wrong password", "socks5 127.0.0.1 1081 alice wrong", pageIPv4, ""),
		proxychains("socks5 to a blocked address", "socks5 127.0.0.1 1080", pageBlocked, ""),
	}
}

// urllibScript is a client with PySocks below Python's own library.
const urllibScript = `
import socks, sys, urllib.request
from sockshandler import SocksiPyHandler
kind, server, names, user, password, page = sys.argv[1:]
host, port = server.rsplit(":", 1)
opener = urllib.request.build_opener(SocksiPyHandler(
    getattr(socks, kind), host, int(port), names == "remote", user or None, password or None))
sys.stdout.write(opener.open(page, timeout=20).read().decode())
`

// requestsScript is a client with the library requests, which uses PySocks too.
const requestsScript = `
import requests, sys
proxy, page = sys.argv[1:]
answer = requests.get(page, proxies={"http": proxy}, timeout=20)
answer.raise_for_status()
sys.stdout.write(answer.text)
`

// python are runs of Python.
func python() []fetch {
	urllib := func(kind, server, names, user, password, page, from string) fetch {
		return fetch{
			Name: fmt.Sprintf("urllib %s to %s, resolved %sly", kind, page, names),
			Tool: python3, Needs: []string{pysocks}, From: from,
			Args:  []string{"fetch.py", kind, server, names, user, password, page},
			Files: map[string]string{"fetch.py": urllibScript},
		}
	}
	requests := func(proxy, page, from string) fetch {
		return fetch{
			Name: "requests by " + proxy + " to " + page, Tool: python3, Needs: []string{pysocks, pyrequests}, From: from, Long: true,
			Args:  []string{"fetch.py", proxy, page},
			Files: map[string]string{"fetch.py": requestsScript},
		}
	}
	refused := urllib("SOCKS5", password, "remote", "alice", "wrong", pageName, "")
	refused.Name += ", with a wrong password"
	bySOCKS4a := urllib("SOCKS4", open, "remote", "", "", pageName, external)
	bySOCKS4a.NotOracle = socks4a
	return []fetch{
		urllib("SOCKS4", open, "local", "", "", pageName, external),
		bySOCKS4a,
		urllib("SOCKS5", open, "local", "", "", pageName, external),
		urllib("SOCKS5", open, "remote", "", "", pageNameIPv6, "::1"),
		urllib("SOCKS5", password, "remote", "alice", "wonderland", pageName, external),
		refused,
		requests("socks4://"+open, pageIPv4, external),
		requests("socks5://"+open, pageIPv6, "::1"),
		requests("socks5h://bob:builder@"+password, pageName, external),
		requests("socks5h://bob:wrong@"+password, pageName, ""),
		requests("socks5h://"+open, pageClosed, ""),
	}
}

// prepare writes the files of a fetch and returns its directory.
func (f fetch) prepare(number int) (string, error) {
	dir := filepath.Join(sandbox.Dir, fmt.Sprintf("fetch%d", number))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for name, text := range f.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	if f.Upload {
		return dir, os.WriteFile(filepath.Join(dir, "upload"), data(uploadedBytes), 0o644)
	}
	return dir, nil
}
