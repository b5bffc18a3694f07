package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
)

func has(list []config.Value[string], word string) bool {
	return slices.ContainsFunc(list, func(v config.Value[string]) bool { return v.V == word })
}

func unconfirmedName(l *linter) {
	if has(l.cfg.SourceChecks, "nodnsmismatch") {
		return
	}
	for _, list := range [][]*rule{l.client, l.socks} {
		for _, r := range list {
			if r.passes() && r.From.Kind == addr.Domain && !r.repliesOnly() {
				l.about(r, diag.Warning, fmt.Sprintf("%s trusts the reverse name of a client, which whoever has the address can set to anything under %s", r, r.From.Name),
					"use addresses, or add srchost: nodnsmismatch", keyword.From)
				return
			}
		}
	}
}

func blockByName(l *linter) {
	for _, r := range l.socks {
		if r.dead || r.Verdict != acl.Block || r.commands&acl.CmdConnect == 0 || r.To.Name == "." || strings.EqualFold(r.To.Name, "localhost") {
			continue
		}
		message := ""
		switch r.To.Kind {
		case addr.Host:
			message = fmt.Sprintf("%s stops requests for %s and for its addresses; the same service under another name with other addresses is not blocked", r, r.To.Name)
		case addr.Domain:
			message = fmt.Sprintf("%s stops requests for names under %s; requests for their addresses only where the reverse name is under it too", r, r.To.Name)
		default:
			continue
		}
		l.about(r, diag.Note, message, "block the addresses too, or pass only what is wanted", keyword.To)
		return
	}
}

func suffixBoundary(l *linter) {
	for _, list := range [][]*rule{l.client, l.socks} {
		for _, r := range list {
			for _, c := range []struct {
				id   keyword.ID
				spec addr.Spec
			}{{keyword.From, r.From}, {keyword.To, r.To}} {
				if name := c.spec.Name; !r.dead && c.spec.Kind == addr.Domain && name != "." {
					l.about(r, diag.Note, fmt.Sprintf("%s also matches %s and names such as not%[2]s: the end of the name is compared, dots or not", name, name[1:]), "", c.id)
					return
				}
			}
		}
	}
}

func namesNotResolved(l *linter) {
	if l.cfg.Resolver.V != "fake" {
		return
	}
	for _, r := range l.socks {
		if r.dead || r.Verdict != acl.Block || r.commands&acl.CmdConnect == 0 || r.To.Kind != addr.Prefix && r.To.Kind != addr.Interface {
			continue
		}
		l.say(l.cfg.Resolver.Pos, diag.Warning, fmt.Sprintf("names are not looked up to match rules, so %s on line %d does not stop requests for names that have such an address", r, r.Line),
			"remove resolveprotocol: fake")
		return
	}
}
