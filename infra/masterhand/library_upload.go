package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
)

func uploadCommand(s *session) *cobra.Command {
	var o uploadOptions
	c := &cobra.Command{
		Use: "upload DIR", Short: "Check a folder's file names, and upload the masters in it", Args: takes(1, 1, "one folder"),
		Long: `Uploads the masters in the folder DIR. The key of a file is the library's prefix, then PREFIX, then the file's path in
DIR. The command first shows the place of each file: creative, locale, aspect (of
its pixels) and type. It leaves out files that no rule places, damaged media files,
and formats that the platform rejects.

The command does not upload a file again if the bucket has it with the same size
and the same SHA-256 (which this command stores in the object's metadata),
CRC-64/NVME or MD5. After an interrupt, the same command continues, also in the
middle of a file: parts of 8 MiB in the bucket are reused if their CRC-64/NVME match
the file.

A file that replaces an object keeps its tags and its creative-… metadata, which
place the file before its name does. The upload of such a file in parts starts from
the beginning after an interrupt. For objects that exist, the credentials need
s3:GetObjectTagging (s3:GetObjectVersionTagging where the bucket keeps versions), and
s3:PutObjectTagging to keep tags.

Ctrl-C never leaves an incomplete object. It leaves uploaded parts, which the
bucket's lifecycle rule deletes after 7 days. The command aborts an incomplete
upload of the same key that cannot be continued and is over a day old. It never
deletes an object.`,
		Example: examples("upload films --under HRT-1212", "upload films --dry-run"),
		RunE: func(c *cobra.Command, args []string) error {
			if s.asJSON && !o.yes && !o.dryRun {
				return errJSONAsks
			}
			return s.upload(c.Context(), args[0], o)
		},
	}
	flags := c.Flags()
	o.library = libraryFlag(c)
	flags.Var(checked{"", o.setUnder}, "under", "`PREFIX` to put before the files' paths, such as HRT-1212")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show the place of each file")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	within(c, &o.parallel, "parallel", 4, 1, 32, "`number` of files to upload at once, 1 to 32")
	s.withJSON(c, "a line of JSON for each file, with its final state; needs --yes or --dry-run")
	return c
}

type uploadOptions struct {
	library     *string
	under       string
	dryRun, yes bool
	parallel    int
}

func (o *uploadOptions) setUnder(text string) error {
	if strings.HasPrefix(text, "/") || slices.Contains(strings.Split(text, "/"), "..") {
		return errors.New("must be the start of keys, such as HRT-1212, without a leading slash, and without .. as a folder")
	}
	o.under = text
	return nil
}

// prefix returns the text between the library's prefix and the file's path in each key. It is the
// value of --under, with a slash at the end, or "" without that flag.
func (o uploadOptions) prefix() string {
	if o.under == "" {
		return ""
	}
	return strings.TrimPrefix(path.Clean("/"+o.under), "/") + "/"
}

var (
	errNoFolder  = errors.New("expected a folder")
	errNotAll    = errors.New("not all files were uploaded; run the same command again to upload the others")
	errNoMasters = errors.New("nothing to upload: no file in the folder would become a master")
)

// upload shows the place of each file in the folder, asks for confirmation, and uploads the files.
func (s *session) upload(ctx context.Context, folder string, o uploadOptions) error {
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%w, got a file: %s", errNoFolder, folder)
	}
	d, lib, err := s.library(ctx, *o.library)
	if err != nil {
		return err
	}
	u := &upload{session: s, bucket: d.masters, library: lib, folder: folder, prefix: o.prefix(), parallel: o.parallel}
	if err := u.look(ctx); err != nil {
		return err
	}
	if !s.asJSON {
		if err := s.Print(u.table()); err != nil {
			return err
		}
	}
	pending, bytes := u.pending()
	if !s.asJSON {
		s.printf("\n%s\n", u.plan(pending, bytes))
		u.hintExcluded()
		if err := u.adviseNames(); err != nil {
			return err
		}
	}
	if o.dryRun || len(pending) == 0 {
		return u.idle(pending)
	}
	if !o.yes {
		question := fmt.Sprintf("%s will be uploaded to bucket %s.", screen.Plural(len(pending), "file"), d.masters)
		if err := s.mustConfirm("upload", question); err != nil {
			return err
		}
	}
	return u.send(ctx, pending, bytes)
}

// adviseNames suggests settings with which the library's rules would place more files by their
// names. It prints nothing if every file that can be a master has a place and a clear locale.
func (u *upload) adviseNames() error {
	if !slices.ContainsFunc(u.names, func(n naming) bool { return n.Never == "" && n.why() != "" }) {
		return nil
	}
	return u.advise(u.library.Rules, u.names)
}

// idle ends a command that uploads nothing, because of --dry-run or because no file needs an
// upload. With --json it prints the files. Otherwise, if the folder has no masters at all, it
// returns errNoMasters.
func (u *upload) idle(pending []*file) error {
	if u.asJSON {
		return printLines(u.terminal, u.files...)
	}
	if len(pending) == 0 && u.count(there) == 0 {
		return errNoMasters
	}
	return nil
}
