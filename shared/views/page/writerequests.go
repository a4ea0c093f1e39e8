package page

func (p Page) writeRequests(m *markup) {
	hint := "open a request to see"
	if p.Endpoint != "" {
		hint = `"why" shows`
	}
	m.add(`<section class="card" id="requests" aria-labelledby="h-requests">
<div class="title"><h2 id="h-requests">Requests</h2><span class="hint">%s every file that was considered</span></div>`, hint)
	if p.Requests.Links {
		p.Requests.writeFilter(m)
	}
	switch {
	case len(p.Requests.Rows) > 0:
		p.writeRows(m)
	case p.Requests.Nothing:
		m.add(`<p class="empty">No request has come yet.</p>`)
	default:
		m.add(`<p class="empty">No request matches the filter.</p>`)
	}
	m.add(`
</section>
`)
}

func (r Requests) writeFilter(m *markup) {
	m.add(`
<form method="get" action="#requests" class="filter"><label>Outcome <select name="outcome"><option value="">all</option>`)
	for _, o := range r.Outcomes {
		selected := ""
		if string(o) == r.Outcome {
			selected = " selected"
		}
		m.add(`<option%s>%s</option>`, selected, o)
	}
	m.add(`</select></label><label>Creative <input name="code" value="%s" size="12" placeholder="HRT-1212" autocomplete="off" spellcheck="false"></label><button>Show</button><span class="hint">%s found</span></form>`, r.Code, grouped(r.Found))
}

func (p Page) writeRows(m *markup) {
	m.add(`
<ol class="rows">`)
	for _, r := range p.Requests.Rows {
		m.add(`
<li>`)
		if p.Endpoint != "" {
			m.add(`<div class="row">`)
			r.writeCells(m)
			m.add(`<span><a>why</a><cwdb-action action="html" display="popup"><div class="mh pop %s"><b>%s</b> <span class="pill %s">%s</span>`, p.Theme, r.Creative, r.Level, r.Outcome)
			r.writeDetail(m)
			m.add(`</div></cwdb-action></span></div>`)
		} else {
			m.add(`<details id="r-%s"><summary>`, r.ID)
			r.writeCells(m)
			m.add(`</summary>
`)
			r.writeDetail(m)
			m.add(`</details>`)
		}
		m.add(`</li>`)
	}
	m.add(`
</ol>`)
	if p.Requests.Newer != "" || p.Requests.Older != "" {
		m.add(`<nav class="leaves" aria-label="More requests">`)
		p.writeLeaf(m, p.Requests.Newer, "newer")
		p.writeLeaf(m, p.Requests.Older, "older")
		m.add(`</nav>`)
	}
}

// writeLeaf writes a link to another leaf of the request list; it writes nothing if the address is "".
func (p Page) writeLeaf(m *markup, to, word string) {
	switch {
	case to == "":
	case p.Endpoint != "":
		m.add(`<a>%s</a><cwdb-action action="call" endpoint="%s">%s</cwdb-action>`, word, p.Endpoint, to)
	default:
		m.add(`<a href="%s">%s</a>`, to, word)
	}
}

func (r Row) writeCells(m *markup) {
	m.add(`
<span class="when"><time datetime="%s" title="%s">%s</time></span>
<span class="out"><span class="pill %s">%s</span></span>
<span class="slot"><span class="line">`, stamp(r.At), day(r.At), r.Ago, r.Level, r.Outcome)
	if r.Kind != "" {
		r.Shape.write(m)
	}
	m.add(`<b>%s</b>`, r.Creative)
	m.optional(` <span class="tag">%s</span>`, r.Locale)
	m.optional(` <span class="soft">%s</span>`, r.Target)
	m.optional(` <span class="sr">%s</span>`, string(r.Kind))
	m.add(`</span>`)
	m.optional(`<span class="soft line">%s</span>`, r.Affected)
	m.add(`</span>
<span class="file">`)
	m.optional(`<code>%s</code>`, r.File)
	m.optional(`<span class="soft line">%s</span>`, r.Why)
	m.optional(`<span class="line said">%s</span>`, r.Said)
	m.add(`</span>
<span class="course">`)
	r.writePhases(m)
	m.optional(`<span class="soft line">%s</span>`, r.Course)
	m.add(`</span>
<span class="left">`)
	if r.Left != nil {
		r.Left.write(m)
	}
	m.add(`</span>`)
}

func (r Row) writePhases(m *markup) {
	if len(r.Phases) == 0 {
		return
	}
	m.add(`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="`)
	r.namePhases(m, ", ")
	m.add(`">`)
	for _, p := range r.Phases {
		m.add(`<rect class="p%d" x="%s" width="%s" height="6"><title>%s %s</title></rect>`, p.Number, fixed(p.X), fixed(p.W), p.Name, p.Took)
	}
	m.add(`</svg>`)
}

// namePhases writes the name and the duration of each phase. The argument between is the text that
// separates two phases.
func (r Row) namePhases(m *markup, between string) {
	for i, p := range r.Phases {
		if i > 0 {
			m.add("%s", between)
		}
		m.add(`%s %s`, p.Name, p.Took)
	}
}

func (l Left) write(m *markup) {
	open := ""
	if l.Open {
		open = " open"
	}
	m.add(`<svg class="ring%s" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6"/><circle class="arc" cx="8" cy="8" r="6" pathLength="100" stroke-dasharray="%s 100"/></svg><span class="soft">%s</span>`, open, fixed(l.Arc), l.Words)
}

func (r Row) writeDetail(m *markup) {
	m.add(`<div class="detail">`)
	m.optional(`<p class="advice">%s</p>`, r.Detail.Advice)
	m.optional(`<p class="do"><span class="soft">upload to</span> <code>%s</code></p>`, r.Detail.Put)
	writeCommands(m, r.Detail.Commands)
	if len(r.Detail.Candidates) > 0 {
		r.writeCandidates(m)
	}
	if len(r.Phases) > 0 {
		m.add(`<p class="soft">`)
		r.namePhases(m, " · ")
		m.add(`</p>`)
	}
	for _, n := range r.Detail.Names {
		m.add(`<p class="soft">%s</p>`, n)
	}
	m.add(`
<p class="soft">%s`, day(r.At))
	for _, f := range r.Detail.Facts {
		m.add(` · %s`, f)
	}
	m.add(`</p>
</div>`)
}

func (r Row) writeCandidates(m *markup) {
	m.add(`
<div class="scroll" tabindex="0" role="region" aria-label="Files considered for %s"><table><thead><tr><th scope="col">file</th><th scope="col">locale</th><th scope="col">aspect</th><th scope="col">pixels</th><th scope="col">size</th><th scope="col">placed by</th><th scope="col">rule</th></tr></thead><tbody>`, r.Creative)
	for _, c := range r.Detail.Candidates {
		class := ""
		switch {
		case c.Chosen:
			class = "chosen"
		case !c.Fits:
			class = "dropped"
		}
		m.add(`<tr class="%s"><td><code>%s</code></td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>`, class, c.Key, c.Locale, c.Aspect, c.Pixels, c.Size, c.Placed, c.Rule)
	}
	m.add(`</tbody></table></div>`)
}
