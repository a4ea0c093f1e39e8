package page

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"sync"
	"time"
)

//go:embed page.html
var source string

//go:embed page.css
var style string

// pages is parsed at its first use: a function that never shows a page must not pay for it.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"style":   func() template.CSS { return template.CSS(style) },
		"stamp":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05 UTC") },
		"day":     func(t time.Time) string { return t.UTC().Format("2 Jan 15:04 UTC") },
		"plural":  plural,
		"grouped": grouped,
		"last":    func(n, of int) bool { return n == of-1 },
		"f":       func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) },
		"x400":    func(percent float64) string { return strconv.FormatFloat(percent*4, 'f', 1, 64) },
		"mapOf":   mapOf,
		"leafOf":  func(to, word, endpoint string) leafLink { return leafLink{to, word, endpoint} },
	}).Parse(source))
})

// mapTable is one table of a map.
type mapTable struct {
	Map
	Rows []MapRow
}

func mapOf(m Map, folded bool) mapTable {
	if folded {
		return mapTable{m, m.Folded}
	}
	return mapTable{m, m.First}
}

// leafLink leads to another leaf of the requests.
type leafLink struct{ To, Word, Endpoint string }

// Write writes the page as an HTML document.
func (p Page) Write(w io.Writer) error { return pages().Execute(w, p) }

// WriteWidget writes the page for a dashboard of CloudWatch.
func (p Page) WriteWidget(w io.Writer) error { return pages().ExecuteTemplate(w, "widget", p) }

// WriteMain writes what changes of the page: all within its body.
func (p Page) WriteMain(w io.Writer) error { return pages().ExecuteTemplate(w, "main", p) }
