//go:build unix && !race

package transfer

import "syscall"

// allocate returns zeroed memory from outside of Go's heap. On the heap, the slots
// would let the collector wait until as much garbage again has come together;
// beside it, the heap stays at a few MiB whatever is moved. (The race detector
// watches the heap alone, so a build with it has the slots there.)
func allocate(length int) []byte {
	bytes, err := syscall.Mmap(-1, 0, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, length)
	}
	return bytes
}

// release gives memory of allocate back.
func release(bytes []byte) {
	_ = syscall.Munmap(bytes) // refuses what came from the heap, where the collector frees it
}
