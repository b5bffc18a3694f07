package hostfacts

import (
	"errors"
	"net/netip"
	"sync"
	"syscall"
)

// Snapshot gives recorded answers again. Its zero value knows nothing. It is plain data: its JSON form is what crosses
// to another process.
type Snapshot struct {
	Interfaces map[string]InterfaceFact `json:"interfaces,omitempty"`
	Locals     map[netip.Addr]bool      `json:"locals,omitempty"`
	Users      map[string]UserFact      `json:"users,omitempty"`
	Services   map[string]ServiceFact   `json:"services,omitempty"` // by "name/protocol"
	Hosts      map[string]HostFact      `json:"hosts,omitempty"`
	Binds      map[netip.Addr]string    `json:"binds,omitempty"` // why not; "" is bindable
	AsRoot     bool                     `json:"root"`
	UID        uint32                   `json:"uid"`
	GID        uint32                   `json:"gid"`
	Processors int                      `json:"cpus"`
	// Complete snapshots know all addresses of the machine: others are not local and cannot be bound.
	Complete bool `json:"complete,omitempty"`
}

// InterfaceFact is what is known of an interface.
type InterfaceFact struct {
	Exists bool           `json:"exists"`
	Addrs  []netip.Prefix `json:"addrs,omitempty"`
}

// UserFact is what is known of a user.
type UserFact struct {
	Exists bool   `json:"exists"`
	UID    uint32 `json:"uid"`
	GID    uint32 `json:"gid"`
}

// ServiceFact is what is known of a service.
type ServiceFact struct {
	Exists bool   `json:"exists"`
	Port   uint16 `json:"port"`
}

// HostFact is what is known of a host name.
type HostFact struct {
	Addrs []netip.Addr `json:"addrs,omitempty"`
	Err   string       `json:"err,omitempty"`
}

// Interface gives the recorded answer.
func (s *Snapshot) Interface(name string) ([]netip.Prefix, bool) {
	f := s.Interfaces[name]
	return f.Addrs, f.Exists
}

// Local gives the recorded answer.
func (s *Snapshot) Local(a netip.Addr) bool { return s.Locals[a] }

// User gives the recorded answer.
func (s *Snapshot) User(name string) (uid, gid uint32, ok bool) {
	f := s.Users[name]
	return f.UID, f.GID, f.Exists
}

// Service gives the recorded answer.
func (s *Snapshot) Service(name, proto string) (uint16, bool) {
	f := s.Services[name+"/"+proto]
	return f.Port, f.Exists
}

// Resolve gives the recorded answer.
func (s *Snapshot) Resolve(name string) ([]netip.Addr, error) {
	f, ok := s.Hosts[name]
	switch {
	case !ok:
		return nil, ErrUnknown
	case f.Err != "":
		return nil, errors.New(f.Err)
	}
	return f.Addrs, nil
}

// Bindable gives the recorded answer.
func (s *Snapshot) Bindable(a netip.Addr) error {
	reason, ok := s.Binds[a]
	switch {
	case !ok && s.Complete:
		return syscall.EADDRNOTAVAIL
	case !ok:
		return ErrUnknown
	case reason != "":
		return errors.New(reason)
	}
	return nil
}

// Root gives the recorded answer.
func (s *Snapshot) Root() bool { return s.AsRoot }

// Self gives the recorded answer.
func (s *Snapshot) Self() (uid, gid uint32) { return s.UID, s.GID }

// CPUs gives the recorded answer.
func (s *Snapshot) CPUs() int { return s.Processors }

// Recorder passes questions on and keeps the answers.
type Recorder struct {
	facts Facts
	mu    sync.Mutex
	seen  Snapshot
}

// NewRecorder records the answers of facts.
func NewRecorder(facts Facts) *Recorder {
	r := &Recorder{facts: facts, seen: Snapshot{
		Interfaces: map[string]InterfaceFact{},
		Locals:     map[netip.Addr]bool{},
		Users:      map[string]UserFact{},
		Services:   map[string]ServiceFact{},
		Hosts:      map[string]HostFact{},
		Binds:      map[netip.Addr]string{},
	}}
	r.seen.AsRoot = facts.Root()
	r.seen.UID, r.seen.GID = facts.Self()
	r.seen.Processors = facts.CPUs()
	return r
}

// Snapshot gives what was answered so far. The Recorder must not be asked any more while it is in use.
func (r *Recorder) Snapshot() *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	return &seen
}

// keep stores an answer.
func keep[K comparable, V any](r *Recorder, m map[K]V, key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m[key] = value
}

// Interface asks and records.
func (r *Recorder) Interface(name string) ([]netip.Prefix, bool) {
	addrs, ok := r.facts.Interface(name)
	keep(r, r.seen.Interfaces, name, InterfaceFact{Exists: ok, Addrs: addrs})
	return addrs, ok
}

// Local asks and records.
func (r *Recorder) Local(a netip.Addr) bool {
	ok := r.facts.Local(a)
	keep(r, r.seen.Locals, a, ok)
	return ok
}

// User asks and records.
func (r *Recorder) User(name string) (uid, gid uint32, ok bool) {
	uid, gid, ok = r.facts.User(name)
	keep(r, r.seen.Users, name, UserFact{Exists: ok, UID: uid, GID: gid})
	return uid, gid, ok
}

// Service asks and records.
func (r *Recorder) Service(name, proto string) (uint16, bool) {
	port, ok := r.facts.Service(name, proto)
	keep(r, r.seen.Services, name+"/"+proto, ServiceFact{Exists: ok, Port: port})
	return port, ok
}

// Resolve asks and records.
func (r *Recorder) Resolve(name string) ([]netip.Addr, error) {
	addrs, err := r.facts.Resolve(name)
	fact := HostFact{Addrs: addrs}
	if err != nil {
		fact = HostFact{Err: err.Error()}
	}
	keep(r, r.seen.Hosts, name, fact)
	return addrs, err
}

// Bindable asks and records.
func (r *Recorder) Bindable(a netip.Addr) error {
	err := r.facts.Bindable(a)
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	keep(r, r.seen.Binds, a, reason)
	return err
}

// Root asks.
func (r *Recorder) Root() bool { return r.facts.Root() }

// Self asks.
func (r *Recorder) Self() (uid, gid uint32) { return r.facts.Self() }

// CPUs asks.
func (r *Recorder) CPUs() int { return r.facts.CPUs() }
