package show

import (
	"encoding/json"

	"github.com/rustsocks/rustsocks/danted/config"
)

// JSON gives the configuration for programs, with an end of line behind it.
func JSON(c *config.Config, opt Options) ([]byte, error) {
	b, err := json.MarshalIndent(read(c, opt), "", "  ")
	return append(b, '\n'), err
}
