package relay

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// The benchmarks measure a process that does nothing but carry connections to a target, with a Relay or with two
// goroutines and io.Copy a session. What it costs is the processor time of that process, not the time on the clock.
// Run them with -benchtime=5s and nothing else on the machine.

// carrierVariable makes the test binary such a process.
const carrierVariable = "RELAY_BENCHMARK_CARRIER"

func TestMain(m *testing.M) {
	if how := os.Getenv(carrierVariable); how != "" {
		carry(how, os.Args[1])
		return
	}
	os.Exit(m.Run())
}

// carry carries connections to target until its input ends. It prints the address it listens at.
func carry(how, target string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	r, err := New(runtime.GOMAXPROCS(0))
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				server, err := net.Dial("tcp", target)
				if err != nil {
					panic(err)
				}
				if how == "copy" {
					go pump(client, server)
					pump(server, client)
					return
				}
				if err := r.Start(Session{Client: bare(client), Target: bare(server)}); err != nil {
					panic(err)
				}
			}()
		}
	}()
	fmt.Println(listener.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		debug.FreeOSMemory()
		fmt.Println("freed")
	}
}

func pump(from, to net.Conn) {
	io.Copy(to, from)
	to.(*net.TCPConn).CloseWrite()
	from.(*net.TCPConn).CloseRead()
}

// bare takes the descriptor out of a connection.
func bare(c net.Conn) int {
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		panic(err)
	}
	fd := -1
	raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = sockopt.Tune(fd, true)
	}
	if err != nil {
		panic(err)
	}
	return fd
}

// carrier is that process, with a listener for what it connects to.
type carrier struct {
	*testing.B
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
	listen  net.Listener
}

func newCarrier(b *testing.B, how string) *carrier {
	c := &carrier{B: b}
	var err error
	if c.listen, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	c.process = exec.Command(os.Args[0], c.listen.Addr().String())
	c.process.Env = append(os.Environ(), carrierVariable+"="+how)
	c.process.Stderr = os.Stderr
	if c.in, err = c.process.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.process.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		c.in.Close()
		c.process.Wait()
		c.listen.Close()
	})
	c.out = bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	c.address = strings.TrimSpace(line)
	return c
}

// session gives the two ends of a connection through the carrier.
func (c *carrier) session() (client, target *net.TCPConn) {
	a, err := net.Dial("tcp", c.address)
	if err != nil {
		c.Fatal(err)
	}
	b, err := c.listen.Accept()
	if err != nil {
		c.Fatal(err)
	}
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

// used is the processor time of the carrier.
func (c *carrier) used() time.Duration {
	var t unix.Timespec
	clock := int32(^c.process.Process.Pid<<3 | 2) // as clock_getcpuclockid(3) makes it
	if err := unix.ClockGettime(clock, &t); err != nil {
		c.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// resident is the memory of the carrier after a garbage collection.
func (c *carrier) resident() int {
	fmt.Fprintln(c.in)
	if _, err := c.out.ReadString('\n'); err != nil {
		c.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.process.Process.Pid))
	if err != nil {
		c.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		c.Fatal(err)
	}
	return kilobytes << 10
}

// files is how many descriptors the carrier has.
func (c *carrier) files() int {
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.process.Process.Pid))
	if err != nil {
		c.Fatal(err)
	}
	return len(names)
}

var carriers = []string{"relay", "copy"}

func BenchmarkBulk(b *testing.B) {
	for _, how := range carriers {
		for _, streams := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/streams=%d", how, streams), func(b *testing.B) {
				c := newCarrier(b, how)
				type pair struct{ client, target *net.TCPConn }
				var pairs []pair
				for range streams {
					client, target := c.session()
					pairs = append(pairs, pair{client, target})
				}
				const block = 256 << 10
				b.SetBytes(block)
				before := c.used()
				b.ResetTimer()
				var wait sync.WaitGroup
				for i, p := range pairs {
					wait.Go(func() {
						zeros := make([]byte, block)
						for n := i; n < b.N; n += streams {
							p.client.Write(zeros)
						}
						p.client.Close()
					})
					wait.Go(func() {
						into := make([]byte, block)
						for {
							if _, err := p.target.Read(into); err != nil {
								break
							}
						}
						p.target.Close()
					})
				}
				wait.Wait()
				b.ReportMetric((c.used()-before).Seconds()/(float64(b.N)*block/1e9), "cpu-s/GB")
			})
		}
	}
}

func BenchmarkPingPong(b *testing.B) {
	for _, how := range carriers {
		for _, c := range []struct {
			sessions int
			pause    time.Duration
		}{{1, 0}, {50, 0}, {1, time.Millisecond}} {
			sessions := c.sessions
			b.Run(fmt.Sprintf("%s/sessions=%d/pause=%v", how, sessions, c.pause), func(b *testing.B) {
				pause := c.pause
				c := newCarrier(b, how)
				before := time.Duration(0)
				var ready, wait sync.WaitGroup
				start := make(chan struct{})
				for i := range sessions {
					client, target := c.session()
					ready.Add(1)
					wait.Go(func() {
						ping(b, client)
						ready.Done()
						<-start
						for n := i; n < b.N; n += sessions {
							ping(b, client)
							time.Sleep(pause)
						}
						client.Close()
					})
					wait.Go(func() { io.Copy(target, struct{ io.Reader }{target}); target.Close() })
				}
				ready.Wait()
				before = c.used()
				b.ResetTimer()
				close(start)
				wait.Wait()
				b.ReportMetric(float64((c.used()-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/round")
			})
		}
	}
}

// BenchmarkConnection is a connection with one ping. What the carrier needs to accept and to dial is the same for both.
func BenchmarkConnection(b *testing.B) {
	for _, how := range carriers {
		b.Run(how, func(b *testing.B) {
			c := newCarrier(b, how)
			for range 100 {
				c.connection()
			}
			before := c.used()
			b.ResetTimer()
			for range b.N {
				c.connection()
			}
			b.ReportMetric(float64((c.used()-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/connection")
		})
	}
}

func (c *carrier) connection() {
	client, target := c.session()
	var p [64]byte
	client.Write(p[:])
	io.ReadFull(target, p[:])
	target.Write(p[:])
	io.ReadFull(client, p[:])
	client.Close()
	target.Read(p[:])
	target.Close()
}

// ping sends 64 bytes and waits for them.
func ping(b *testing.B, c *net.TCPConn) {
	var p [64]byte
	if _, err := c.Write(p[:]); err != nil {
		b.Error(err)
	}
	if _, err := io.ReadFull(c, p[:]); err != nil {
		b.Error(err)
	}
}

// BenchmarkIdle is what an idle session keeps: memory of the process, the kernel's not counted, and descriptors.
func BenchmarkIdle(b *testing.B) {
	for _, how := range carriers {
		b.Run(how, func(b *testing.B) {
			const sessions = 2000
			c := newCarrier(b, how)
			client, target := c.session()
			defer client.Close()
			defer target.Close()
			memory, files := c.resident(), c.files()
			for range sessions {
				client, target := c.session()
				defer client.Close()
				defer target.Close()
				go io.Copy(target, struct{ io.Reader }{target})
				ping(b, client)
			}
			for b.Loop() {
			}
			b.ReportMetric(float64(c.resident()-memory)/sessions, "bytes/session")
			b.ReportMetric(float64(c.files()-files)/sessions, "files/session")
		})
	}
}
