package files

import (
	"fmt"

	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
)

// mostNews is how many problems are told of at a time.
const mostNews = 20

// news gives the problems of the files that the last reading did not have.
func (f *Files) news() []string {
	var fresh []string
	now := map[string]bool{}
	for _, text := range problems(f.set) {
		if !f.told[text] && !now[text] {
			fresh = append(fresh, text)
		}
		now[text] = true
	}
	f.told = now
	if more := len(fresh) - mostNews; more > 0 {
		fresh = append(fresh[:mostNews], fmt.Sprintf("and %d more problems in the access files", more))
	}
	return fresh
}

func problems(s *hostsaccess.Set) []string {
	var all []string
	for _, t := range []*hostsaccess.Table{s.Allow, s.Deny} {
		if t.Unreadable != "" {
			all = append(all, fmt.Sprintf("cannot read %s: %s: all clients are refused", t.Name, t.Unreadable))
		}
		for _, p := range t.Problems {
			all = append(all, fmt.Sprintf("%s, %v", t.Name, p))
		}
	}
	for path, h := range s.Hosts {
		if h.Unreadable != "" {
			all = append(all, fmt.Sprintf("cannot read %s: %s: whom a rule with it could be about is refused", path, h.Unreadable))
		}
	}
	return all
}
