package privsep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// MaxSource and MaxFacts are the most bytes a configuration file and its snapshot of host facts may have.
const (
	MaxSource = 64 << 20
	MaxFacts  = 64 << 20
)

const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// newMemory puts both texts into a memory file that nobody can change any more: the length of the first in eight
// bytes, the first, the second.
func newMemory(source, facts []byte) (*os.File, error) {
	if len(source) > MaxSource || len(facts) > MaxFacts {
		return nil, errors.New("the configuration is too large")
	}
	fd, err := unix.MemfdCreate("rustsocks-config", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("rustsocks-config", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "configuration")
	for _, b := range [][]byte{binary.BigEndian.AppendUint64(nil, uint64(len(source))), source, facts} {
		if _, err := f.Write(b); err != nil {
			f.Close()
			return nil, fmt.Errorf("writing a memory file: %w", err)
		}
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		f.Close()
		return nil, os.NewSyscallError("fcntl", err)
	}
	return f, nil
}

// readMemory reads what newMemory wrote.
func readMemory(f *os.File) (source, facts []byte, err error) {
	have, err := unix.FcntlInt(f.Fd(), unix.F_GET_SEALS, 0)
	if err != nil || have&seals != seals {
		return nil, nil, errors.New("the configuration is not in a sealed memory file")
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, nil, os.NewSyscallError("fstat", err)
	}
	if st.Size < 8 || st.Size > 8+MaxSource+MaxFacts {
		return nil, nil, fmt.Errorf("a configuration of %d bytes", st.Size)
	}
	all := make([]byte, st.Size)
	// The offset is shared with whoever wrote the file.
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, st.Size), all); err != nil {
		return nil, nil, fmt.Errorf("reading the configuration: %w", err)
	}
	n := binary.BigEndian.Uint64(all)
	rest := all[8:]
	if n > uint64(len(rest)) || n > MaxSource || uint64(len(rest))-n > MaxFacts {
		return nil, nil, fmt.Errorf("a source of %d bytes in %d", n, len(rest))
	}
	return rest[:n:n], rest[n:], nil
}
