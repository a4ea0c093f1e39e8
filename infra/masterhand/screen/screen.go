// Package screen writes what commands show: tables, colours, lines of JSON, counts and times.
//
// Only a terminal gets colours and clipped cells. A pipe gets each text whole.
//
//	s := screen.New(os.Stdout)
//	t := screen.NewTable("KEY", "STATE")
//	t.Add(screen.Texts(key, "indexed")...)
//	err := s.Print(t)
package screen

import (
	"io"
	"os"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// Screen is the output of a command.
type Screen struct {
	Out     io.Writer
	Width   int  // the terminal's columns; 0 if Out is not a terminal
	Colours bool // Out is a terminal that supports colours
}

// minWidth is the smallest width to which tables are fitted.
const minWidth = 80

// New returns the screen of a file. A terminal whose TERM is "dumb" counts as a pipe.
func New(out *os.File) Screen {
	s := Screen{Out: out}
	if fd := int(out.Fd()); term.IsTerminal(fd) && os.Getenv("TERM") != "dumb" {
		width, _, _ := term.GetSize(fd) // 0 if the size is unknown
		s.Width = max(width, minWidth)
		s.Colours = os.Getenv("NO_COLOR") == "" // see no-color.org
	}
	return s
}

// Paint is the look of a text on a terminal. The text must say the same without it.
type Paint int

// The paints, from the normal look to that of a failure.
const (
	Plain Paint = iota
	Strong
	Faint
	Good
	Poor
	Bad
)

var paints = map[Paint][]color.Attribute{
	Strong: {color.Bold}, Faint: {color.Faint}, Good: {color.FgGreen}, Poor: {color.FgYellow}, Bad: {color.FgRed, color.Bold},
}

// Painted returns the text with the codes of its colour, or the text alone if the screen has no
// colours.
func (s Screen) Painted(p Paint, text string) string {
	if !s.Colours || p == Plain || text == "" {
		return text
	}
	c := color.New(paints[p]...)
	c.EnableColor() // otherwise the package checks os.Stdout instead of Out
	return c.Sprint(text)
}
