// Hello is the web page behind the example of `make run`: something to reach
// through the proxy on a machine without internet. It prints its address and
// answers every request with the address the request came from.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	server := http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "Hello from behind the proxy. You came from %s.\n", r.RemoteAddr)
		}),
	}
	fmt.Fprintln(os.Stderr, "hello:", server.Serve(l))
	os.Exit(1)
}
