package secrets

import (
	"os"
	"sync"
)

// LastUsable returns a reader of a file that people edit by hand. While the function usable rejects
// the file's content, or the file cannot be read, the reader returns the last usable content. For
// each such time, the reader calls the function refused once. If the reader has never seen usable
// content, it returns the present content unchecked.
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
