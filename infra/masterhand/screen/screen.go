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

// Screen is the output of a command: a terminal, a pipe or a file.
type Screen struct {
	Out     io.Writer
	Width   int  // number of columns of the terminal; 0 if Out is not a terminal
	Colours bool // whether Out is a terminal that supports colours
}

// minWidth is the smallest width for which tables are clipped. On a narrower terminal, the lines
// wrap.
const minWidth = 80

// New returns the screen that writes to a file. A terminal whose variable TERM is "dumb" is treated
// like a pipe.
func New(out *os.File) Screen {
	s := Screen{Out: out}
	if fd := int(out.Fd()); term.IsTerminal(fd) && os.Getenv("TERM") != "dumb" {
		width, _, _ := term.GetSize(fd) // the error is ignored: after an error the width is 0, so that minWidth is used
		s.Width = max(width, minWidth)
		s.Colours = os.Getenv("NO_COLOR") == "" // by convention, NO_COLOR turns colours off; source: no-color.org
	}
	return s
}

// Paint is the colour or weight of a text on a terminal. The text alone, without the paint, must
// have the same meaning.
type Paint int

// The paints, from normal text to the text of a failure.
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

// Painted returns the text with the control codes of its colour. If the screen has no colours, it
// returns the text alone.
func (s Screen) Painted(p Paint, text string) string {
	if !s.Colours || p == Plain || text == "" {
		return text
	}
	c := color.New(paints[p]...)
	// Without this call, the package color would decide by os.Stdout instead of Out whether to use
	// colours.
	c.EnableColor()
	return c.Sprint(text)
}
