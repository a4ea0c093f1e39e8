package secrets

import (
	"os"
	"sync"
)

// LastUsable returns a reader of a file that is edited by hand: what usable refuses, and
// a file that is gone, is passed over for the last content that was usable, as a service
// that keeps versions would have it. Each run of refused contents is told once. Before
// anything was usable, whatever there is is read.
func LastUsable(file string, usable func([]byte) error, refused func(error)) func() ([]byte, error) {
	var mu sync.Mutex
	var last []byte
	told := false
	return func() ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		content, err := os.ReadFile(file)
		if err == nil {
			err = usable(content)
		}
		if err == nil {
			last, told = content, false
			return content, nil
		}
		if !told {
			told = true
			refused(err)
		}
		if last == nil {
			return os.ReadFile(file)
		}
		return last, nil
	}
}
