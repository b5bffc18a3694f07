package manual

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// List writes a line about each keyword.
func List(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "KEYWORD\tPLACE\tDEFAULT\tSTATUS\tMEANING")
	for _, e := range entries(keyword.All()) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", e.Name, place(e.row.Where), e.Default, statusWords[e.row.Status], e.Summary)
	}
	return t.Flush()
}

// place is a short form of a scope.
func place(s keyword.Scope) string {
	short := []struct {
		scope keyword.Scope
		word  string
	}{
		{keyword.Global, "global"},
		{keyword.AnyRule, "rule"},
		{keyword.ClientRule, "client-rule"},
		{keyword.HostidRule, "hostid-rule"},
		{keyword.SocksRule, "socks-rule"},
		{keyword.Route, "route"},
		{keyword.Monitor, "monitor"},
	}
	var words []string
	for _, x := range short {
		if s&x.scope == x.scope {
			words = append(words, x.word)
			s &^= x.scope
		}
	}
	return strings.Join(words, ",")
}

// Show writes all about the keywords of these names, which can be old spellings too.
func Show(w io.Writer, names ...string) error {
	all, err := findAll(names)
	if err != nil {
		return err
	}
	var b strings.Builder
	for i := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		show(&b, &all[i])
	}
	_, err = io.WriteString(w, b.String())
	return err
}

const (
	textWidth   = 80
	textIndent  = "    "
	labelColumn = 10
)

func show(b *strings.Builder, e *Entry) {
	b.WriteString(statement(e.row) + "\n")
	wrap(b, textIndent, textIndent, e.Doc)
	width := 0
	for _, w := range e.Words {
		width = max(width, len(w.Text)+2)
	}
	if len(e.Words) > 0 {
		b.WriteByte('\n')
	}
	for _, w := range e.row.Words {
		wrap(b, fmt.Sprintf("%s%-*s", textIndent, width, w.Text), textIndent+strings.Repeat(" ", width), plain(meaning(w)))
	}
	b.WriteByte('\n')
	for _, f := range facts(e) {
		wrap(b, fmt.Sprintf("%s%-*s", textIndent, labelColumn, f.label), textIndent+strings.Repeat(" ", labelColumn), f.text)
	}
}

// wrap writes text in lines: the first behind one prefix, the others behind another.
func wrap(b *strings.Builder, first, others, text string) {
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len(line)+1+len(word) > textWidth {
			b.WriteString(line + "\n")
			line, empty = others, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	b.WriteString(line + "\n")
}

// JSON gives the entries of keywords, of all without names, as an array.
func JSON(names ...string) ([]byte, error) {
	all, err := findAll(names)
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}
