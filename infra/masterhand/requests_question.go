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
	errNoRequest   = errors.New("expected an event that requests a master, got another event")
	errAnnouncing  = errors.New("expected an event that requests a master, got an announcement")
	errTwoProjects = errors.New("--project is only for CODE LOCALE KIND ASPECT, because an event names its project")
	errNoVariation = errors.New("a creative must end in its variation, such as HRT-1212-2")
	errNoQuestion  = errors.New(`expected an event's file, or four words such as "HRT-1212-2 en video 9x16"`)
)

// question returns the requested slot. args is either an event's file, or four words such as
// "HRT-1212-2 en video 9x16". To four words, question adds the given project, which may be "". args
// must have at most four words.
func question(args []string, project string) (creative.Slot, error) {
	switch {
	case len(args) == 1 && project != "":
		return creative.Slot{}, fmt.Errorf("%w: %w", errUsage, errTwoProjects)
	case len(args) == 1:
		slot, err := askedBy(args[0])
		if err != nil && !errors.Is(err, errURL) {
			err = fmt.Errorf("%s: %w", printable(args[0]), err)
		}
		return slot, err
	case len(args) == 4:
		slot, err := coordinates(args)
		slot.Project = project
		return slot, err
	}
	missing := []string{"CODE", "LOCALE", "KIND", "ASPECT"}[len(args):]
	return creative.Slot{}, fmt.Errorf("%w: %w, but there is no %s", errUsage, errNoQuestion, strings.Join(missing, " and no "))
}

// readEvent reads an event. path is the path of a file, or the name of a sample.
func readEvent(path string) (events.Event, error) {
	if strings.Contains(path, "://") {
		return events.Event{}, errURL
	}
	event, announced, err := events.Read(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return event, fmt.Errorf("%w: %w", errNoQuestion, os.ErrNotExist)
	case announced.Sender != "":
		return event, errAnnouncing
	}
	return event, err
}

// askedBy returns the slot that the event in a file requests.
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

// coordinates parses the four words CODE-VARIATION LOCALE KIND ASPECT. The last word may also be a
// placement family, such as "feed".
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

// parseCreative parses CODE-VARIATION, such as HRT-1212-2.
func parseCreative(text string) (creative.Creative, error) {
	code, variation, _ := cutLast(text, "-")
	n, err := strconv.Atoi(variation)
	if err != nil {
		return creative.Creative{}, errNoVariation
	}
	c := creative.Creative{Code: code, Variation: n}
	return c, c.Check()
}

// cutLast is like strings.Cut, but cuts at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
