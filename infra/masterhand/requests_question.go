package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"masterhand/events"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/platform"
)

var (
	errNoRequest   = errors.New("event that asks for no master")
	errAnnouncing  = errors.New("an announcement, which asks for no master")
	errTwoProjects = errors.New("--project is only for CODE LOCALE KIND ASPECT: an event names its project itself")
	errNoVariation = errors.New("a creative must end in its variation, such as HRT-1212-2")
	errNoQuestion  = errors.New(`expected an event's file, or four words such as "HRT-1212-2 en video 9x16"`)
)

// question reads what is asked for: an event's file, or coordinates with the project that
// asks, "" for any.
func question(args []string, project string) (creative.Slot, error) {
	switch {
	case len(args) == 1 && project != "":
		return creative.Slot{}, fmt.Errorf("%w: %w", errUsage, errTwoProjects)
	case len(args) == 1:
		return askedBy(args[0])
	case len(args) == 4:
		slot, err := coordinates(args)
		slot.Project = project
		return slot, err
	}
	return creative.Slot{}, fmt.Errorf("%w: %w", errUsage, errNoQuestion)
}

// readEvent reads an event out of a file, or a sample by its name.
func readEvent(path string) (events.Event, error) {
	event, announced, err := events.Read(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return event, fmt.Errorf("%w: %w", errNoQuestion, os.ErrNotExist)
	case announced.Sender != "":
		return event, errAnnouncing
	}
	return event, err
}

// askedBy reads what an event asks for.
func askedBy(path string) (creative.Slot, error) {
	event, err := readEvent(path)
	if err != nil {
		return creative.Slot{}, err
	}
	nowhere, err := capability.Parse("https://placeholder.invalid/")
	if err != nil {
		return creative.Slot{}, err
	}
	body, err := events.Fill(event.Data, events.Values{
		UploadURL: nowhere, CallbackURL: nowhere, StorageKey: "placeholder", ExpiresAt: time.Unix(0, 0),
		Now: time.Unix(0, 0), ContentHash: platform.ContentHash([32]byte{}),
	})
	if err != nil {
		return creative.Slot{}, err
	}
	parsed, err := platform.Parse(event.Topic, body)
	if err == nil && parsed.Class != platform.Requested {
		err = errNoRequest
	}
	return parsed.Request.Slot, err
}

// coordinates reads the words in which requests are shown: CODE-VARIATION LOCALE KIND
// ASPECT, or a family in the place of the aspect.
func coordinates(words []string) (slot creative.Slot, err error) {
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	slot.Creative, err = parseCreative(words[0])
	note(err)
	slot.Locale, err = creative.ParseLocale(words[1])
	note(err)
	slot.Kind, err = creative.ParseKind(words[2])
	note(err)
	if family := creative.Family(words[3]); family.Aspects() != nil {
		slot.Family = family
	} else {
		slot.Aspect, err = creative.ParseAspect(words[3])
		note(err)
	}
	if len(problems) > 0 {
		return creative.Slot{}, fmt.Errorf("%w: %w: %w", errUsage, errNoQuestion, errors.Join(problems...))
	}
	return slot, nil
}

// parseCreative reads CODE-VARIATION, such as HRT-1212-2.
func parseCreative(text string) (creative.Creative, error) {
	code, variation, _ := cutLast(text, "-")
	n, err := strconv.Atoi(variation)
	if err != nil {
		return creative.Creative{}, errNoVariation
	}
	c := creative.Creative{Code: code, Variation: n}
	return c, c.Check()
}

// cutLast cuts around the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
