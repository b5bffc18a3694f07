// Generate writes the generated documentation into the tree it stands in. `go generate` runs it; nothing else needs it.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/rustsocks/rustsocks/danted/manual"
)

// top is the top of the tree, seen from where the go:generate line stands.
const top = "../.."

func main() {
	log.SetFlags(0)
	files, err := manual.Files(os.DirFS(top))
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(top, name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
