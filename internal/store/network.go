package store

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// networks are file systems, by the kernel's number for them, on which neither
// locks nor the shared memory of the write-ahead log can be relied on.
var networks = map[uint32]string{
	unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "CIFS", unix.SMB2_SUPER_MAGIC: "SMB",
	unix.AFS_SUPER_MAGIC: "AFS", unix.CODA_SUPER_MAGIC: "Coda", unix.V9FS_MAGIC: "9P",
}

// refuseNetwork refuses a file on the file system of another machine.
func refuseNetwork(file string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(file), &stat); err != nil {
		return err
	}
	return onNetwork(uint32(stat.Type))
}

func onNetwork(kind uint32) error {
	if name := networks[kind]; name != "" {
		return fmt.Errorf("it lies on a network file system (%s), where SQLite can lose what was committed; name a directory on a disk of this machine", name)
	}
	return nil
}
