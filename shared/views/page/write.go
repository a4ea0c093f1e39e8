package page

import (
	_ "embed"
	"io"
)

//go:embed page.css
var style string

// Write writes the page as an HTML document.
func (p Page) Write(w io.Writer) error { return writeTo(w, p.document) }

// WriteWidget writes the page as HTML for a CloudWatch custom widget.
func (p Page) WriteWidget(w io.Writer) error {
	return writeTo(w, func(m *markup) {
		m.WriteString(`<div class="cwdb-no-default-styles"></div><style>` + style + `</style>`)
		m.add(`<div class="mh small %s"><div class="all">`, p.Theme)
		p.main(m)
		m.add(`</div></div>`)
	})
}

// WriteMain writes only the content of the page's body. A refresh of the page replaces this content.
func (p Page) WriteMain(w io.Writer) error { return writeTo(w, p.main) }

func (p Page) document(m *markup) {
	m.add(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>masterhand`)
	m.optional(` · %s`, p.Name)
	m.add(` · %s</title>
<link rel="icon" href="data:,">
`, p.Health.Word)
	if p.Script != "" {
		m.add(`<script src="%s" defer></script>`, p.Script)
	} else {
		m.add(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`)
	}
	m.WriteString("\n<style>body{margin:0}\n" + style + "</style>")
	m.add(`
</head>
<body>
<div class="mh"><div class="all" id="page">`)
	p.main(m)
	m.add(`</div></div>
</body>
</html>
`)
}

func (p Page) main(m *markup) {
	p.header(m)
	m.add(`<main>
<section aria-label="Figures">
<dl class="numbers">`)
	for _, n := range p.Numbers {
		n.write(m)
	}
	m.add(`
</dl>
</section>
<div class="top">
`)
	p.writeRequests(m)
	p.writeNext(m)
	m.add(`</div>
<div class="low">
<div class="stack">`)
	for n, c := range p.Maps {
		c.write(m, n)
	}
	m.add(`
</div>
<div class="stack">
`)
	p.Lanes.write(m)
	p.Hours.write(m)
	m.add(`</div>
</div>
</main>
`)
}

func (p Page) header(m *markup) {
	m.add(`
<header>
<div class="head"><h1>masterhand</h1>`)
	m.optional(`<span class="tag">%s</span>`, p.Name)
	m.add(`<span class="pill %s">%s</span>`, p.Health.Level, p.Health.Word)
	m.add(`<span class="meta">%s · as of <time datetime="%s">%s</time></span></div>
<p class="health">`, p.Since, stamp(p.At), p.At.UTC().Format("15:04:05 UTC"))
	for i, part := range p.Health.Sentence {
		after := ", "
		switch i {
		case len(p.Health.Sentence) - 1:
			after = "."
		case 0:
			after = ": "
		}
		m.add(`<b>%s</b> %s%s`, part.Strong, part.Text, after)
	}
	if len(p.Health.Sentence) == 0 {
		m.add(`No request has come yet.`)
	}
	m.add(`</p>
</header>
`)
}

func (n Number) write(m *markup) {
	m.add(`
<div class="card number"><dt>%s</dt><dd class="value %s">%s</dd>`, n.Label, n.Level, n.Value)
	if n.Spark != nil {
		m.add(`<dd class="spark"><svg viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><polygon points="%s"/><polyline points="%s"/></svg></dd>`, n.Spark.Area, n.Spark.Line)
	}
	m.add(`<dd class="note">%s</dd></div>`, n.Note)
}

func (p Page) writeNext(m *markup) {
	m.add(`<section class="card next" aria-labelledby="h-next">
<div class="title"><h2 id="h-next">Make these next</h2><span class="hint">requested, but missing</span></div>`)
	if len(p.Next) == 0 {
		m.add(`<p class="empty">No requested file is missing.</p>`)
	} else {
		writeTodos(m, p.Next)
	}
	if len(p.Folded) > 0 {
		m.add(`<details class="more" id="more-next"><summary>%d more</summary>`, len(p.Folded))
		writeTodos(m, p.Folded)
		m.add(`</details>`)
	}
	m.add(`
</section>
`)
}

func writeTodos(m *markup, todos []Todo) {
	m.add(`
<ol class="todos">`)
	for _, t := range todos {
		m.add(`
<li><span class="count">%d×</span><div>
<p class="line">`, t.Count)
		for _, s := range t.Shapes {
			s.write(m)
		}
		m.add(`<b>%s</b> <span class="tag">%s</span> <span class="soft">%s %s</span></p>
<p>%s</p>
<p class="soft">`, t.Creative, t.Locale, t.Kind, t.Aspects, t.Says)
		m.optional(`holds back %s · `, t.Affected)
		m.add(`%s</p>`, t.Ago)
		m.optional(`<p class="do"><span class="soft">upload to</span> <code>%s</code></p>`, t.Put)
		m.optional(`<p class="do"><span class="soft">file</span> <code>%s</code></p>`, t.File)
		writeCommands(m, t.Commands)
		m.add(`
</div></li>`)
	}
	m.add(`</ol>`)
}

func writeCommands(m *markup, commands []string) {
	for _, c := range commands {
		m.add(`<p class="do"><code>%s</code></p>`, c)
	}
}

func (s Shape) write(m *markup) {
	m.add(`<svg class="shape" viewBox="0 0 16 16" aria-hidden="true"><rect x="%s" y="%s" width="%s" height="%s" rx="1.5"/>`, fixed(s.X), fixed(s.Y), fixed(s.W), fixed(s.H))
	if s.Film {
		m.add(`<path d="M6.8 5.9v4.2L10.2 8z"/></svg>`)
	} else {
		m.add(`<circle cx="8" cy="8" r="1.5"/></svg>`)
	}
}
