package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync leaves out the file's time stamps, not its length.
func datasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}

// preallocate gives the file room beyond its length. File systems that cannot
// are left to fail when they are full.
func preallocate(f *os.File, offset, length int64) error {
	for {
		switch err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, offset, length); err {
		case unix.EINTR:
		case unix.EOPNOTSUPP, unix.ENOSYS:
			return nil
		default:
			return err
		}
	}
}
