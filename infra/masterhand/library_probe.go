package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/media"
)

func probeCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use: "probe FILE…", Short: "Show type, size and aspect of files on this machine, without AWS", Args: takesFiles,
		Long: `Reads the content of each file as the function index does, and shows the file's
type, its width, height and aspect as displayed, and its codec, or the reason
why it cannot be delivered. The command needs no AWS and changes nothing. It
ignores the names of the files.

For a folder, the command reads all files in it, but ignores links. It does not
read standard input.

A bug report about a file should contain the output with --json: extension is
empty if the file cannot be delivered, problem is the reason, and a width of 0
means that the size is unknown.

The exit code is 1 if a file cannot be delivered or cannot be read.`,
		Example: examples("probe master.mp4", "probe films/*.mov films/*.mp4", "probe --json films > probes"),
		RunE:    func(c *cobra.Command, args []string) error { return s.probe(c.Context(), args) },
	}
	s.withJSON(c, "a line of JSON for each file")
	return c
}

// takesFiles checks that there is at least one argument, each a file or a folder.
func takesFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: expected files or folders, got none", errUsage)
	}
	for _, path := range args {
		switch path {
		case "":
			return fmt.Errorf("%w: expected files or folders, got an empty name", errUsage)
		case "-":
			return fmt.Errorf("%w: expected files or folders, got -: this command does not read standard input (write ./- for a file named -)", errUsage)
		}
	}
	return nil
}

// probed is the result of probing one file, as --json prints it.
type probed struct {
	File      string          `json:"file"` // the path in the user's spelling
	Kind      string          `json:"kind"`
	Container string          `json:"container"`
	Extension string          `json:"extension"` // file extension for a delivery; "" if the file cannot be delivered
	Width     int             `json:"width"`     // Width and Height in pixels, as a player displays the picture; 0 if unknown
	Height    int             `json:"height"`
	Rotation  int             `json:"rotation"` // angle in degrees by which a player must rotate the picture clockwise
	Aspect    creative.Aspect `json:"aspect"`
	Codec     string          `json:"codec"`
	Problem   string          `json:"problem"` // why the file cannot be delivered or read; "" if the file can be delivered
	Reads     int             `json:"reads"`
	BytesRead int64           `json:"bytesRead"`
}

var errUndeliverable = errors.New("some files cannot be delivered")

// probe shows the type and the size of each file. If a path is a folder, it shows each file in the
// folder. If any file cannot be delivered or read, it returns errUndeliverable.
func (s *session) probe(ctx context.Context, paths []string) error {
	table := screen.NewTable("FILE", "TYPE", "SIDES", "ASPECT", "CODEC", "PROBLEM").Whole("FILE")
	files, bad, unread := 0, 0, 0
	fail := func(path string, err error) {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		s.warn("%s: %v", printable(path), err)
		unread++
	}
	show := func(path string) error {
		files++
		p, err := probeFile(ctx, path)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fail(path, err)
			return nil
		}
		if p.Problem != "" {
			bad++
		}
		if s.asJSON {
			return s.JSON(p)
		}
		table.Add(p.cells()...)
		return nil
	}
	for _, path := range paths {
		if err := eachFile(path, show, fail); err != nil {
			return err
		}
	}
	if !s.asJSON && files > unread {
		if err := s.Print(table); err != nil {
			return err
		}
	}
	switch {
	case unread > 0:
		return fmt.Errorf("%w: %d of %d, and %d not read", errUndeliverable, bad, files, unread)
	case bad > 0:
		return fmt.Errorf("%w: %d of %d", errUndeliverable, bad, files)
	case files == 0:
		s.warn("the given folders have no files")
	}
	return nil
}

// eachFile calls show for the file at path. If path is a folder, it calls show for each file in it,
// sorted by name. It calls fail for each folder that cannot be read.
func eachFile(path string, show func(string) error, fail func(string, error)) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return show(path)
	}
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			fail(name, err)
		case entry.Type().IsRegular():
			return show(name)
		}
		return nil
	})
}

// probeFile probes a file. It returns an error only if the file cannot be read.
func probeFile(ctx context.Context, path string) (probed, error) {
	// The type of the file is checked before os.Open, because Open would block on a named pipe
	// without a writer.
	stat, err := os.Stat(path)
	switch {
	case err != nil:
		return probed{}, err
	case !stat.Mode().IsRegular():
		return probed{}, errors.New("expected a file, got a device or a pipe")
	}
	content, err := os.Open(path)
	if err != nil {
		return probed{}, err
	}
	defer content.Close()
	source := &countedRanges{ranges: ranges{content}}
	info, err := media.Probe(ctx, source, stat.Size())
	p := probed{
		File: path, Kind: info.Kind, Container: info.Container, Extension: info.Extension, Width: info.Width, Height: info.Height,
		Rotation: info.Rotation, Aspect: creative.AspectOf(info.Width, info.Height), Codec: info.Codec, Reads: source.reads, BytesRead: source.bytes,
	}
	switch {
	case verdictOnFile(err):
		p.Problem = err.Error()
	case err != nil:
		return probed{}, err
	case stat.Size() > masters.MaxUpload:
		p.Problem = tooLarge
	case info.Extension == "":
		p.Problem = "the platform does not accept the format " + dash(info.Container)
	}
	if p.Problem != "" {
		p.Extension = ""
	}
	return p, nil
}

// cells returns the row of the table for the file.
func (p probed) cells() []screen.Cell {
	sides := "-"
	if p.Width > 0 {
		sides = fmt.Sprintf("%dx%d", p.Width, p.Height)
	}
	cells := screen.Texts(printable(p.File), dash(p.Container), sides, dash(string(p.Aspect)), dash(p.Codec), dash(printable(p.Problem)))
	if p.Problem != "" {
		cells[len(cells)-1].Paint = screen.Bad
	}
	return cells
}

// countedRanges gives a probe access to a local file. It counts the reads and the read bytes.
type countedRanges struct {
	ranges
	reads int
	bytes int64
}

// ReadRange implements [media.Source].
func (c *countedRanges) ReadRange(ctx context.Context, off, n int64) ([]byte, error) {
	c.reads++
	c.bytes += n
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.ranges.ReadRange(ctx, off, n)
}
