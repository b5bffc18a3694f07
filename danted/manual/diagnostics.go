package manual

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/lint"
)

// diagnostics is docs/diagnostics.md.
func diagnostics() string {
	var b strings.Builder
	b.WriteString(generatedMark + `
# What is said about a sockd.conf

Every diagnostic ends with a code in brackets, which does not change between releases:

    sockd.conf:6:1: error: syntax error near "extrenal": unknown keyword [unknown-keyword]

An error makes the file unusable. A warning or note does not: the server starts, and ` + "`danted -V`" + ` ends with status 0.

## Mistakes

` + "`danted -V`, `rustsocks check`" + ` and the server itself report these. The last column is a part of what Dante says of the same
mistake, to search for; it is empty where Dante says nothing.

| code | severity | what it means, and how to mend it | in Dante's words |
| --- | --- | --- | --- |
`)
	checks := config.Checks()
	slices.SortStableFunc(checks, func(a, b config.Check) int { return cmp.Compare(a.Code, b.Code) })
	for _, c := range checks {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Code, c.Severity, cell(c.Doc), cell(code(c.Says)))
	}
	b.WriteString(`
## Remarks

Only ` + "`rustsocks check`" + ` makes these, about files that Dante accepts in silence. Its exit status does not depend on
them, unless with ` + "`--strict`" + `, which counts every warning. The severity is the worst that a remark can have.

| code | severity | what it means | how to mend it |
| --- | --- | --- | --- |
`)
	remarks := lint.Checks()
	slices.SortStableFunc(remarks, func(a, b lint.Check) int { return cmp.Compare(a.Code, b.Code) })
	for _, c := range remarks {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Code, c.Severity, cell(c.Doc), cell(c.Mend))
	}
	return b.String()
}
