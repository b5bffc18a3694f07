package monitor

import (
	"fmt"
	"os"

	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/logx"
)

// verify is -V: it says what is wrong with the file and touches nothing. A good file is met with silence.
func verify(o options, p Program, log *logx.Logger) int {
	src, err := readSource(o.config)
	if err != nil {
		log.Error(err.Error())
		log.Alert(shuttingDown)
		return 1
	}
	_, said := p.Load(o.config, src, hostfacts.NewLive(), LoadOptions{Verify: true, Debug: o.debug, KeepAlive: o.keepAlive})
	for _, d := range said {
		fmt.Fprint(os.Stderr, d.Text)
	}
	if hasErrors(said) {
		return 1
	}
	return 0
}
