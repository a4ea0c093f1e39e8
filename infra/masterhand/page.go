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
		Use: "page", Short: "Write one page that shows everything, as HTML", Args: takesNone,
		Long: `Writes a page to look at or to mail: the newest requests and what came of them,
the files to make next, which masters exist, and what other platforms announced.
The page is one file without script, and holds no URL and no secret. It does
name files, ads and campaigns. "` + typed("up") + `" serves the same page live.`,
		Example: examples("page --to page.html"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.page(c.Context(), to) },
	}
	c.Flags().StringVar(&to, "to", "", "write into `FILE` in place of standard output")
	return c
}

// page writes a snapshot.
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

// shownName names the deployment to people.
func (s *session) shownName() string {
	if s.system != nil {
		return "this machine"
	}
	return s.name
}

// pageSources returns where a page of the deployment is read from.
func (s *session) pageSources(ctx context.Context, d deployment) (page.Sources, error) {
	libraries, err := s.libraries(ctx, d)
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	return page.Sources{
		Requests: store, Names: store, Blobs: s.index(d).Blobs, Libraries: libraries,
		Timelines: timelines.Store{Client: s.dynamodb(), Table: d.ledger}, Senders: senders.Names(),
	}, err
}
