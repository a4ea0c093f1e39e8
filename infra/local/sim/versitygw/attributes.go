package main

import (
	"fmt"
	"os"
)

// keepsAttributes returns an error if files in the folder dir cannot have extended attributes. The
// function set writes an extended attribute of a file.
func keepsAttributes(dir string, set func(*os.File, string, []byte) error) error {
	f, err := os.CreateTemp(dir, ".attributes-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := set(f, "user.masterhand", []byte("kept")); err != nil {
		return fmt.Errorf("the folder %s does not support extended attributes, which store S3 metadata: %w; "+
			"choose a folder on ext4, xfs, btrfs or APFS (not NFS, vfat, or tmpfs before Linux 6.6)", dir, err)
	}
	return nil
}
