package clients

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// webPage has text that is there only after its script has run, which has been
// fetched too.
const webPage = `<!DOCTYPE html>
<title>a page</title>
<p id="text">nothing yet</p>
<script src="script.js"></script>
`

// webText is what the script writes.
func webText(host, from string) string {
	return fmt.Sprintf("a script from %s, served to %s", host, from)
}

// browser is Chromium, without a window. By SOCKS5 it hands on names and never
// resolves them.
func browser() []scenario {
	visit := func(proxy, host, from, address string) scenario {
		return scenario{
			Name: "Chromium by " + proxy + " to " + host, Needs: []string{"chromium"}, Long: true,
			Play: func(s *stage) error {
				if err := serveWebPages(); err != nil {
					return err
				}
				dom, err := s.client(command{Tool: "chromium", Args: []string{
					"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
					"--disable-background-networking", "--disable-component-update", "--disable-sync",
					"--disable-dev-shm-usage", "--user-data-dir=" + s.dir + "/profile",
					"--proxy-server=" + proxy, "--proxy-bypass-list=<-loopback>",
					"--virtual-time-budget=10000", "--dump-dom", "http://" + host + ":8080/",
				}})
				if err != nil {
					return err
				}
				if want := webText(host+":8080", from); !strings.Contains(dom, `<p id="text">`+want+`</p>`) {
					return fmt.Errorf("the page is\n%s\nwithout %q", dom, want)
				}
				return s.logged("pass(2): tcp/connect [: 127.0.0.1.* 127.0.0.1.1080 -> "+from+".* "+address+".8080",
					"pass(2): tcp/connect ]: ")
			},
		}
	}
	return []scenario{
		visit("socks5://"+open, "127.0.0.3", external, "127.0.0.3"),
		visit("socks5://"+open, "three.test.example", external, "127.0.0.3"),
		visit("socks5://"+open, "[::1]", "::1", "::1"),
		visit("socks4://"+open, "127.0.0.3", external, "127.0.0.3"),
	}
}

func serveWebPages() error {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, webPage)
		case "/script.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprintf(w, "document.getElementById('text').textContent = %q\n", webText(r.Host, from))
		default:
			http.NotFound(w, r)
		}
	})
	for _, address := range []string{"127.0.0.3:8080", "[::1]:8080"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		go http.Serve(listener, handler)
	}
	return nil
}
