package main

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// memory is a file that lists killed mutants. A listed mutant is not tried again while its source
// file is unchanged.
type memory struct {
	killed map[string]bool
	file   *os.File
}

// openMemory reads the list of killed mutants in the file at path, and creates the file if there is
// none. If path is empty, it returns a memory without a file, which keeps nothing for the next run.
func openMemory(path string) (*memory, error) {
	m := &memory{killed: map[string]bool{}}
	if path == "" {
		return m, nil
	}
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err != nil {
		return nil, err
	}
	if m.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(m.file); lines.Scan(); {
		m.killed[lines.Text()] = true
	}
	return m, nil
}

func (*memory) key(m *mutant) string {
	return fmt.Sprintf("%s %s %d:%d %s: %s", m.sum, m.File, m.Line, m.edits[0].start, m.Operator, m.Change)
}

func (r *memory) has(m *mutant) bool { return r.killed[r.key(m)] }

func (r *memory) add(m *mutant) {
	if r.file != nil && m.State == killed {
		// the error is ignored: if the write fails, the next run only tries the mutant again
		_, _ = fmt.Fprintln(r.file, r.key(m))
	}
}

func (r *memory) close() {
	if r.file != nil {
		_ = r.file.Close()
	}
}

// equivalentList lists mutants that behave like the original, one per line: file, operator,
// source line, change and reason, separated by tabs. "*" stands for any file or any source line.
//
//go:embed equivalent.tsv
var equivalentList string

type equivalents [][]string

func readEquivalents() (equivalents, error) {
	var list equivalents
	for line := range strings.Lines(equivalentList) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 5 {
			return nil, fmt.Errorf("equivalent.tsv: each line must have file, operator, source, change and reason (got %q)", line)
		}
		list = append(list, fields)
	}
	return list, nil
}

func (e equivalents) has(m *mutant) bool {
	for _, f := range e {
		if (f[0] == "*" || f[0] == m.File) && f[1] == m.Operator && (f[2] == "*" || f[2] == m.Source) && f[3] == m.Change {
			return true
		}
	}
	return false
}
