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
		Long: `The key of a file is the library's prefix, then PREFIX, then the file's path in
DIR. The command first shows what each file becomes: creative, locale, aspect (of
its pixels) and type. It leaves out files that no rule places, damaged media files,
and formats that the platform rejects.

A file is not uploaded again if the bucket has it with the same size and the same
SHA-256 (which this command notes in the object's metadata), CRC-64/NVME or MD5. An
interrupted upload continues when the command is run again, also in the middle of a
file: parts of 8 MiB in the bucket are kept if their CRC-64/NVME are the file's.

Ctrl-C leaves no half objects. It leaves such parts, which the bucket's lifecycle
rule deletes after 7 days; an upload of the same key that cannot be continued is
aborted once it is a day old. No object is ever deleted.`,
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
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show what each file would become")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	within(c, &o.parallel, "parallel", 4, 1, 32, "`number` of files at once, 1 to 32")
	s.withJSON(c, "a line of JSON for each file at its end; needs --yes or --dry-run")
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
		return errors.New("must be the start of keys, such as HRT-1212, without / before it and without .. in it")
	}
	o.under = text
	return nil
}

// prefix is what the keys begin with, behind the library's.
func (o uploadOptions) prefix() string {
	if o.under == "" {
		return ""
	}
	return strings.TrimPrefix(path.Clean("/"+o.under), "/") + "/"
}

var (
	errNoFolder  = errors.New("not a folder")
	errNotAll    = errors.New("not all files were uploaded; what was stays, and running this again goes on from there")
	errNoMasters = errors.New("nothing to upload: no file in the folder would become a master")
)

// upload shows what each file will become, asks, and uploads.
func (s *session) upload(ctx context.Context, folder string, o uploadOptions) error {
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%w: %s", errNoFolder, folder)
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

// adviseNames shows what the library may declare, if not all names are read.
func (u *upload) adviseNames() error {
	if !slices.ContainsFunc(u.names, func(n naming) bool { return n.Never == "" && n.why() != "" }) {
		return nil
	}
	return u.advise(u.library.Rules, u.names)
}

// idle ends a run that uploads nothing.
func (u *upload) idle(pending []*file) error {
	if u.asJSON {
		return printLines(u.terminal, u.files...)
	}
	if len(pending) == 0 && u.count(there) == 0 {
		return errNoMasters
	}
	return nil
}
