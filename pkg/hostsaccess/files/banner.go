package files

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// BannerLimit is how much of a banner is shown: what a new connection takes without waiting.
const BannerLimit = 8 << 10

// Banner reads the banner of a daemon in a directory.
func Banner(dir, daemon string) ([]byte, error) {
	file, err := os.OpenFile(filepath.Join(dir, daemon), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, BannerLimit))
}
