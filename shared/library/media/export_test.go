package media

import "context"

// ProbeSteps is Probe, and tells how many boxes, segments and chunks were visited.
func ProbeSteps(ctx context.Context, src Source, size int64) (info Info, steps int, err error) {
	r := &reader{ctx: ctx, src: src, size: size}
	info, err = probe(r)
	return info, r.steps, err
}
