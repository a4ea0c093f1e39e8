package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/events"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/sender"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/capability"
)

// AnnounceConfig configures a load test with announcements. The function collect of the tested
// system must not be running. All fields are required.
type AnnounceConfig struct {
	System  *system.System
	Senders announce.Client
	Out     io.Writer
	AtOnce  int // number of senders that announce at the same time
	Waves   int // number of measured waves, in which no new execution environment starts
	// Within limits the 99th percentile of the answer times in the measured waves.
	Within time.Duration
}

// AnnounceResult is the result of a load test with announcements.
type AnnounceResult struct {
	Senders  int     `json:"senders"`
	Sent     int     `json:"sent"`
	Accepted int     `json:"accepted"` // number of announcements that were accepted at the first attempt
	Records  int     `json:"records"`
	Messages int     `json:"messages"`
	Warm     float64 `json:"warm_p99_seconds"`
}

// Announce makes many senders announce at the same time, in several waves, while the function
// collect is not running. It prints the answer times, separately for cold waves, in which new
// execution environments start, and for warm waves. It checks that the answers in warm waves were
// fast, that each announcement was accepted at the first attempt, and that all were stored. It
// returns ErrWrong and the result if a check failed, and ErrInterrupted without a result if ctx
// ended.
func Announce(ctx context.Context, c AnnounceConfig) (*AnnounceResult, error) {
	began := time.Now()
	before, err := c.waiting(ctx)
	if err != nil {
		return nil, err
	}
	cold, warm, err := c.waves(ctx)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ErrInterrupted
	}
	fmt.Fprintf(c.Out, "%d senders at once, while collect does not run\n", c.AtOnce)
	c.tell("cold", cold)
	p99 := c.tell("warm", warm)
	result, err := c.judge(ctx, append(cold, warm...), before, began)
	if result == nil {
		return nil, err
	}
	result.Warm = p99.Seconds()
	return result, errors.Join(c.judgeTime(p99), err)
}

// maxColdWaves is the maximum number of waves in which new execution environments of intake start.
// A wave starts new ones if there are fewer execution environments than senders.
const maxColdWaves = 20

// waves returns two lists of answers. The list cold is from the waves in which some senders waited
// for the start of an execution environment. The list warm is from all other waves.
func (c AnnounceConfig) waves(ctx context.Context) (cold, warm []sender.Result, err error) {
	for n := 0; len(warm) < c.Waves*c.AtOnce && ctx.Err() == nil; n++ {
		started := c.System.IntakeStarts()
		results, err := c.wave(ctx, n)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case n > 0 && c.System.IntakeStarts() == started:
			warm = append(warm, results...)
		case len(cold) == maxColdWaves*c.AtOnce:
			return nil, nil, fmt.Errorf("%w: intake still starts executions in wave %d", ErrWrong, n+1)
		default:
			cold = append(cold, results...)
		}
	}
	return cold, warm, nil
}

// wave sends c.AtOnce announcements at the same moment. It makes them from the samples in turn,
// and begins again with the first sample after the last. The wave's number makes the ids of the
// announcements unique.
func (c AnnounceConfig) wave(ctx context.Context, number int) ([]sender.Result, error) {
	// The link may lead nowhere: collect is not running, so the file is never downloaded.
	file, err := capability.Parse("https://cdn.example/film.mp4")
	if err != nil {
		return nil, err
	}
	names := events.AnnouncementNames()
	results := make([]sender.Result, c.AtOnce)
	start := make(chan struct{})
	var all sync.WaitGroup
	defer all.Wait()
	for i := range results {
		a, err := events.Announced(names[i%len(names)])
		if err != nil {
			return nil, err
		}
		body, err := events.Fill(a.Body, events.Values{
			FileURL: file, ID: fmt.Sprintf("w%dn%d", number, i), Now: time.Now(), Bucket: "another", Key: "film.mp4",
		})
		if err != nil {
			return nil, err
		}
		all.Go(func() {
			<-start
			results[i] = c.Senders.Post(ctx, a.Sender, "", body)
		})
	}
	close(start)
	all.Wait()
	return results, nil
}

// tell prints the answer times of the results and returns their 99th percentile.
func (c AnnounceConfig) tell(name string, results []sender.Result) time.Duration {
	var took []time.Duration
	for _, r := range results {
		took = append(took, r.Longest)
	}
	slices.Sort(took)
	p99 := quantile(took, 0.99)
	fmt.Fprintf(c.Out, "  %s  %4d answers  p50 %s  p90 %s  p99 %s  max %s\n", name, len(took),
		short(quantile(took, 0.5)), short(quantile(took, 0.9)), short(p99), short(quantile(took, 1)))
	return p99
}

// judgeTime returns ErrWrong if p99, the 99th percentile of the warm answers, reaches the limit.
func (c AnnounceConfig) judgeTime(p99 time.Duration) error {
	if p99 >= c.Within {
		fmt.Fprintf(c.Out, "NO  the p99 of warm answers is %s, but must be under %s\n", short(p99), short(c.Within))
		return ErrWrong
	}
	return nil
}

// judge checks that every announcement was accepted at the first attempt, and that it is stored
// both as a record and as a message.
func (c AnnounceConfig) judge(ctx context.Context, results []sender.Result, before int, began time.Time) (*AnnounceResult, error) {
	r := &AnnounceResult{Senders: c.AtOnce, Sent: len(results)}
	for _, result := range results {
		if result.Delivered && result.Attempts == 1 {
			r.Accepted++
		}
	}
	for _, sender := range senders.Names() {
		n, err := c.Senders.Kept(ctx, sender, began)
		if err != nil {
			return nil, err
		}
		r.Records += n
	}
	messages, err := c.waiting(ctx)
	if err != nil {
		return nil, err
	}
	r.Messages = messages - before
	fmt.Fprintf(c.Out, "  %d sent: %d accepted at the first attempt, %d records, %d messages\n", r.Sent, r.Accepted, r.Records, r.Messages)
	if r.Accepted != r.Sent || r.Records != r.Sent || r.Messages != r.Sent {
		return r, ErrWrong
	}
	return r, nil
}

// waiting returns the number of messages in the collect queue that no function has received yet.
func (c AnnounceConfig) waiting(ctx context.Context) (int, error) {
	const visible = types.QueueAttributeNameApproximateNumberOfMessages
	out, err := c.System.Clients().SQS().GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &c.System.CollectQueueURL, AttributeNames: []types.QueueAttributeName{visible},
	})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(out.Attributes[string(visible)])
}
