package manual

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// optionList is the socket options of a level, and the symbols of those that have some.
type optionList struct {
	level, meaning    string
	settable, ignored []string
	symbols           []keyword.SocketOpt
}

func socketOptions() []optionList {
	var all []optionList
	for _, level := range keyword.SocketLevels() {
		list := optionList{level: level.Text, meaning: level.Doc}
		for _, name := range keyword.SocketOptNames() {
			o, _ := keyword.SocketOptByName(name)
			switch {
			case o.Level != level.Text:
			case o.Settable:
				list.settable = append(list.settable, name)
			default:
				list.ignored = append(list.ignored, name)
			}
			if o.Level == level.Text && len(o.Symbols) > 0 {
				list.symbols = append(list.symbols, o)
			}
		}
		all = append(all, list)
	}
	return all
}

func mdocSocketOptions() string {
	var b strings.Builder
	b.WriteString(".Bl -tag -width Ds\n")
	for _, l := range socketOptions() {
		b.WriteString(".It " + mdocStatement("internal."+l.level+".OPTION") + " , " + mdocStatement("external."+l.level+".OPTION") + "\n")
		mdocNames(&b, "", "Cm", l.settable)
		mdocNames(&b, "Known, but never set:\n", "Cm", l.ignored)
		for _, o := range l.symbols {
			mdocNames(&b, "The symbols of "+mdocInline("`"+o.Name+"`")+" are\n", "Cm", o.Symbols)
		}
	}
	b.WriteString(".El\n")
	return b.String()
}
