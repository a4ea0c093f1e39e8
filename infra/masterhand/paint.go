package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
)

// paint is how a text stands out on a terminal. Nothing is said by it alone.
type paint int

const (
	plain paint = iota
	strong
	faint
	good
	poor
	bad
)

var paints = map[paint][]color.Attribute{
	strong: {color.Bold}, faint: {color.Faint}, good: {color.FgGreen}, poor: {color.FgYellow}, bad: {color.FgRed, color.Bold},
}

// painted colours a text, where the output is a terminal that wants it.
func (t terminal) painted(p paint, text string) string {
	if !t.colours || p == plain || text == "" {
		return text
	}
	c := color.New(paints[p]...)
	c.EnableColor() // the package looks at the process's own output, and not at ours
	return c.Sprint(text)
}

// cell is one text of a table.
type cell struct {
	text  string
	paint paint
}

func texted(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i].text = text
	}
	return cells
}

// table is lines of cells under a line of names, its columns as wide as need be.
type table struct{ rows [][]cell }

// newTable begins a table with its columns' names.
func newTable(names ...string) *table {
	head := texted(names...)
	for i := range head {
		head[i].paint = strong
	}
	return &table{rows: [][]cell{head}}
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// print writes the table, two spaces between its columns.
func (t terminal) print(tab *table) error {
	var widths []int
	for _, row := range tab.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range tab.rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(t.painted(c.paint, c.text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		if _, err := fmt.Fprintln(t.out, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// shortened cuts a text in its middle to n letters: a key tells most by its ends.
func shortened(text string, n int) string {
	letters := []rune(text)
	if len(letters) <= n {
		return text
	}
	head := (n - 1) / 2
	return string(letters[:head]) + "…" + string(letters[len(letters)-(n-1-head):])
}
