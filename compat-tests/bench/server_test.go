package bench

import "testing"

func TestParseServer(t *testing.T) {
	server, err := parseServer("one.server", "# what it is\nprogram: one\narguments: -f {config}\nidle: 7\n"+
		"rule: deny {network}\nreload: yes\n---\nlog {dir}/log\n{rules}allow\n")
	want := Server{
		Name: "one", Program: "one", Arguments: "-f {config}", Idle: 7, Rule: "deny {network}", Reload: true,
		Config: "log {dir}/log\n{rules}allow\n",
	}
	if err != nil || server != want {
		t.Errorf("%+v, %v", server, err)
	}
	if got := server.configuration("/d", []string{"a", "b"}); got != "log /d/log\ndeny a\ndeny b\nallow\n" {
		t.Errorf("the configuration is %q", got)
	}
}

func TestParseServerMistakes(t *testing.T) {
	for name, text := range map[string]string{
		"no program":   "idle: 7\n",
		"unknown key":  "program: one\nspeed: 7\n",
		"no key":       "program: one\nwhatever\n",
		"not a number": "program: one\nidle: many\n",
	} {
		if server, err := parseServer("one.server", text); err == nil {
			t.Errorf("%s: %+v", name, server)
		}
	}
}

func TestBuiltin(t *testing.T) {
	servers, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, server := range servers {
		found[server.Name] = true
	}
	if !found[ours] || !found[danted] {
		t.Errorf("only %v are described", found)
	}
}

func TestNetworksElsewhere(t *testing.T) {
	all := networksElsewhere(10_000)
	seen := map[string]bool{}
	for _, network := range all {
		seen[network] = true
	}
	if len(seen) != 10_000 || all[300] != "10.1.44.0/24" {
		t.Errorf("%d different networks, the 301st is %s", len(seen), all[300])
	}
}
