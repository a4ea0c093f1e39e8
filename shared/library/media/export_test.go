package media

import "context"

// ProbeSteps does the same as Probe and also returns the number of boxes, segments and chunks
// that it visited.
func ProbeSteps(ctx context.Context, src Source, size int64) (info Info, steps int, err error) {
	r := &reader{ctx: ctx, src: src, size: size}
	info, err = probe(r)
	return info, r.steps, err
}

// HeaderOf returns the width, height and sample aspect that a codec's configuration states. Values
// that the configuration does not state are 0.
func HeaderOf(codec string, config []byte) (w, h, across, down float64) {
	found := headerOf(codec, config)
	return found.sides.w, found.sides.h, found.aspect.w, found.aspect.h
}

// HeaderOfStream returns the width, height and sample aspect that the configuration in an esds box
// states. Values that the configuration does not state are 0.
func HeaderOfStream(esds []byte) (w, h, across, down float64) {
	_, found := streamOf(esds)
	return found.sides.w, found.sides.h, found.aspect.w, found.aspect.h
}
