// Package danted is the sockd.conf language: it reads the configuration files of Dante's server, says what is wrong
// with them, and compiles them into a plan. It starts nothing and looks nothing up itself: what it must know about the
// machine it asks.
package danted

import (
	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/lint"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// Mode is what a file is loaded for.
type Mode = config.Mode

// The modes: Verify gives the verdict of `danted -V`; Start also refuses what danted can do and this server cannot yet.
const (
	Verify = config.Verify
	Start  = config.Start
)

// Options is what influences loading besides the file.
type Options = config.Options

// Load reads a file into a plan. The list has everything there is to say about it; when there is an error in it the
// plan is nil.
func Load(name string, src []byte, facts hostfacts.Facts, opt Options) (*plan.Plan, diag.List) {
	cfg, said := Check(name, src, facts, opt)
	if said.HasErrors() {
		return nil, said
	}
	p := Compile(cfg)
	p.Name = name
	return p, said
}

// Check reads a file into its typed form. When the list has errors this form is incomplete.
func Check(name string, src []byte, facts hostfacts.Facts, opt Options) (*config.Config, diag.List) {
	file, said := syntax.Parse(name, string(src))
	cfg, more := config.Read(file, facts, opt)
	said = append(said, more...)
	said.Sort()
	return cfg, said
}

// Lint gives what Check says of a file and, when danted would accept it, what else is wrong or dangerous in it.
func Lint(name string, src []byte, facts hostfacts.Facts, opt Options) diag.List {
	file, said := syntax.Parse(name, string(src))
	cfg, more := config.Read(file, facts, opt)
	said = append(said, more...)
	if !said.HasErrors() {
		said = append(said, lint.Lint(file, cfg, facts)...)
	}
	said.Sort()
	return said
}

// Parse reads the text of a file only: what is written, not what it means.
func Parse(name string, src []byte) (*syntax.File, diag.List) { return syntax.Parse(name, string(src)) }
