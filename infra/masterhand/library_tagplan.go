package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
)

// taggingState is the state of a key in the plan of a command that changes tags.
type taggingState string

const (
	toTag     taggingState = "to_tag"
	hasTags   taggingState = "has_tags" // nothing to do: the key already has these tags
	wroteTags taggingState = "tagged"
	leftAlone taggingState = "left_alone" // "place --suggest" writes no tags to this key; Why has the reason
	refused   taggingState = "refused"
)

// tagging is the planned change of one key's tags, with the key's new place, as --json prints it.
type tagging struct {
	naming
	State taggingState      `json:"state"`
	Why   string            `json:"why"`            // why the key is refused or left alone, or a remark; "" if neither
	Tags  map[string]string `json:"tags,omitempty"` // all tags of the object after the change
	now   naming
	shown tagged
	after []types.Tag
}

// tagPlan holds the changes that a command such as "place" plans to make to tags.
type tagPlan struct {
	*session
	tagger
	deployed  deployment
	verb      string // name of the command, for example "place"
	libraries []masters.Library
	keys      []*tagging
}

func (s *session) tagPlan(ctx context.Context, verb string) (*tagPlan, error) {
	d, err := s.deployment(ctx)
	if err != nil {
		return nil, err
	}
	libraries, err := s.libraries(ctx, d)
	return &tagPlan{session: s, tagger: s.tagger(d), deployed: d, verb: verb, libraries: libraries}, err
}

// atOnce is the number of objects that are read at the same time.
const atOnce = 8

// plan reads the object of each key and adds the object, with its new place, to the plan. The
// function change returns the change of one object's tags. If it returns errStated, the object's
// tags stay unchanged.
func (p *tagPlan) plan(ctx context.Context, keys []string, change func(tagged) (tagChange, error)) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, key := range keys {
		t := &tagging{naming: naming{Key: key}}
		p.keys = append(p.keys, t)
		group.Go(func() error { return p.look(inner, t, change) })
	}
	return group.Wait()
}

// verdicts lists the errors that concern only one key. After such an error the command continues
// with the next key.
var verdicts = []error{errNoFile, errNoOwner, errManyTags, errTagValue, errOvertaken, errReplaced, errNotPlaced}

func isVerdict(err error) bool {
	return slices.ContainsFunc(verdicts, func(v error) bool { return errors.Is(err, v) })
}

// look computes the new tags, the new place and the state of one key.
func (p *tagPlan) look(ctx context.Context, t *tagging, change func(tagged) (tagChange, error)) error {
	err := p.change(ctx, t, change)
	switch {
	case isVerdict(err):
		t.State, t.Why = refused, err.Error()
	case errors.Is(err, errStated):
		t.State, t.Why = leftAlone, err.Error()
	case err != nil:
		return fmt.Errorf("%s: %w", printable(t.Key), err)
	}
	return nil
}

func (p *tagPlan) change(ctx context.Context, t *tagging, change func(tagged) (tagChange, error)) (err error) {
	lib, ok := libraryOf(p.libraries, t.Key)
	if !ok {
		return errNoOwner
	}
	if t.shown, err = p.read(ctx, t.Key); err != nil {
		return err
	}
	o := t.shown.object
	t.now = namingOf(t.Key, masters.Place(lib, t.Key, o.Size, o.Labels))
	c, err := change(t.shown)
	if err != nil {
		return err
	}
	if t.after, err = c.merged(t.shown.tags); err != nil {
		return err
	}
	t.Tags = tagMap(t.after)
	t.naming = namingOf(t.Key, masters.Place(lib, t.Key, o.Size, masters.Labels{Tags: t.Tags, Metadata: o.Labels.Metadata}))
	if _, places := c.set[masters.LabelCode]; places && t.Unplaced != "" {
		return fmt.Errorf("%w: %s", errNotPlaced, t.Unplaced)
	}
	t.State = toTag
	if sameTags(t.after, t.shown.tags) {
		t.State = hasTags
	}
	if t.Unplaced == "" && t.Locale == "" && lib.UnlabelledLocale == "" {
		t.Why = "without a locale the file answers no request"
	}
	return nil
}

