package manual

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// mdocGroup writes the entries of a group in the language of manual pages.
func mdocGroup(g group) string {
	var b strings.Builder
	own, others := g.rows()
	mdocNames(&b, "These keywords are described above and are possible here too:\n", "Ic", names(others))
	b.WriteString(".Bl -tag -width Ds\n")
	for _, r := range own {
		e := newEntry(r)
		if g.scope == 0 {
			mdocRefused(&b, &e)
			continue
		}
		mdocEntry(&b, &e)
	}
	b.WriteString(".El\n")
	return b.String()
}

func mdocEntry(b *strings.Builder, e *Entry) {
	b.WriteString(".It " + mdocStatement(statement(e.row)) + "\n")
	mdocText(b, e.row.Doc)
	if len(e.row.Words) > 0 {
		if e.row.Shape == keyword.Methods {
			b.WriteString("The methods are listed under\n.Sx Methods .\n")
		} else {
			mdocWords(b, e.row.Words)
		}
	}
	b.WriteString(".Pp\n.Bl -tag -width \"Old name\" -compact\n")
	for _, f := range facts(e) {
		b.WriteString(".It " + f.label + "\n")
		if f.label == "Example" {
			b.WriteString(".Li " + mdocArguments(f.text) + "\n")
			continue
		}
		b.WriteString(mdocEscape(f.text) + "\n")
	}
	b.WriteString(".El\n")
}

// mdocRefused is a short entry: nobody needs more of what cannot be used.
func mdocRefused(b *strings.Builder, e *Entry) {
	b.WriteString(".It " + mdocStatement(statement(e.row)) + "\n")
	mdocText(b, e.row.Doc)
	var remarks []string
	for _, f := range facts(e) {
		switch f.label {
		case "Place":
			remarks = append(remarks, f.text)
		case "Old name":
			remarks = append(remarks, "also "+f.text)
		case "Since":
			remarks = append(remarks, "since "+f.text)
		case "Status":
			remarks = append(remarks, f.text)
		}
	}
	b.WriteString(mdocEscape("("+strings.Join(remarks, "; ")+")") + "\n")
}

func mdocWords(b *strings.Builder, words []keyword.Word) {
	width := ""
	for _, w := range words {
		if len(w.Text) > len(width) {
			width = w.Text
		}
	}
	b.WriteString(".Pp\n.Bl -tag -width \"" + width + "\" -compact\n")
	for _, w := range words {
		b.WriteString(".It Cm " + mdocArguments(w.Text) + "\n")
		b.WriteString(mdocInline(meaning(w)) + "\n")
	}
	b.WriteString(".El\n")
}

// mdocText writes a text, each sentence in a line of its own as the language wants it.
func mdocText(b *strings.Builder, text string) {
	for _, s := range sentences(text) {
		b.WriteString(mdocInline(s) + "\n")
	}
}

// mdocInline is text in which what is in backquotes is bold.
func mdocInline(text string) string {
	parts := strings.Split(text, "`")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(p, `\`, `\e`)
		if i%2 == 1 {
			parts[i] = `\fB` + strings.ReplaceAll(parts[i], "-", `\-`) + `\fP`
		}
	}
	return mdocStart(strings.Join(parts, ""))
}

func mdocEscape(text string) string { return mdocStart(strings.ReplaceAll(text, `\`, `\e`)) }

// mdocStart keeps a line of text from being taken for a request.
func mdocStart(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

// mdocNames writes a list of names as a sentence.
func mdocNames(b *strings.Builder, intro, macro string, names []string) {
	if len(names) == 0 {
		return
	}
	b.WriteString(intro)
	for i, name := range names {
		end := " ,"
		if i == len(names)-1 {
			end = " ."
		}
		b.WriteString("." + macro + " " + mdocArguments(name) + end + "\n")
	}
}

// mdocArguments are words that a macro takes as they are.
func mdocArguments(text string) string {
	words := strings.Fields(strings.ReplaceAll(text, `\`, `\e`))
	for i, w := range words {
		words[i] = mdocWord(w)
	}
	return strings.Join(words, " ")
}

// mdocWord keeps a word from being taken for a macro or for punctuation.
func mdocWord(w string) string {
	w = strings.ReplaceAll(w, "-", `\-`)
	if macro.MatchString(w) || strings.ContainsAny(w[:1], ".,:;()[]?!|'\"") {
		return `\&` + w
	}
	return w
}

var (
	macro = regexp.MustCompile(`^([A-Z][a-z]|[A-Z][a-z]?[a-z]?|%[A-Z])$`)
	piece = regexp.MustCompile(`\s+|[A-Z]{2,}|[^A-Z\s]+`)
)

// mdocStatement is a line of macros for a statement in which words in capitals stand for something.
func mdocStatement(text string) string {
	var b strings.Builder
	glue := ""
	for _, p := range piece.FindAllString(text, -1) {
		switch {
		case strings.TrimSpace(p) == "":
			glue = " "
			continue
		case p == "...":
			b.WriteString(glue + "No ...")
		case strings.ToUpper(p) == p && strings.ToLower(p) != p:
			b.WriteString(glue + "Ar " + p)
		default:
			b.WriteString(glue + fmt.Sprintf("Ic %s", mdocWord(p)))
		}
		glue = " Ns "
	}
	return b.String()
}
