package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"masterhand/shared/kit/names"
	"masterhand/shared/request/destination"
)

const (
	matchWindow = 14 * 24 * time.Hour // period up to now in which CloudWatch is searched for matches
	matchPeriod = 5 * time.Minute     // precision of the time of a match
	recently    = 24 * time.Hour      // a secret that matched within this time may still be in use
	maxQueries  = 500                 // largest number of queries in one GetMetricData call, a limit of AWS
)

// counter is a CloudWatch metric that counts the matches of secrets or of tokens. The value of its
// dimension is the owner's name: a destination for a secret, a sender for a token.
type counter struct{ metric, dimension string }

var (
	secretMatches = counter{names.MetricSecretMatches, names.DimensionDestination}
	tokenMatches  = counter{names.MetricIntakeTokens, names.DimensionSender}
)

// owned identifies a secret or a token. owner is the destination or the sender; hint is the last
// four characters of the secret, or the start of the token's hash.
type owned struct{ owner, hint string }

// secretsOf returns the secrets of all destinations.
func secretsOf(list []destination.Destination) (secrets []owned) {
	for _, d := range list {
		for _, key := range d.Keys {
			secrets = append(secrets, owned{d.Name, key.Hint()})
		}
	}
	return secrets
}

// lastMatches returns the time of the last match of each secret, with the precision matchPeriod. A
// secret without a match within matchWindow is not in the map.
func (s *session) lastMatches(ctx context.Context, c counter, secrets []owned) (map[owned]time.Time, error) {
	if s.system != nil {
		return nil, errNoMatches
	}
	found := map[owned]time.Time{}
	for chunk := range slices.Chunk(secrets, maxQueries) {
		if err := s.matches(ctx, c, chunk, found); err != nil {
			return nil, fmt.Errorf("reading from CloudWatch when secrets last matched: %w", err)
		}
	}
	return found, nil
}

// matches reads when each of the secrets last verified a signature, and adds the times to found. It
// accepts at most maxQueries secrets.
func (s *session) matches(ctx context.Context, c counter, secrets []owned, found map[owned]time.Time) error {
	now := s.now()
	in := &cloudwatch.GetMetricDataInput{
		StartTime: new(now.Add(-matchWindow).Truncate(matchPeriod)), EndTime: &now, ScanBy: types.ScanByTimestampDescending,
	}
	for i, o := range secrets {
		in.MetricDataQueries = append(in.MetricDataQueries, c.query(names.NamespaceOf(s.name), "s"+strconv.Itoa(i), o))
	}
	pages := cloudwatch.NewGetMetricDataPaginator(s.cloudwatch(), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.MetricDataResults {
			i, err := strconv.Atoi(strings.TrimPrefix(value(r.Id), "s"))
			if err != nil || i < 0 || i >= len(secrets) {
				return fmt.Errorf("expected the id of one of the queries, got %q", value(r.Id))
			}
			if t := newest(r); t.After(found[secrets[i]]) {
				found[secrets[i]] = t
			}
		}
	}
	return nil
}

func (c counter) query(namespace, id string, o owned) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Period: new(int32(matchPeriod.Seconds())), Stat: new("Sum"),
		Metric: &types.Metric{
			Namespace: &namespace, MetricName: &c.metric,
			Dimensions: []types.Dimension{
				{Name: &c.dimension, Value: &o.owner},
				{Name: new(names.DimensionSecret), Value: &o.hint},
			},
		},
	}}
}

// newest returns the time of the latest data point whose value is above 0. It returns the zero time
// if there is no such point.
func newest(r types.MetricDataResult) (latest time.Time) {
	for i, t := range r.Timestamps {
		if i < len(r.Values) && r.Values[i] > 0 && t.After(latest) {
			latest = t
		}
	}
	return latest
}
