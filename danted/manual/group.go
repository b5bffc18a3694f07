package manual

import "github.com/rustsocks/rustsocks/danted/keyword"

// group is a section of the documentation.
type group struct {
	name, title string
	scope       keyword.Scope // 0: what is refused wherever it stands
}

var groups = []group{
	{"global", "Global options", keyword.Global},
	{"rule", "Options of rules", keyword.AnyRule},
	{"route", "Options of routes", keyword.Route},
	{"monitor", "Options of monitors", keyword.Monitor},
	{"refused", "Keywords that are refused", 0},
}

// rows gives the keywords that are described in the group, and those of other groups that may stand there too.
func (g group) rows() (own, others []*keyword.Row) {
	for _, r := range keyword.All() {
		switch {
		case r.Status == keyword.Refused:
			if g.scope == 0 {
				own = append(own, r)
			}
		case r.Where&g.scope == 0:
		case home(r) == g.scope:
			own = append(own, r)
		default:
			others = append(others, r)
		}
	}
	return own, others
}

// home is the scope of the first group that a keyword may stand in.
func home(r *keyword.Row) keyword.Scope {
	for _, g := range groups {
		if r.Where&g.scope != 0 {
			return g.scope
		}
	}
	return 0
}

func names(rows []*keyword.Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return all
}
