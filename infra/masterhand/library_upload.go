package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

var uploadCommand = command{
	name: "upload", args: "DIR [-under PREFIX] [-dry-run] [-yes]", short: "upload a folder of masters: names are checked first",
	long: `Each file's key is the library's prefix, then PREFIX, then the file's path in DIR. First
it is shown what each will become: creative, locale, aspect (of its pixels) and type. What
no rule places, what is no sound media file and what the platform takes no such file of is
left out. What is in the bucket already, byte for byte, is not uploaded again: what has the
same size and the SHA-256 that this command notes in the object's metadata, or else the
CRC-64/NVME that S3 keeps, or the MD5 that is its ETag. An upload that was interrupted goes
on where it was when it is run again, in the middle of a file too: parts of 8 MiB that are
in the bucket are kept, if all of them are byte for byte the file's by their CRC-64/NVME.
Ctrl-C leaves no half objects, but such parts, which the bucket's rule takes after 7 days; an
upload of the same key that cannot be gone on with is withdrawn once it is a day old.
No object is ever deleted.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var o uploadOptions
		o.library = libraryFlag(flags)
		flags.StringVar(&o.under, "under", "", "`PREFIX` to put before the files' paths, the like of HRT-1212")
		flags.BoolVar(&o.dryRun, "dry-run", false, "only show what each file would become")
		flags.BoolVar(&o.yes, "yes", false, "do not ask")
		flags.BoolVar(&o.json, "json", false, "a line of JSON for each file at its end")
		flags.IntVar(&o.parallel, "parallel", 4, "`how many` files at once, 1 to 32")
		return func(ctx context.Context, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%w: name one folder", errUsage)
			}
			if err := o.check(); err != nil {
				return err
			}
			return s.upload(ctx, args[0], o)
		}
	},
}

type uploadOptions struct {
	library           *string
	under             string
	dryRun, yes, json bool
	parallel          int
}

func (o uploadOptions) check() error {
	switch {
	case o.parallel < 1 || o.parallel > 32:
		return fmt.Errorf("%w: -parallel is 1 to 32", errUsage)
	case o.json && !o.yes && !o.dryRun:
		return fmt.Errorf("%w: -json needs -yes or -dry-run", errUsage)
	case strings.HasPrefix(o.under, "/") || slices.Contains(strings.Split(o.under, "/"), ".."):
		return fmt.Errorf("%w: -under is what keys begin with, the like of HRT-1212, without / before it and without .. in it", errUsage)
	}
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
	errNoFolder  = errors.New("no folder")
	errNotAll    = errors.New("not all files were uploaded; what was stays, and running this again goes on from there")
	errNoMasters = errors.New("nothing to upload: no file of it would become a master")
)

// upload shows what each file will become, asks, and uploads.
func (s *session) upload(ctx context.Context, folder string, o uploadOptions) error {
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%w: %s", errNoFolder, folder)
	}
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	lib, err := s.library(ctx, d, *o.library)
	if err != nil {
		return err
	}
	u := &upload{session: s, bucket: d.masters, library: lib, folder: folder, prefix: o.prefix(), parallel: o.parallel, json: o.json}
	if err := u.look(ctx); err != nil {
		return err
	}
	if !o.json {
		if err := s.print(u.table()); err != nil {
			return err
		}
	}
	pending, bytes := u.pending()
	if !o.json {
		s.printf("\n%s\n", u.plan(pending, bytes))
	}
	if o.dryRun || len(pending) == 0 {
		return u.idle(pending)
	}
	if !o.yes {
		question := fmt.Sprintf("%d files are to be uploaded to bucket %s.", len(pending), d.masters)
		if err := s.mustConfirm("upload", question); err != nil {
			return err
		}
	}
	return u.send(ctx, pending, bytes)
}

// idle ends a run that uploads nothing.
func (u *upload) idle(pending []*file) error {
	if u.json {
		return u.printJSON()
	}
	if len(pending) == 0 && u.count(there) == 0 {
		return errNoMasters
	}
	return nil
}

func (u *upload) printJSON() error {
	e := json.NewEncoder(u.out)
	for _, f := range u.files {
		if err := e.Encode(f); err != nil {
			return err
		}
	}
	return nil
}
