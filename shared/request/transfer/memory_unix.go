//go:build unix && !race

package transfer

import "syscall"

// allocate returns zeroed memory outside of Go's heap. Slots on the heap would double the garbage
// that the collector tolerates; with the slots outside, the heap stays at a few MiB. The race
// detector sees only the heap, so a build with the race detector allocates the slots on the heap.
func allocate(length int) []byte {
	bytes, err := syscall.Mmap(-1, 0, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, length)
	}
	return bytes
}

// release frees memory that allocate returned.
func release(bytes []byte) {
	// the error is ignored: Munmap refuses memory of the heap, which the garbage collector frees
	_ = syscall.Munmap(bytes)
}
