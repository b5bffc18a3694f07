package format

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus gives the configuration files of the project by their paths.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{
		"testdata/*.conf", "../testdata/*.conf", "../testdata/*/*.conf",
		"../../compat-tests/corpus/*/*.conf", "../../packaging/examples/*.conf",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			all[file] = read(t, file)
		}
	}
	return all
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// each runs a test for each file of the corpus.
func each(t *testing.T, test func(t *testing.T, name string, src []byte)) {
	for file, src := range corpus(t) {
		t.Run(strings.TrimPrefix(file, "../"), func(t *testing.T) { test(t, file, src) })
	}
}
