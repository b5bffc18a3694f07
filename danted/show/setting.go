package show

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
)

// setting is one keyword with its value.
type setting struct {
	id         keyword.ID
	key, value string
	origin     origin
	// unwritable settings have a value that no statement gives: a comment says it.
	unwritable bool
}

// MarshalJSON gives the setting for programs.
func (s setting) MarshalJSON() ([]byte, error) {
	out := struct {
		Key    string    `json:"key"`
		Value  string    `json:"value"`
		Origin string    `json:"origin"`
		Name   string    `json:"name,omitempty"`
		Pos    *diag.Pos `json:"position,omitempty"`
	}{Key: s.key, Value: strings.TrimSpace(s.value), Origin: s.origin.kind, Name: s.origin.name}
	if s.origin.pos.IsValid() {
		out.Pos = &s.origin.pos
	}
	return json.Marshal(out)
}

// origin is where a value comes from.
type origin struct {
	kind string
	pos  diag.Pos
	name string // of an address: the name it was found by; of a name: the addresses behind it
}

// The kinds of origins.
const (
	fromDefault     = "default"
	fromFile        = "file"
	fromGlobal      = "inherited"
	fromCommandLine = "command line"
	fromOthers      = "derived"
)

var (
	byDefault = origin{kind: fromDefault}
	derived   = origin{kind: fromOthers}
)

func written(pos diag.Pos) origin { return origin{kind: fromFile, pos: pos} }

// of gives the origin of a global value.
func of[T any](v config.Value[T]) origin {
	switch v.Origin {
	case config.File:
		return origin{kind: fromFile, pos: v.Pos, name: v.Name}
	case config.CommandLine:
		return origin{kind: fromCommandLine}
	}
	return byDefault
}

// inherited gives the origin of a value that a rule has because the file has it.
func inherited(global origin) origin {
	if global.kind == fromFile {
		global.kind = fromGlobal
	}
	return global
}

func (o origin) String() string {
	at := o.pos.File + ":" + strconv.Itoa(o.pos.Line)
	switch {
	case o.kind == fromGlobal:
		return "inherited from " + at
	case o.kind == fromFile && o.name != "":
		return o.name + ", " + at
	case o.kind == fromFile:
		return at
	}
	return o.kind
}

// list collects settings.
type list struct {
	all      bool
	settings []setting
}

// add adds a setting.
func (l *list) add(id keyword.ID, value string, o origin) {
	l.addAs(id, keyword.Get(id).Name, value, o)
}

// addAs adds a setting of a keyword that has other parts in its place.
func (l *list) addAs(id keyword.ID, key, value string, o origin) {
	l.settings = append(l.settings, setting{id: id, key: key, value: value, origin: o})
}

// global adds a setting unless it is the default and only the rest is shown.
func (l *list) global(id keyword.ID, value string, o origin) {
	switch {
	case value == keyword.Get(id).Default && !l.all:
	case value == "":
		l.say(id, value, o)
	default:
		l.add(id, value, o)
	}
}

// say adds what no statement can say.
func (l *list) say(id keyword.ID, value string, o origin) {
	l.add(id, value, o)
	l.settings[len(l.settings)-1].unwritable = true
}

// at gives where a block says something itself: the last of several keywords for the same.
func at(w config.Written, ids ...keyword.ID) (o origin, ok bool) {
	for _, id := range ids {
		if pos, here := w[id]; here && (!ok || pos.Offset > o.pos.Offset) {
			o, ok = written(pos), true
		}
	}
	return o, ok
}

// own adds a setting that a block has only when it says so.
func (l *list) own(w config.Written, id keyword.ID, value string) {
	if o, ok := at(w, id); ok {
		l.add(id, value, o)
	}
}

// usual adds a setting of a block: what it says itself, or what it is without that.
func (l *list) usual(w config.Written, id keyword.ID, value string, otherwise origin) {
	if o, says := at(w, id); says || l.all {
		if !says {
			o = otherwise
		}
		l.add(id, value, o)
	}
}
