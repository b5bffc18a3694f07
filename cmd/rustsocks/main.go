// Rustsocks is the command line for people: it checks, shows, formats and explains configurations.
package main

import (
	"os"

	"github.com/rustsocks/rustsocks/cmd/rustsocks/command"
)

// version is set at link time.
var version = "dev"

func main() { os.Exit(command.Run(os.Args, version)) }
