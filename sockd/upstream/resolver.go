package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Dante's host cache: this many entries, each good for this long, failures included (dante-reference appendix A).
const (
	cacheEntries = 512
	cacheTTL     = 300 * time.Second
)

// lookupLimit bounds one lookup: a dead name server must not hold a client for longer.
const lookupLimit = 10 * time.Second

// concurrentLookups bounds the lookups under way. Further ones wait for a place within their own limit.
const concurrentLookups = 256

// LookupError is a lookup that gave nothing. Its text is the one of getaddrinfo(3), which log lines carry.
type LookupError struct {
	Reason   string
	OfFamily bool // the name may have addresses of another family than was wanted
}

func (e *LookupError) Error() string { return e.Reason }

// The reasons that matter apart.
var (
	errNoName = &LookupError{"Name or service not known", true}
	errFail   = &LookupError{"Non-recoverable failure in name resolution", true}
	errAgain  = &LookupError{"Temporary failure in name resolution", false}
	errFamily = &LookupError{"Address family for hostname not supported", false}
)

// Family restricts a lookup to one address family.
type Family uint8

// The families.
const (
	AnyFamily Family = iota
	IPv4
	IPv6
)

func (f Family) has(a netip.Addr) bool {
	return f == AnyFamily || f == IPv4 && a.Is4() || f == IPv6 && a.Is6()
}

// Resolver looks names up through the system's configuration (hosts file, name servers) and remembers the answers. It
// is safe for concurrent use; Reset forgets everything.
type Resolver struct {
	net   *net.Resolver
	slots chan struct{}

	mu      sync.Mutex
	forward map[string]*entry[[]netip.Addr]
	reverse map[netip.Addr]*entry[string]
}

type entry[T any] struct {
	value   T
	err     error
	expires time.Time
}

// NewResolver gives a Resolver with an empty cache.
func NewResolver() *Resolver {
	r := &Resolver{net: &net.Resolver{PreferGo: true}, slots: make(chan struct{}, concurrentLookups)}
	r.Reset()
	return r
}

// Reset empties the cache.
func (r *Resolver) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forward = make(map[string]*entry[[]netip.Addr])
	r.reverse = make(map[netip.Addr]*entry[string])
}

// Addresses gives the addresses of a name in the order in which they are to be tried. The name may also be an address
// literal, in any form inet_aton(3) takes, so that what a rule sees is what is connected to. The error is a
// *LookupError.
func (r *Resolver) Addresses(ctx context.Context, name string, fam Family) ([]netip.Addr, error) {
	if addrs, err := r.RememberedAddresses(name, fam); err != ErrUnknown {
		return addrs, err
	}
	all, err := r.all(ctx, name)
	if err != nil {
		return nil, err
	}
	return ofFamily(all, fam)
}

// ErrUnknown is when a name has to be looked up.
var ErrUnknown = errors.New("not looked up yet")

// RememberedAddresses is Addresses without waiting. The error is ErrUnknown when that will not do.
func (r *Resolver) RememberedAddresses(name string, fam Family) ([]netip.Addr, error) {
	if a, ok := literal(name); ok {
		if !fam.has(a) {
			return nil, errFamily
		}
		return []netip.Addr{a}, nil
	}
	if impossible(name) {
		return nil, errNoName
	}
	e, ok := cached(r, r.forward, strings.ToLower(name))
	switch {
	case !ok:
		return nil, ErrUnknown
	case e.err != nil:
		return nil, e.err
	}
	return ofFamily(e.value, fam)
}

// impossible tells of names that no lookup can find.
//
// COMPAT: a trailing dot does not resolve through the hosts file with glibc, see corpus differential.
func impossible(name string) bool {
	return name == "" || strings.ContainsAny(name, "\x00/ ") || strings.HasSuffix(name, ".")
}

// ofFamily gives those of a name's addresses that are wanted.
func ofFamily(all []netip.Addr, fam Family) ([]netip.Addr, error) {
	var out []netip.Addr
	loopback6 := false
	for _, a := range all {
		if fam.has(a) {
			out = append(out, a)
		}
		loopback6 = loopback6 || a == netip.IPv6Loopback()
	}
	if fam == IPv4 && loopback6 {
		// COMPAT: asked for IPv4, the C library turns the ::1 of a hosts file into 127.0.0.1, than which none is nearer.
		out = slices.Insert(out, 0, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	if len(out) == 0 {
		return nil, errNoName
	}
	return out, nil
}

func (r *Resolver) all(ctx context.Context, name string) ([]netip.Addr, error) {
	key := strings.ToLower(name)
	if err := r.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-r.slots }()
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	found, err := r.net.LookupNetIP(ctx, "ip", name)
	e := &entry[[]netip.Addr]{err: reason(err)}
	for _, a := range found {
		e.value = append(e.value, a.Unmap())
	}
	store(r, r.forward, key, e)
	return e.value, e.err
}

// Name gives the first name of an address, as the reverse mapping has it and without the final dot. The error is a
// *LookupError.
func (r *Resolver) Name(ctx context.Context, a netip.Addr) (string, error) {
	if e, ok := cached(r, r.reverse, a); ok {
		return e.value, e.err
	}
	if err := r.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-r.slots }()
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	names, err := r.net.LookupAddr(ctx, a.String())
	e := &entry[string]{err: reason(err)}
	if len(names) > 0 {
		e.value = strings.TrimSuffix(names[0], ".")
	}
	store(r, r.reverse, a, e)
	return e.value, e.err
}

// enter waits for a place among the lookups under way.
func (r *Resolver) enter(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errAgain
	}
}

func cached[K comparable, T any](r *Resolver, m map[K]*entry[T], key K) (*entry[T], bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := m[key]
	if !ok || time.Now().After(e.expires) {
		return nil, false
	}
	return e, true
}

func store[K comparable, T any](r *Resolver, m map[K]*entry[T], key K, e *entry[T]) {
	if e.err == errAgain {
		return // a passing failure is not worth remembering
	}
	e.expires = time.Now().Add(cacheTTL)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(m) >= cacheEntries {
		for k := range m { // any one: the table is full, something has to go
			delete(m, k)
			break
		}
	}
	m[key] = e
}

// reason turns the resolver's error into getaddrinfo's words.
func reason(err error) error {
	if err == nil {
		return nil
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return errNoName
	case errors.As(err, &dns) && (dns.IsTemporary || dns.IsTimeout), errors.Is(err, context.DeadlineExceeded):
		return errAgain
	case errors.Is(err, context.Canceled):
		return errAgain
	}
	return errFail
}
