// Package corpus holds whole configuration files and what the real danted says
// about each of them, and compares both daemons' danted -V with that.
//
//	real/  files as they are found in the wild, and the mistakes people make
//	good/  small files with one peculiarity that danted accepts
//	bad/   small files with one mistake
//	old/   spellings of earlier versions
//
// A name that begins with lex- is about a peculiarity of danted's scanner.
//
// Next to name.conf, name.verdict is what the real danted does with it and
// name.diag, where there is one, what ours prints about it.
package corpus

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A File is one configuration of the corpus.
type File struct {
	Path string // relative to the corpus, with slashes
	Text []byte
}

// folders are the kinds of files, and how many of each there must be at least.
var folders = map[string]int{"real": 100, "good": 215, "bad": 300, "old": 15}

// Files reads the whole corpus, in order.
func Files() ([]File, error) {
	var files []File
	count := map[string]int{}
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".conf" {
			return err
		}
		text, err := os.ReadFile(path)
		files = append(files, File{Path: path, Text: text})
		count[filepath.Dir(path)]++
		return err
	})
	for folder, least := range folders {
		if count[folder] < least && err == nil {
			err = fmt.Errorf("%d files in %s: there were at least %d", count[folder], folder, least)
		}
	}
	return files, err
}

// Sibling is the path of the file of another kind that belongs to this one.
func (f File) Sibling(extension string) string {
	return strings.TrimSuffix(f.Path, ".conf") + extension
}

// A Verdict is what the real danted does with a file.
type Verdict struct {
	Danted   string   `json:"danted"` // its version
	Status   int      `json:"status"` // see the constants
	Messages []string `json:"messages"`
}

// Exit statuses of danted -V. A daemon that crashes or does not return refuses
// the file too, in its way.
const (
	Accepts = 0
	Refuses = 1
	Hangs   = 124 // as timeout(1) has it
	Aborts  = 134 // as the shell has it for signal 6
)

// Accepted is what another daemon must agree with.
func (v Verdict) Accepted() bool { return v.Status == Accepts }

// Verdict reads the recorded verdict on a file.
func (f File) Verdict() (Verdict, error) {
	var v Verdict
	text, err := os.ReadFile(f.Sibling(".verdict"))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	return v, err
}

// Record writes the verdict on a file.
func (f File) Record(v Verdict) error {
	var text strings.Builder
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		return err
	}
	return os.WriteFile(f.Sibling(".verdict"), []byte(text.String()), 0o644)
}
