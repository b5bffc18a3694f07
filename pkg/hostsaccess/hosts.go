package hostsaccess

import (
	"bytes"
	"fmt"
	"strings"
)

// Hosts is a file of host patterns, which a pattern of an access file names.
type Hosts struct {
	Unreadable string // why the file could not be read; then whom a rule with it could be about is refused
	patterns   []hostPattern
}

// Limits of files of patterns.
const (
	patternLimit = 100_000
	// HostsLimit is how many files of patterns there may be.
	HostsLimit = 64
	depthLimit = 8 // of files that name files
)

// ParseHosts reads a file of patterns, which white space separates. There are no comments.
func ParseHosts(text []byte) *Hosts {
	switch {
	case len(text) > FileLimit:
		return &Hosts{Unreadable: fmt.Sprintf("it is longer than %d bytes", FileLimit)}
	case bytes.IndexByte(text, 0) >= 0:
		return &Hosts{Unreadable: "it has a NUL byte: it is no text"}
	}
	h := &Hosts{}
	for word := range strings.FieldsSeq(string(text)) {
		if len(h.patterns) == patternLimit {
			return &Hosts{Unreadable: fmt.Sprintf("it has more than %d patterns", patternLimit)}
		}
		h.patterns = append(h.patterns, newHost(word))
	}
	return h
}

// isIn tells whether a pattern of a file matches.
func (p peer) isIn(path string) bool {
	file, ok := p.set.Hosts[path]
	switch {
	case !ok:
		return false
	case file.Unreadable != "":
		p.unknowable = path + ": " + file.Unreadable
		return false
	case p.depth == depthLimit:
		p.unknowable = path + ": the files name one another"
		return false
	}
	p.depth++
	defer func() { p.depth-- }()
	for i := range file.patterns {
		if file.patterns[i].matches(p) || len(p.ask) > 0 || p.unknowable != "" {
			return len(p.ask) == 0 && p.unknowable == ""
		}
	}
	return false
}

// Named gives the files of patterns that the tables and those files themselves name, without those that are known
// already. The caller reads them, puts them into Hosts, and asks again.
func (s *Set) Named() []string {
	var all []string
	seen := map[string]bool{}
	name := func(path string) {
		if _, known := s.Hosts[path]; !known && !seen[path] {
			seen[path] = true
			all = append(all, path)
		}
	}
	for _, t := range []*Table{s.Allow, s.Deny} {
		for _, path := range t.files {
			name(path)
		}
	}
	for _, h := range s.Hosts {
		for i := range h.patterns {
			if h.patterns[i].kind == hostFile {
				name(h.patterns[i].text)
			}
		}
	}
	return all
}
