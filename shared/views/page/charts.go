package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/announcements/timeline"
)

// Spark is a small line chart. Line and Area are the points of the line and of the area below it, as SVG
// text. Their coordinates are from 0 to 100 horizontally and from 0 to 24 vertically.
type Spark struct{ Line, Area string }

func newSpark(values []float64) *Spark {
	most := slices.Max(values)
	if most == 0 {
		return nil
	}
	var points []string
	for n, v := range values {
		points = append(points, fmt.Sprintf("%.1f,%.1f", float64(n)*100/float64(len(values)-1), 22-v/most*20))
	}
	line := strings.Join(points, " ")
	return &Spark{line, "0,24 " + line + " 100,24"}
}

// hours is the number of columns in the charts. By default each column is an hour of one day.
const hours = 24

// column returns the number of the chart column that contains a time, from 0.
func (b *builder) column(at time.Time) int {
	return min(max(int(at.Sub(b.start)/b.step), 0), hours-1)
}

// percent returns a time's horizontal position in the charts, in percent of their width.
func (b *builder) percent(at time.Time) float64 {
	return float64(at.Sub(b.start)) * 100 / float64(hours*b.step)
}

// Hours is the bar chart of requests, with a bar for each hour.
type Hours struct {
	Bars  []Bar
	Most  int
	Title string
	Marks []Mark
	// Unread is the width of the chart's first part for which no requests were read, in percent of
	// the chart's width.
	Unread float64
	Words  string
}

// Bar is the bar of one hour. It has three parts: Good, Open and Bad are their heights in percent of the
// highest bar, and GoodY, OpenY and BadY the positions of their top edges.
type Bar struct {
	X                     float64
	Good, Open, Bad       float64
	GoodY, OpenY, BadY    float64
	Met, Waiting, Without int
	Hour                  string
}

// Mark is a time label below a chart. X is its position in percent of the width.
type Mark struct {
	X    float64
	Text string
}

func (b *builder) hours() Hours {
	counts := make([]Bar, hours)
	most := 0
	for _, i := range b.recent {
		bar := &counts[b.column(i.ReceivedAt)]
		switch outcomeOf(i).level() {
		case Good:
			bar.Met++
		case Busy:
			bar.Waiting++
		default:
			if i.State.Ended() {
				bar.Without++
			} else {
				bar.Waiting++
			}
		}
		most = max(most, bar.Met+bar.Waiting+bar.Without)
	}
	h := Hours{Most: most, Marks: b.marks(), Title: "Requests over time"}
	if b.hourly() {
		h.Title = "Requests per hour"
	}
	busiest := 0
	for n := range counts {
		bar := &counts[n]
		bar.X, bar.Hour = float64(n)*100/hours, b.start.Add(time.Duration(n)*b.step).Format("15:04")
		if most > 0 {
			part := func(count int) float64 { return float64(count) * 100 / float64(most) }
			bar.Good, bar.Open, bar.Bad = part(bar.Met), part(bar.Waiting), part(bar.Without)
			bar.GoodY = 100 - bar.Good
			bar.OpenY = bar.GoodY - bar.Open
			bar.BadY = bar.OpenY - bar.Bad
		}
		if bar.Met+bar.Waiting+bar.Without > counts[busiest].Met+counts[busiest].Waiting+counts[busiest].Without {
			busiest = n
		}
	}
	h.Bars = counts
	h.Words = plural(len(b.recent), "request")
	if most > 0 {
		h.Words += fmt.Sprintf("; the most in one column: %d, from %s on", most, counts[busiest].Hour)
	}
	if n := len(b.recent); b.Cut && n > 0 && n == len(b.Data.Requests) {
		h.Unread = counts[b.column(b.recent[n-1].ReceivedAt)].X
	}
	return h
}

// marks returns the time labels below a chart: one for every six hours if each column is an hour,
// or six labels for any other time range.
func (b *builder) marks() (list []Mark) {
	layout := "15:04"
	if b.step > 2*time.Hour {
		layout = "2 Jan"
	}
	for n := range hours {
		at := b.start.Add(time.Duration(n) * b.step)
		if b.hourly() && at.Hour()%6 == 0 || !b.hourly() && n%4 == 0 {
			list = append(list, Mark{float64(n) * 100 / hours, at.Format(layout)})
		}
	}
	return list
}

// Lanes is the chart of the announcements of other platforms. It has a horizontal lane for each sender.
type Lanes struct {
	Lanes []Lane
	Marks []Mark
}

// Lane shows the announcements of one sender.
type Lane struct {
	Sender string
	Dots   []Dot
	Last   string // the sender's latest announcement, in words
	Words  string
}

// Dot is one announcement in a lane. X is its position in percent of the width.
type Dot struct {
	X     float64
	Level Level
	Title string
}

func (b *builder) lanes() Lanes {
	l := Lanes{Marks: b.marks()}
	failed := 0
	for n, t := range b.Timelines {
		if t.ReceivedAt.Before(b.start) || t.ReceivedAt.After(b.To) {
			continue
		}
		if last := len(l.Lanes) - 1; last < 0 || l.Lanes[last].Sender != text(t.Sender) {
			l.Lanes = append(l.Lanes, Lane{Sender: text(t.Sender)})
			failed = 0
		}
		lane := &l.Lanes[len(l.Lanes)-1]
		level := conditionLevel(t.Condition())
		if level == Bad {
			failed++
		}
		lane.Dots = append(lane.Dots, Dot{b.percent(t.ReceivedAt), level, announced(b.Timelines[n])})
		lane.Last = announced(t)
		lane.Words = plural(len(lane.Dots), "announcement")
		if failed > 0 {
			lane.Words += fmt.Sprintf(", %d failed", failed)
		}
	}
	return l
}

func conditionLevel(c timeline.Condition) Level {
	switch c {
	case timeline.ConditionStored:
		return Good
	case timeline.ConditionWaiting, timeline.ConditionUnknown:
		return Poor
	case timeline.ConditionFailed:
		return Bad
	}
	return Calm
}

// announced returns a text that describes an announcement and the state of its files.
func announced(t timeline.Timeline) string {
	words := strings.TrimSpace(t.State.Type + " " + t.State.Status)
	stored := 0
	key := ""
	for _, f := range t.Files {
		if f.State == timeline.Stored {
			stored++
			key = f.Key
		}
	}
	switch {
	case stored == 1:
		words += " → " + key
	case stored > 1:
		words += fmt.Sprintf(": %d files stored", stored)
	case t.State.Alert != "":
		words += ": " + strings.ReplaceAll(t.State.Alert, "_", " ")
	case t.Condition() == timeline.ConditionFailed:
		words += ": not stored"
	case t.Condition() == timeline.ConditionUnknown:
		words += ": not understood"
	}
	return shorten(text(t.ReceivedAt.UTC().Format("15:04")+" "+words), 140)
}
