package masters

import (
	"context"
	"crypto/sha256"
	"fmt"
)

// State records whether a library is completely indexed, and by which rules.
type State struct {
	Format int    `json:"format"`
	Rules  string `json:"ruleSet"` // name of the rules that indexed the library, from Library.RuleSet
	// Bucket and Prefix locate the keys that were indexed; both are "" in a state that older code
	// stored.
	Bucket string `json:"bucket,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Built  bool   `json:"built"`
	Run    string `json:"run,omitempty"` // ID of the reindex run that wrote the state
	// Keys is the number of keys that the reindex run listed; 0 if the run did not count them or
	// has not finished.
	Keys int `json:"keys,omitempty"`
}

// State returns the library's state and its revision. If no state is stored, it returns the zero
// value.
func (x Index) State(ctx context.Context, lib Library) (State, string, error) {
	return load(ctx, x, stateName(lib), "the state of library "+lib.Name, State{}, func(data []byte) (s State, err error) {
		return s, decode(data, &s)
	})
}

// SaveState writes the library's state if the stored revision still equals the given one. If not,
// it returns ErrStale, because another writer has changed the state.
func (x Index) SaveState(ctx context.Context, lib Library, s State, revision string) error {
	_, err := x.save(ctx, stateName(lib), s, revision, MaxDocument)
	return err
}

// Current reports whether the whole library is indexed by the present rules.
func (s State) Current(l Library) bool {
	return s.Built && s.Format == Format && s.Rules == l.RuleSet()
}

// SameKeys reports whether the state is about the library's present bucket and prefix. The rules
// may differ. A state that older code stored has no bucket and no prefix. For such a state,
// SameKeys compares the name of the rules: older code made this name from the bucket, the prefix
// and the rules.
func (s State) SameKeys(l Library) bool {
	if s.Bucket != "" {
		return s.Bucket == l.Bucket && s.Prefix == l.Prefix
	}
	return s.Rules == l.RuleSet() || s.Rules == l.formerRuleSet()
}

// Moved reports whether the state describes another bucket or prefix than the library's. If so,
// only the operator may start to index the library.
func (s State) Moved(l Library) bool { return s.Format != 0 && !s.SameKeys(l) }

// Doubt returns the reason why requests to the library must not be skipped now. It returns "" if
// the whole library is indexed by its present rules.
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

// place formats a bucket and a prefix for messages.
func place(bucket, prefix string) string {
	if prefix == "" {
		return "bucket " + bucket
	}
	return fmt.Sprintf("bucket %s, prefix %s", bucket, prefix)
}

// formerRuleSet returns the name that older code would have given to the library's present rules.
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
