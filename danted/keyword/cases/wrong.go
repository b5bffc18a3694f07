package cases

import (
	"slices"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// wrong makes the cases of mistakes that do not depend on the value.
func (m *maker) wrong(scope keyword.Scope) {
	f := around(m.row, scope)
	example := exampleOf(m.row)
	with := func(kind Kind, line string, wrong bool) {
		g := f
		g.lines = []string{line}
		m.add(g, kind, "", wrong)
	}
	if example.bare() {
		with(Surplus, example.key+":", true)
	} else {
		with(NoValue, example.key+":", m.row.Shape != keyword.Ignored)
		with(NoColon, example.key+" "+example.value, true)
		if single(m.row.Shape) {
			with(Surplus, example.String()+" "+example.value, true)
		}
	}
	if slices.Contains(f.instead, m.row.ID) && m.row.Many == keyword.Once {
		again := f
		again.before = append(slices.Clone(f.before), example.String())
		again.lines = []string{example.String()}
		m.add(again, Repeated, "", true)
		none := f
		none.lines = nil
		none.whole = true
		m.add(none, Missing, "", true)
	}
	for _, id := range m.row.After {
		m.outOfOrder(scope, keyword.Get(id))
	}
}

// outOfOrder puts a statement before one that must not come behind it.
func (m *maker) outOfOrder(scope keyword.Scope, first *keyword.Row) {
	if first.Where&scope == 0 {
		return
	}
	f := around(m.row, scope)
	if scope == keyword.Global {
		f.before = []string{m.row.Example}
		f.lines = []string{first.Example}
	} else {
		f.before = slices.DeleteFunc(slices.Clone(f.before), func(s string) bool { return s == first.Example })
		f.lines = []string{m.row.Example, first.Example}
	}
	m.add(f, OutOfOrder, first.Name, true)
}

// wrongPlace puts a statement where the keyword is not known.
func (m *maker) wrongPlace(scope keyword.Scope) {
	m.add(file{scope: scope, lines: []string{m.row.Example}}, WrongPlace, "", true)
}

// afterRules puts a global option behind the rules.
func (m *maker) afterRules() {
	m.add(file{scope: keyword.Global, lines: []string{m.row.Example}, last: true}, WrongPlace, "after-rules",
		m.row.Shape != keyword.Ignored)
}

// single tells whether a shape takes one value.
func single(s keyword.Shape) bool {
	switch s {
	case keyword.Address, keyword.Number, keyword.Ratio, keyword.Range, keyword.Switch, keyword.Choice, keyword.Resolver,
		keyword.User, keyword.File, keyword.Service, keyword.RouteOption, keyword.StateKey, keyword.DataAlarm,
		keyword.CountAlarm, keyword.SocketOption:
		return true
	}
	return false
}
