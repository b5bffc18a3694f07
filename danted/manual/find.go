package manual

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// find gives the keywords of a name: several when an old spelling means several, depending on the place.
func find(name string) ([]*keyword.Row, error) {
	name = strings.TrimSuffix(name, ":")
	var found []*keyword.Row
	var known []string
	for _, r := range keyword.All() {
		known = append(known, r.Name)
		ok := r.Name == name || written(r).MatchString(name)
		for _, s := range r.Old {
			known = append(known, s.Text)
			ok = ok || s.Text == name
		}
		if ok {
			found = append(found, r)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	hint := "; `rustsocks keywords` lists all"
	if lower := strings.ToLower(name); slices.Contains(known, lower) {
		hint = "; keywords are in small letters"
	} else if best, ok := keyword.Nearest(lower, known); ok {
		hint = fmt.Sprintf("; did you mean %q?", best)
	}
	for _, b := range keyword.Blocks() {
		if b.Name == name {
			hint = "; it begins a block, as in: " + b.Example
		}
	}
	return nil, fmt.Errorf("there is no keyword %q%s", name, hint)
}

// written matches what a keyword with variable parts looks like in a file.
func written(r *keyword.Row) *regexp.Regexp {
	pattern := regexp.QuoteMeta(r.Name)
	part := func(name string, words []keyword.Word) {
		var all []string
		for _, w := range words {
			all = append(all, w.Text)
		}
		pattern = strings.Replace(pattern, name, "("+strings.Join(all, "|")+")", 1)
	}
	switch r.Shape {
	case keyword.LogSpecial:
		part("LEVEL", keyword.Levels())
	case keyword.SocketOption:
		part("LEVEL", keyword.SocketLevels())
		pattern = strings.Replace(pattern, "OPTION", `[a-z0-9_.]+`, 1)
	case keyword.CPU:
		part("PROC", keyword.Processes())
	case keyword.DataAlarm:
		pattern = `((in|ex)ternal\.)?` + pattern + `(\.recv|\.send)?`
	case keyword.CountAlarm, keyword.TestAlarm:
		pattern = `((in|ex)ternal\.)?` + pattern
	}
	return regexp.MustCompile(`^` + pattern + `$`)
}

// findAll gives the entries of names, or of all keywords when there are none.
func findAll(names []string) ([]Entry, error) {
	if len(names) == 0 {
		return entries(keyword.All()), nil
	}
	var all []Entry
	for _, name := range names {
		rows, err := find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, entries(rows)...)
	}
	return all, nil
}
