package monitor

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// readSource reads the configuration file. The errors are danted's (dante-reference 1.3).
func readSource(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("parseconfig(): could not open config file %s", name)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, privsep.MaxSource+1))
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		return nil, fmt.Errorf("parseconfig(): could not read config file %s: %s", name, strerror(path.Err))
	case err != nil:
		return nil, fmt.Errorf("parseconfig(): could not read config file %s: %s", name, strerror(err))
	case len(src) > privsep.MaxSource:
		return nil, fmt.Errorf("parseconfig(): config file %s is larger than %d bytes.  Not parsing", name, privsep.MaxSource)
	case len(src) == 0:
		return nil, fmt.Errorf("parseconfig(): config file %s is empty.  Not parsing", name)
	}
	return src, nil
}
