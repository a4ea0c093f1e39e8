package page

import "strconv"

// write writes the coverage table of one library; n is the library's number on the page.
func (c Map) write(m *markup, n int) {
	of := ""
	if c.Library != "" {
		of = " of " + c.Library
	}
	m.add(`
<section class="card" aria-labelledby="h-map-%d">
<div class="title"><h2 id="h-map-%d">Coverage%s</h2><span class="hint">%s, %s</span></div>`, n, n, of, plural(c.Creatives, "creative"), plural(c.Locales, "locale"))
	if len(c.First) == 0 {
		m.add(`<p class="empty">No master is in this library yet.</p>`)
	} else {
		c.writeTables(m, n, of)
	}
	if c.Unread > 0 {
		m.add(`<p class="soft">%s not read yet.</p>`, plural(c.Unread, "creative"))
	}
	m.add(`
</section>`)
}

func (c Map) writeTables(m *markup, n int, of string) {
	m.optional(`<p class="whole">%s</p>`, c.Whole)
	m.add(`
<div class="scroll" tabindex="0" role="region" aria-label="Coverage table%s">
`, of)
	c.writeTable(m, c.First)
	m.add(`
</div>`)
	if len(c.Folded) > 0 {
		m.add(`<details class="more" id="more-map-%d"><summary>%d more rows</summary><div class="scroll" tabindex="0" role="region" aria-label="More coverage%s">`, n, len(c.Folded), of)
		c.writeTable(m, c.Folded)
		m.add(`</div></details>`)
	}
	if c.Hidden > 0 {
		m.add(`<p class="soft">Not shown: %s with less demand. Run masterhand coverage to see them all.</p>`, plural(c.Hidden, "creative"))
	}
	m.add(`
<ul class="legend"><li><i class="t">✓</i> available</li><li><i class="l">≈</i> covered by another locale</li><li><i class="v">×</i> requested, missing</li><li><i class="m"></i> missing</li><li><i class="u">!</i> not usable</li><li><i class="q">?</i> unclear</li><li><i class="a">A</i> archived</li></ul>`)
}

func (c Map) writeTable(m *markup, rows []MapRow) {
	m.add(`<table class="map"><thead>
<tr><td></td><td></td>`)
	for _, k := range c.Kinds {
		m.add(`<th scope="colgroup" colspan="%d">%s</th>`, k.Span, k.Name)
	}
	m.add(`</tr>
<tr><th scope="col"><span class="sr">creative</span></th><th scope="col"><span class="sr">locale</span></th>`)
	for _, column := range c.Columns {
		if column.Starts {
			m.add(`<th scope="col" class="s">%s</th>`, column.Aspect)
		} else {
			m.add(`<th scope="col">%s</th>`, column.Aspect)
		}
	}
	m.add(`</tr>
</thead><tbody>
`)
	for _, row := range rows {
		row.write(m)
	}
	m.add(`</tbody><tfoot><tr><th scope="row" colspan="2">available, of all wanted</th>`)
	for _, column := range c.Columns {
		m.add(`<td>%s</td>`, column.Share)
	}
	m.add(`</tr></tfoot></table>`)
}

func (r MapRow) write(m *markup) {
	if r.Creative != "" {
		m.add(`<tr class="n"><th scope="row">%s</th>`, r.Creative)
	} else {
		m.add(`<tr><td></td>`)
	}
	m.add(`<th scope="row" class="loc">%s</th>`, r.Locale)
	for _, cell := range r.Cells {
		switch {
		case cell.Class == "":
			m.add(`<td class="e">·</td>`)
		case cell.Title == "":
			m.add(`<td><i class="%s">%s</i></td>`, cell.Class, cell.Mark)
		default:
			m.add(`<td><i class="%s" title="%s">%s</i></td>`, cell.Class, cell.Title, cell.Mark)
		}
	}
	m.add("</tr>\n")
}

func (l Lanes) write(m *markup) {
	m.add(`<section class="card" aria-labelledby="h-lanes">
<div class="title"><h2 id="h-lanes">What other platforms announced</h2></div>`)
	if len(l.Lanes) == 0 {
		m.add(`<p class="empty">No announcement came in this time.</p>
</section>
`)
		return
	}
	m.add(`
<div class="lanes">`)
	for _, lane := range l.Lanes {
		lane.write(m)
	}
	m.add(`
<div class="lane"><span></span>`)
	writeMarks(m, l.Marks)
	m.add(`</div>
</div>
<ul class="legend"><li><i class="dot good"></i> stored</li><li><i class="dot poor"></i> not stored yet</li><li><i class="dot bad"></i> failed</li><li><i class="dot calm"></i> recorded, no file to store</li></ul>
</section>
`)
}

func (l Lane) write(m *markup) {
	m.add(`
<div class="lane"><h3>%s</h3><div><svg viewBox="0 0 400 16" role="img" aria-label="%s of %s"><line x1="0" x2="400" y1="8" y2="8"/>`, l.Sender, l.Words, l.Sender)
	for _, d := range l.Dots {
		radius := "4.5"
		if d.Level == Bad {
			radius = "5.5"
		}
		m.add(`<circle class="%s" cx="%s" cy="8" r="%s"><title>%s</title></circle>`, d.Level, strconv.FormatFloat(d.X*4, 'f', 1, 64), radius, d.Title)
	}
	m.add(`</svg><p class="soft">%s</p></div></div>`, l.Last)
}

func (h Hours) write(m *markup) {
	m.add(`<section class="card" aria-labelledby="h-hours">
<div class="title"><h2 id="h-hours">%s</h2><span class="hint">%s</span></div>`, h.Title, h.Words)
	if h.Most == 0 {
		m.add(`<p class="empty">No request came in this time.</p>
</section>
`)
		return
	}
	m.add(`
<div class="hours"><span class="axis soft"><span>%d</span><span>0</span></span><div>
<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="%s">`, h.Most, h.Words)
	if h.Unread != 0 {
		m.add(`<rect class="unread" x="0" y="0" width="%s" height="100"><title>not read</title></rect>`, fixed(h.Unread))
	}
	for _, b := range h.Bars {
		m.add(`<g><title>%s: %d met, %d open, %d without a master</title>`, b.Hour, b.Met, b.Waiting, b.Without)
		b.writePart(m, "good", b.GoodY, b.Good)
		b.writePart(m, "poor", b.OpenY, b.Open)
		b.writePart(m, "bad", b.BadY, b.Bad)
		m.add(`</g>`)
	}
	m.add(`</svg>
`)
	writeMarks(m, h.Marks)
	m.add(`</div></div>
<ul class="legend"><li><i class="dot good"></i> got a file</li><li><i class="dot poor"></i> open</li><li><i class="dot bad"></i> got no file</li></ul>
</section>
`)
}

// writePart writes one coloured part of a bar; it writes nothing if height is 0.
func (b Bar) writePart(m *markup, class string, y, height float64) {
	if height != 0 {
		m.add(`<rect class="%s" x="%s" y="%s" width="3.6" height="%s"/>`, class, fixed(b.X), fixed(y), fixed(height))
	}
}

func writeMarks(m *markup, marks []Mark) {
	m.add(`<div class="marks soft" aria-hidden="true">`)
	for _, mark := range marks {
		m.add(`<span style="left:%s%%">%s</span>`, fixed(mark.X), mark.Text)
	}
	m.add(`</div>`)
}
