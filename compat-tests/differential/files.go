package differential

import (
	"io/fs"
	"os"
	"path/filepath"
)

// files are those of a trial, which must not be there in the next.
type files map[string]bool

// write makes files that everybody can read, in the place of what is there.
func (f files) write(texts map[string]string) error {
	for path, text := range texts {
		f[path] = true
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		// In /etc it may be a link to a file of the machine.
		if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (f files) remove() {
	for path := range f {
		os.Remove(path)
	}
}
