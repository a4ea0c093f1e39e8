package masters

import (
	"context"
	"crypto/sha256"
	"fmt"
)

// State says how far a library's index is to be trusted.
type State struct {
	Format int    `json:"format"`
	Rules  string `json:"ruleSet"` // as Library.RuleSet names them
	// Bucket and Prefix say whose keys were indexed. Older states lack both.
	Bucket string `json:"bucket,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Built  bool   `json:"built"`
	Run    string `json:"run,omitempty"` // the reindex that it speaks of
	// Keys is how many keys that reindex listed: 0 where it did not count them, or has not
	// built the library.
	Keys int `json:"keys,omitempty"`
}

// State returns the library's state, the zero value where none was written.
func (x Index) State(ctx context.Context, lib Library) (State, string, error) {
	return load(ctx, x, stateName(lib), "the state of library "+lib.Name, State{}, func(data []byte) (s State, err error) {
		return s, decode(data, &s)
	})
}

// SaveState writes the library's state. Errors: ErrStale, faults.
func (x Index) SaveState(ctx context.Context, lib Library, s State, revision string) error {
	_, err := x.save(ctx, stateName(lib), s, revision, MaxDocument)
	return err
}

// Current reports whether the library is indexed whole, by its rules in this program.
func (s State) Current(l Library) bool {
	return s.Built && s.Format == Format && s.Rules == l.RuleSet()
}

// SameKeys reports whether the state is about the library's bucket and prefix, by whatever
// rules. A state that does not name them is, if its rules are those that older code had for
// the library's present settings.
func (s State) SameKeys(l Library) bool {
	if s.Bucket != "" {
		return s.Bucket == l.Bucket && s.Prefix == l.Prefix
	}
	return s.Rules == l.RuleSet() || s.Rules == l.formerRuleSet()
}

// Moved reports whether the state is about keys of another bucket or prefix than the library's.
// Such an index is brought up to date by nobody but its operator.
func (s State) Moved(l Library) bool { return s.Format != 0 && !s.SameKeys(l) }

// Doubt returns why nothing of the library is skipped, "" if it is indexed whole by its present
// rules.
func (s State) Doubt(l Library) string {
	switch {
	case s.Current(l):
		return ""
	case s.Moved(l):
		was := "another bucket or prefix, or by older rules"
		if s.Bucket != "" {
			was = place(s.Bucket, s.Prefix)
		}
		return fmt.Sprintf("the index of library %s is of %s, but the settings name %s", l.Name, was, place(l.Bucket, l.Prefix))
	}
	return "library " + l.Name + " is not indexed whole by its present rules"
}

// place names a bucket, or a part of it.
func place(bucket, prefix string) string {
	if prefix == "" {
		return "bucket " + bucket
	}
	return fmt.Sprintf("bucket %s, prefix %s", bucket, prefix)
}

// formerRuleSet returns what code before the grammar named the library's rules.
func (l Library) formerRuleSet() string {
	const version = "5"
	if len(l.Patterns) == 0 && l.Prefix == "" && l.Bucket == "" {
		return version
	}
	text := version + "\n" + l.Bucket + "\n" + l.Prefix
	for _, p := range l.Patterns {
		text += "\n" + p.String()
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s-%x", version, sum[:6])
}

func stateName(lib Library) string { return fmt.Sprintf("state/%s.json", lib.Name) }
