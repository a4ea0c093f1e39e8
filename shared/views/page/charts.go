package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/announcements/timeline"
)

// Spark is a small line: points in a field of 100 by 24.
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

// hours is how many columns the charts have: those of a day, an hour each.
const hours = 24

// column returns the column of a time in the charts.
func (b *builder) column(at time.Time) int {
	return min(max(int(at.Sub(b.start)/b.step), 0), hours-1)
}

// percent returns the place of a time in the charts.
func (b *builder) percent(at time.Time) float64 {
	return float64(at.Sub(b.start)) * 100 / float64(hours*b.step)
}

// Hours are the requests of each hour.
type Hours struct {
	Bars  []Bar
	Most  int
	Title string
	Marks []Mark
	// Unread is how wide the part is of which nothing was read, in percent.
	Unread float64
	Words  string
}

// Bar is an hour: its height in percent of the highest, from the foot up.
type Bar struct {
	X                     float64
	Good, Open, Bad       float64
	GoodY, OpenY, BadY    float64
	Met, Waiting, Without int
	Hour                  string
}

// Mark is a time under a chart, X in percent.
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
		h.Title = "Requests an hour"
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
		h.Words += fmt.Sprintf("; the most were %d, from %s on", most, counts[busiest].Hour)
	}
	if n := len(b.recent); b.Cut && n > 0 && n == len(b.Data.Requests) {
		h.Unread = counts[b.column(b.recent[n-1].ReceivedAt)].X
	}
	return h
}

// marks are times under a chart: every six hours of a day, or six of another time.
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

// Lanes are what other platforms announced, a lane for each.
type Lanes struct {
	Lanes []Lane
	Marks []Mark
}

// Lane is a sender.
type Lane struct {
	Sender string
	Dots   []Dot
	Last   string // what it said last
	Words  string
}

// Dot is a subject of a sender, X in percent.
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

// announced says what was announced, and what became of it.
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
