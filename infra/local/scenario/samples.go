package scenario

import (
	"context"

	"masterhand/events"
	"masterhand/shared/library/masters"
)

// PutSamples uploads the sample masters with their labels, and waits until each of them is indexed.
func (m Masters) PutSamples(ctx context.Context) (keys int, err error) {
	list, err := events.Masters()
	if err != nil {
		return 0, err
	}
	for _, sample := range list {
		if _, err := m.Put(ctx, sample.Key, sample.Data, masters.Labels{Tags: sample.Tags, Metadata: sample.Metadata}); err != nil {
			return 0, err
		}
	}
	for _, sample := range list {
		if _, err := m.Indexed(ctx, sample.Key); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
