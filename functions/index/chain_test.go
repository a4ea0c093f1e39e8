package main

import (
	"context"
	"flag"
	"fmt"
	"testing"

	"masterhand/infra/recursion"
	"masterhand/shared/library/reindex"
)

// size is the number of masters that TestAReindexIsOneChain indexes. "make prove" sets it to 200,000.
var size = flag.Int("masters", 2_000, "masters that TestAReindexIsOneChain indexes")

// pages is a bucket that lists its keys in small pages. Therefore the reindex of a few keys needs
// as many steps as the reindex of a large library.
type pages struct {
	reindex.Lister
	keys int
}

func (p pages) Page(ctx context.Context, prefix, after string, n int) ([]string, bool, error) {
	return p.Lister.Page(ctx, prefix, after, min(n, p.keys))
}

// hop is a queue message, together with the number of chained invocations that led to it.
type hop struct {
	body        string
	invocations int
}

// work handles the messages of the reindex queue one by one, as Lambda does. Unless recursive is
// set, work drops a message if its chain of invocations is too long, as Lambda's loop detection
// does. It returns the number of dropped messages and the length of the longest chain.
func (b *fixture) work(t *testing.T, recursive bool) (dead, longest int) {
	t.Helper()
	var queue []hop
	sent := func(invocations int) {
		for _, body := range b.sent {
			queue = append(queue, hop{body, invocations})
		}
		b.sent = nil
	}
	sent(0) // the first messages have no invocation before them: an operator starts the reindex, outside of Lambda
	for ; len(queue) > 0; queue = queue[1:] {
		longest = max(longest, queue[0].invocations)
		if !recursive && queue[0].invocations >= recursion.MaxInvocations {
			dead++
			continue
		}
		if ids := b.failed(t, ofReindex(queue[0].body)); len(ids) != 0 {
			t.Fatalf("message comes again: %s", &b.said)
		}
		sent(queue[0].invocations + 1)
	}
	return dead, longest
}

// The steps of a reindex are one chain of invocations of the function index. The chain is longer than
// the 16 invocations after which Lambda's loop detection stops a function, so the function must allow
// recursion. Otherwise the library's index is never completed, and no request is ever skipped.
func TestAReindexIsOneChain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name             string
		recursive, built bool
	}{
		{"as deployed", recursion.Allowed("index"), true},
		{"stopped", false, false},
	} {
		b := newFixture()
		b.worker.Masters = pages{b.bucket, max(1, *size/200)}
		for i := range *size {
			b.bucket.Put(fmt.Sprintf("HRT-%d/v1/en/9x16.mp4", i), []byte("film"), nil)
		}
		if _, err := b.worker.Start(t.Context(), wholeBucket, false); err != nil {
			t.Fatal(err)
		}
		dead, longest := b.work(t, test.recursive)
		state, _, err := b.index.State(t.Context(), wholeBucket)
		if err != nil {
			t.Fatal(err)
		}
		if built := state.Current(wholeBucket); built != test.built || (dead == 0) != test.built || longest < recursion.MaxInvocations {
			t.Errorf("%s: built %t after %d invocations, %d dead letters", test.name, built, longest, dead)
		}
	}
}
