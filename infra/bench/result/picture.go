package result

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The dimensions of a picture in pixels.
const (
	width  = 760
	label  = 300 // distance of the bars from the left edge
	widest = 350 // length of the longest bar
	step   = 24  // distance between the tops of two bars
	space  = 34  // height of a panel's title
)

// look is the style sheet of a picture. With it, the text and the bars are readable both on a light
// and on a dark page.
const look = `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.other{fill:#8c959f}.own{fill:#0969da}.line{stroke:#1f2328}
.target{stroke:#cf222e;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.line{stroke:#e6edf3}.own{fill:#4493f8}.other{fill:#6e7681}.target{stroke:#ff7b72}}`

// Pictures returns SVG pictures, keyed by their file names. There is one picture for each group of
// rows in which at least two rows have the same unit. A picture has one panel for each unit. A
// panel has a bar for each median and a line for each spread.
func (m Measured) Pictures() map[string][]byte {
	pictures := make(map[string][]byte)
	for _, rows := range m.groups() {
		if panels := panels(rows); len(panels) > 0 {
			pictures[m.file(rows[0].Part)] = draw(panels)
		}
	}
	return pictures
}

// file returns the file name of the picture that shows one group of rows: those whose field Part
// is equal to the parameter part.
func (m Measured) file(part string) string {
	words := strings.FieldsFunc(strings.ToLower(m.Name+" "+part), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-") + ".svg"
}

// panels returns the rows in groups with the same unit. It leaves out a unit that only one row has.
func panels(rows []Row) (panels [][]Row) {
	at := make(map[string]int)
	var all [][]Row
	for _, r := range rows {
		if len(r.Samples) == 0 {
			continue
		}
		i, known := at[r.Unit]
		if !known {
			i = len(all)
			at[r.Unit], all = i, append(all, nil)
		}
		all[i] = append(all[i], r)
	}
	for _, of := range all {
		if len(of) > 1 {
			panels = append(panels, of)
		}
	}
	return panels
}

func draw(panels [][]Row) []byte {
	var body bytes.Buffer
	y := 0
	for _, rows := range panels {
		y = drawPanel(&body, rows, y)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"><style>%s</style>`+"\n", width, y+10, width, y+10, look)
	out.Write(body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// drawPanel draws the panel for the rows of one unit, and returns where the panel ends. y is where
// it begins, in pixels from the top.
func drawPanel(out io.Writer, rows []Row, y int) int {
	var most float64
	for _, r := range rows {
		_, high := r.Spread()
		most = max(most, high, r.Target.Least, r.Target.Most)
	}
	if most <= 0 {
		return y
	}
	x := func(v float64) float64 { return label + widest*max(0, v)/most }
	fmt.Fprintf(out, `<text class="title" x="%d" y="%d">%s</text>`+"\n", label, y+22, quoted(rows[0].Unit))
	y += space
	for _, r := range rows {
		class := "other"
		if strings.HasPrefix(r.Name, "masterhand") || strings.Contains(r.Name, ", masterhand") {
			class = "own"
		}
		low, high := r.Spread()
		fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="end">%s</text><rect class="%s" x="%d" y="%d" width="%.1f" height="14"/>`,
			label-8, y+12, quoted(shortened(r.Name)), class, label, y, x(r.Median())-label)
		fmt.Fprintf(out, `<line class="line" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x(low), x(high), y+7, y+7)
		for _, limit := range []float64{r.Target.Least, r.Target.Most} {
			if limit > 0 {
				fmt.Fprintf(out, `<line class="target" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x(limit), x(limit), y-3, y+17)
			}
		}
		fmt.Fprintf(out, `<text x="%.1f" y="%d">%s</text>`+"\n", x(max(high, r.Target.Least, r.Target.Most))+8, y+12, number(r.Median()))
		y += step
	}
	return y
}

// shortened returns a row's name, cut so that it fits beside the bar.
func shortened(name string) string {
	const most = 44
	if letters := []rune(name); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return name
}

func quoted(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // the error is ignored: writing to a buffer never fails
	return out.String()
}