// sameTags reports whether two lists contain the same tags in any order.
func sameTags(a, b []types.Tag) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(tag types.Tag) bool {
		return !slices.ContainsFunc(b, func(other types.Tag) bool {
			return value(tag.Key) == value(other.Key) && value(tag.Value) == value(other.Value)
		})
	})
}

// libraryOf returns the library whose prefix a key begins with. It returns false if the key begins
// with the prefix of no library.
func libraryOf(libraries []masters.Library, key string) (masters.Library, bool) {
	for _, lib := range libraries { // the order of the libraries does not matter: no two prefixes fit the same key
		if strings.HasPrefix(key, lib.Prefix) {
			return lib, true
		}
	}
	return masters.Library{}, false
}

// tagOptions holds the flags of the commands that change tags.
type tagOptions struct{ dryRun, yes bool }

// run shows the plan, asks for confirmation, and writes the tags.
func (p *tagPlan) run(ctx context.Context, o tagOptions) error {
	if !p.asJSON && len(p.keys) > 0 {
		if err := p.Print(p.table()); err != nil {
			return err
		}
	}
	if n := p.count(refused); n > 0 {
		err := fmt.Errorf("%w: %s refused, so no tags were written", errNotAllTags, screen.Plural(n, "file"))
		return errors.Join(p.lines(), err)
	}
	n := p.count(toTag)
	p.text("\n%s to tag, %d already with these tags, %d left alone\n", screen.Plural(n, "file"), p.count(hasTags), p.count(leftAlone))
	if n == 0 || o.dryRun {
		return p.lines()
	}
	if !o.yes {
		question := fmt.Sprintf("The tags of %s in bucket %s will be changed.", screen.Plural(n, "file"), p.bucket.Name)
		if err := p.mustConfirm(p.verb, question); err != nil {
			return err
		}
	}
	return errors.Join(p.writeAll(ctx), p.lines())
}

// writeAll writes the tags of all changed keys, one key after another.
func (p *tagPlan) writeAll(ctx context.Context) error {
	for _, t := range p.keys {
		if t.State != toTag {
			continue
		}
		err := p.write(ctx, t.shown, t.after)
		switch {
		case isVerdict(err):
			t.State, t.Why = refused, err.Error()
			p.text("not tagged %s: %v\n", printable(t.Key), err)
		case err != nil:
			return fmt.Errorf("%s: %w", printable(t.Key), err)
		default:
			t.State = wroteTags
			p.text("tagged %s\n", printable(t.Key))
		}
	}
	if n := p.count(refused); n > 0 {
		return fmt.Errorf("%w: %s of %d not tagged", errNotAllTags, screen.Plural(n, "file"), n+p.count(wroteTags))
	}
	p.text("The index uses the new tags within seconds.\n")
	return nil
}

func (p *tagPlan) count(state taggingState) int {
	return count(p.keys, func(t *tagging) bool { return t.State == state })
}

// lines prints each key of the plan as a line of JSON. Without --json it prints nothing.
func (p *tagPlan) lines() error {
	if !p.asJSON {
		return nil
	}
	return printLines(p.terminal, p.keys...)
}

// table returns a table of the keys with their present and new places.
func (p *tagPlan) table() *screen.Table {
	t := screen.NewTable("KEY", "NOW", "BECOMES", "STATE", "WHY").Whole("STATE")
	for _, k := range p.keys {
		becomes := k.becomes()
		if k.State == refused || k.State == leftAlone {
			becomes = screen.Cell{Text: "-"}
		}
		now := k.now.becomes()
		if k.now.Key == "" {
			now.Text = "-"
		}
		state := screen.Cell{Text: strings.ReplaceAll(string(k.State), "_", " ")}
		state.Paint = map[taggingState]screen.Paint{toTag: screen.Good, refused: screen.Bad, hasTags: screen.Faint, leftAlone: screen.Poor}[k.State]
		t.Add(screen.Cell{Text: printable(k.Key)}, screen.Cell{Text: now.Text}, becomes, state, screen.Cell{Text: printable(k.Why)})
	}
	return t
}
