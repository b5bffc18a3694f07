package format

import "github.com/aymanbagabas/go-udiff"

// Diff gives the unified difference of two texts; it is empty when they are the same.
func Diff(oldName, newName string, old, new []byte) string {
	return udiff.Unified(oldName, newName, string(old), string(new))
}
