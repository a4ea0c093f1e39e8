package transfer

import (
	"runtime/debug"
	"sync"
)

// smallHeap makes the garbage collector of the whole process run when the heap has grown by half,
// not when it has doubled. This saves 2 MiB and costs no measurable time, because the memory that a
// [Mover] reads into is outside of the heap and a transfer makes little garbage. The first Move calls
// smallHeap: at the start of the process, it would cause garbage collections during a cold start.
var smallHeap = sync.OnceFunc(func() { debug.SetGCPercent(50) })
