package format

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// Change is one rewriting of an old spelling.
type Change struct {
	Pos    diag.Pos `json:"pos"` // in the file as it was
	Old    string   `json:"old"`
	New    string   `json:"new"`
	Reason string   `json:"reason"`
}

// Upgrade rewrites the old spellings in a file, those that danted still takes and those that it refuses although it is
// plain what they stand for, and lays the file out. When there are other syntax errors nothing is rewritten: the text is
// nil, and the list says what they are.
func Upgrade(name string, src []byte) ([]byte, []Change, diag.List) {
	u := upgrade{file: &syntax.File{Name: name, Source: string(src)}}
	file, said := syntax.Parse(name, string(src))
	found := bytesOfOthers(file)
	for {
		if len(found) == 0 {
			found = oldSpellings(file, said)
		}
		if len(found) == 0 {
			break
		}
		u.apply(found)
		found = nil
		file, said = syntax.Parse(name, u.text())
	}
	u.locate(said)
	if said.HasErrors() {
		return nil, nil, said
	}
	return []byte(layout(file)), u.changes(), said
}

// edit replaces a piece of a text.
type edit struct {
	start, end int
	text       string
	reason     string // empty for one that goes without saying after another
}

// upgrade is a file and what was rewritten in it so far. A mistake can hide another, so the file is read again after
// each round; the edits are kept in the terms of the file as it was, because that is what its owner sees.
type upgrade struct {
	file  *syntax.File // only its name and source
	edits []edit
}

// text gives the file with all edits.
func (u *upgrade) text() string {
	var b strings.Builder
	at := 0
	for _, e := range u.edits {
		b.WriteString(u.file.Source[at:e.start] + e.text)
		at = e.end
	}
	b.WriteString(u.file.Source[at:])
	return b.String()
}

// original gives the place in the original file of a place in the edited text.
func (u *upgrade) original(offset int) int {
	grown := 0
	for _, e := range u.edits {
		if offset < e.start+grown {
			break
		}
		if offset < e.start+grown+len(e.text) {
			return e.start
		}
		grown += len(e.text) - (e.end - e.start)
	}
	return offset - grown
}

// apply adds edits of the edited text. Nothing is edited twice: what was written is no old spelling.
func (u *upgrade) apply(list []edit) {
	var all []edit
	for _, e := range list {
		size := e.end - e.start
		e.start = u.original(e.start)
		e.end = e.start + size
		all = append(all, e)
	}
	u.edits = append(u.edits, all...)
	slices.SortFunc(u.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
}

func (u *upgrade) changes() []Change {
	var all []Change
	for _, e := range u.edits {
		if e.reason != "" {
			all = append(all, Change{Pos: u.pos(e.start), Old: u.file.Source[e.start:e.end], New: e.text, Reason: e.reason})
		}
	}
	return all
}

// locate turns what was said of the edited text into something said of the original one.
func (u *upgrade) locate(said diag.List) {
	for i := range said {
		d := &said[i]
		d.Pos = u.pos(u.original(d.Pos.Offset))
		d.Source = u.file.LineAt(d.Pos.Offset)
	}
}

// pos gives the position of an offset in the original file.
func (u *upgrade) pos(offset int) diag.Pos {
	before := u.file.Source[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return diag.Pos{
		File: u.file.Name, Offset: offset, Line: 1 + strings.Count(before, "\n"),
		Col: 1 + utf8.RuneCountInString(strings.TrimPrefix(line, byteOrderMark)),
	}
}

const byteOrderMark = "\xef\xbb\xbf"

// bytesOfOthers finds what editors of other systems add to a file. A CR is only removed where it makes the file
// unusable: where danted takes all of them for parts of names, they are parts of names.
func bytesOfOthers(file *syntax.File) []edit {
	var all []edit
	src := file.Source
	if strings.HasPrefix(src, byteOrderMark) {
		all = append(all, edit{0, len(byteOrderMark), "", "danted stops reading at a byte order mark"})
	}
	if !file.CRLF {
		return all
	}
	reason := "danted takes the CR for a part of the line; it is removed from the end of every line"
	for i := range len(src) {
		if src[i] == '\r' && (i+1 == len(src) || src[i+1] == '\n') {
			all = append(all, edit{i, i + 1, "", reason})
			reason = ""
		}
	}
	return all
}
