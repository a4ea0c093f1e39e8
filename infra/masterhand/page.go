package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"masterhand/shared/announcements/senders"
	timelines "masterhand/shared/announcements/timeline/dynamostore"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/views/page"

	"github.com/spf13/cobra"
)

func pageCommand(s *session) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "page", Short: "Write one HTML page that shows requests, masters and announcements", Args: takesNone,
		Long: `Writes a page to look at or to mail: the newest requests and their outcomes, the
files to make next, the masters that exist, and the files that other platforms
announced. The page is one file without scripts. It contains no URL and no secret,
but it names files, ads and campaigns. "` + typed("up") + `" serves the same page live.`,
		Example: examples("page --to page.html"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.page(c.Context(), to) },
	}
	c.Flags().StringVar(&to, "to", "", "write to `FILE` instead of standard output")
	return c
}

// page reads the present data and writes the page to the file named by to. If to is "", it writes
// to standard output.
func (s *session) page(ctx context.Context, to string) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	sources, err := s.pageSources(ctx, d)
	if err != nil {
		return err
	}
	data, err := page.Read(ctx, sources, s.now(), time.Time{})
	if err != nil {
		return err
	}
	shown := page.New(data, page.View{Name: s.shownName(), Type: func(command string) string { return "masterhand " + command + s.sameDeployment() }})
	if to == "" {
		return shown.Write(s.Out)
	}
	if err := writeFile(to, func(w io.Writer) error { return shown.Write(w) }); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "written to %s\n", to)
	return nil
}

// shownName returns the deployment's name for the page.
func (s *session) shownName() string {
	if s.system != nil {
		return "this machine"
	}
	return s.name
}

// pageSources returns the stores from which the page of a deployment reads its data.
func (s *session) pageSources(ctx context.Context, d deployment) (page.Sources, error) {
	libraries, err := s.libraries(ctx, d)
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	return page.Sources{
		Requests: store, Names: store, Blobs: s.index(d).Blobs, Libraries: libraries,
		Timelines: timelines.Store{Client: s.dynamodb(), Table: d.ledger}, Senders: senders.Names(),
	}, err
}
