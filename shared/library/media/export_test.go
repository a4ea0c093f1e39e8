package media

import "context"

// ProbeSteps is Probe, and tells how many boxes, segments and chunks were visited.
func ProbeSteps(ctx context.Context, src Source, size int64) (info Info, steps int, err error) {
	r := &reader{ctx: ctx, src: src, size: size}
	info, err = probe(r)
	return info, r.steps, err
}

// HeaderOf returns the sides and the sample aspect that a codec's configuration states: zeros
// where it states none.
func HeaderOf(codec string, config []byte) (w, h, across, down float64) {
	found := headerOf(codec, config)
	return found.sides.w, found.sides.h, found.aspect.w, found.aspect.h
}

// HeaderOfStream does the same of an esds.
func HeaderOfStream(esds []byte) (w, h, across, down float64) {
	_, found := streamOf(esds)
	return found.sides.w, found.sides.h, found.aspect.w, found.aspect.h
}
