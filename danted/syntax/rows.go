package syntax

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// key gives the keyword token of a statement.
func (s *Statement) key() Token {
	switch {
	case s.Address != nil:
		return s.Address.Key
	case s.Number != nil:
		return s.Number.Key
	case s.Ratio != nil:
		return s.Ratio.Key
	case s.Range != nil:
		return s.Range.Key
	case s.Choice != nil:
		return s.Choice.Key
	case s.Words != nil:
		return s.Words.Key
	case s.Flags != nil:
		return s.Flags.Key
	case s.Text != nil:
		return s.Text.Key
	case s.Special != nil:
		return s.Special.Key
	case s.Socket != nil:
		return s.Socket.Key
	case s.CPU != nil:
		return s.CPU.Key
	case s.Route != nil:
		return s.Route.Key
	case s.State != nil:
		return s.State.Key
	case s.Redirect != nil:
		return s.Redirect.Key
	case s.Bounce != nil:
		return s.Bounce.Key
	case s.DataAlarm != nil:
		return s.DataAlarm.Key
	case s.CountAlarm != nil:
		return s.CountAlarm.Key
	case s.TestAlarm != nil:
		return s.TestAlarm.Key
	}
	return s.Gone.Key
}

// rows gives the rows a statement can belong to. Keywords of several parts are told apart by their parts, the others by
// the place they stand in.
func (s *Statement) rows() []*keyword.Row {
	all := keyword.ByLexed(s.key().Value)
	name := ""
	switch {
	case s.Special != nil:
		name = s.Special.Key.Value + ".LEVEL." + s.Special.Kind.Value
	case s.CPU != nil:
		name = "cpu." + s.CPU.Kind.Value + ".PROC"
	case s.Route != nil:
		name = s.Route.Key.Value + s.Route.Option.Value
	case s.State != nil:
		name = s.State.Key.Value
		if s.State.HostIndex.Value != "" {
			name += "." + s.State.HostIndex.Value
		}
	case s.Redirect != nil:
		name = "redirect to"
		if s.Redirect.From != nil {
			name = "redirect from"
		}
	case s.TestAlarm != nil:
		name = "alarm." + s.TestAlarm.Test.Value
	default:
		return all
	}
	for _, r := range all {
		if strings.EqualFold(r.Name, name) {
			return []*keyword.Row{r}
		}
	}
	return all
}
