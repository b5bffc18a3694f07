package manual

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// The manual page has its prose from a template: in place of a line `.\" insert NAME` it has the part of that name.
const (
	page     = "man/sockd.conf.5"
	template = page + ".in"
)

// Files gives the generated files of the tree whose top is given, by name.
func Files(tree fs.FS) (map[string][]byte, error) {
	prose, err := fs.ReadFile(tree, template)
	if err != nil {
		return nil, err
	}
	text, err := fill(string(prose))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", template, err)
	}
	return map[string][]byte{
		page: text, "docs/keywords.md": []byte(markdown()), "docs/diagnostics.md": []byte(diagnostics()),
	}, nil
}

var insertLine = regexp.MustCompile(`(?m)^\.\\" insert ([a-z-]+)\n`)

// fill puts the generated parts into the prose of the page.
func fill(prose string) ([]byte, error) {
	parts := parts()
	var unknown []string
	text := insertLine.ReplaceAllStringFunc(prose, func(line string) string {
		name := insertLine.FindStringSubmatch(line)[1]
		part, ok := parts[name]
		if !ok {
			unknown = append(unknown, name)
		}
		delete(parts, name)
		return fmt.Sprintf(".\\\" What follows is generated: %s\n%s.\\\" End of what is generated: %s\n", name, part, name)
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("there is no part %s", strings.Join(unknown, ", "))
	}
	for name := range parts {
		return nil, fmt.Errorf("the part %s is inserted nowhere, or twice", name)
	}
	return fmt.Appendf(nil, ".\\\" Code generated from %s and the keyword table by make generate. DO NOT EDIT.\n%s", template, text), nil
}

// parts are the generated parts of the page.
func parts() map[string]string {
	all := map[string]string{
		"methods":        mdocVocabulary(methods()),
		"levels":         mdocVocabulary(keyword.Levels()),
		"facilities":     mdocVocabulary(keyword.Facilities()),
		"processes":      mdocVocabulary(keyword.Processes()),
		"socket-options": mdocSocketOptions(),
	}
	for _, g := range groups {
		all[g.name] = mdocGroup(g)
	}
	return all
}

// methods are those of all keywords that take methods.
func methods() []keyword.Word { return keyword.Get(keyword.SocksMethod).Words }

func mdocVocabulary(words []keyword.Word) string {
	var b strings.Builder
	mdocWords(&b, words)
	return b.String()
}
