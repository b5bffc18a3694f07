package monitor

import (
	"encoding/json"
	"fmt"

	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// deployment is a configuration that was loaded, with what a worker needs to load the same and to serve it.
type deployment struct {
	plan      *plan.Plan
	digest    string
	source    []byte
	facts     []byte
	listeners listenerSet
	logs      *logDevices
}

// load reads and compiles the configuration file as it is now, with the machine as it is now.
func (m *monitor) load() (*deployment, []Diagnostic, error) {
	src, err := readSource(m.opt.config)
	if err != nil {
		return nil, nil, err
	}
	facts := hostfacts.NewRecorder(hostfacts.NewLive())
	p, said := m.program.Load(m.opt.config, src, facts, LoadOptions{Debug: m.opt.debug, KeepAlive: m.opt.keepAlive})
	if p == nil || hasErrors(said) {
		return nil, said, nil
	}
	snapshot, err := json.Marshal(facts.Snapshot())
	if err != nil {
		return nil, said, fmt.Errorf("encoding the host facts: %w", err)
	}
	if err := crossable(p, snapshot); err != nil {
		return nil, said, err
	}
	return &deployment{plan: p, digest: p.Digest(), source: src, facts: snapshot}, said, nil
}

// crossable tells whether the configuration fits into what a worker can be sent.
func crossable(p *plan.Plan, facts []byte) error {
	switch logs := len(p.LogOutput) + len(p.ErrorLog); {
	case len(p.Internal) > privsep.MaxListeners:
		return fmt.Errorf("%d internal addresses, more than %d", len(p.Internal), privsep.MaxListeners)
	case logs > privsep.MaxLogs:
		return fmt.Errorf("%d log outputs, more than %d", logs, privsep.MaxLogs)
	case len(facts) > privsep.MaxFacts:
		return fmt.Errorf("%d bytes of host facts, more than %d", len(facts), privsep.MaxFacts)
	}
	return nil
}

// needsHelpers tells whether the plan can ask for a password, a user or a group.
func needsHelpers(p *plan.Plan) bool {
	lists := []auth.Methods{p.ClientMethods, p.SocksMethods}
	for _, rules := range [][]plan.Rule{p.ClientRules, p.SocksRules} {
		for i := range rules {
			if len(rules[i].Groups) > 0 {
				return true
			}
			lists = append(lists, rules[i].ClientMethods, rules[i].SocksMethods)
		}
	}
	for _, l := range lists {
		for _, m := range l {
			if m.ProvidesName() || m == auth.PAMAny {
				return true
			}
		}
	}
	return false
}
