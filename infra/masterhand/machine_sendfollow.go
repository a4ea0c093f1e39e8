package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/views/advice"
)

// stopWaiting says what Ctrl-C does while a request is open. The upload URL and the callback URL
// lead to this process, so after Ctrl-C nothing can be delivered.
const stopWaiting = `            Ctrl-C stops waiting. The request can then no longer be delivered, because
            this command receives the upload.`

// conclude waits until a request that was handed off has ended. Meanwhile it prints each new reason
// why the request waits. If ctx ends first, it prints the present state of the request.
func (s *session) conclude(ctx context.Context, platform *adplatform.Platform, request adplatform.Request) error {
	s.text("waiting     the request was handed off\n%s\n", stopWaiting)
	following, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() { s.followOne(following, scenario.LedgerID(request)) })
	_, err := platform.Conclude(ctx, request)
	stop()
	follower.Wait()
	if ctx.Err() != nil {
		s.showState(context.WithoutCancel(ctx), scenario.LedgerID(request))
	}
	return err
}

// followOne prints each new reason why a request waits, with advice for the operator. It returns
// when ctx ends.
func (s *session) followOne(ctx context.Context, id string) {
	d := s.localDeployment()
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	for last := ""; ; {
		item, err := store.Load(ctx, id)
		reason := why(item)
		if err == nil && !item.State.Ended() && reason != "" && reason != last {
			last = reason
			s.text("%s   %s\n", time.Now().UTC().Format("15:04:05Z"), printable(reason))
			if lib, err := s.libraryOf(ctx, d, item); err == nil {
				s.adviseText(s.advice(ctx, d, item, lib))
			}
		}
		if s.pause(ctx, narrateEvery) != nil {
			return
		}
	}
}

// adviseOnSent prints advice about a request that has ended, for example after a skip. If the
// request has not ended or cannot be read, it prints nothing.
func (s *session) adviseOnSent(ctx context.Context, id string) {
	d := s.localDeployment()
	item, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.Load(ctx, id)
	if err != nil || !item.State.Ended() {
		return
	}
	if lib, err := s.libraryOf(ctx, d, item); err == nil {
		s.adviseText(s.advice(ctx, d, item, lib))
	}
}

func (s *session) adviseText(a advice.Advice) {
	if next := s.next(a); next != "" {
		s.text("%s\n", next)
	}
}

// showState prints the present state of a request, and the command that shows the state later.
func (s *session) showState(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	item, err := dynamostore.Store{Client: s.dynamodb(), Table: s.localDeployment().ledger}.Load(ctx, id)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
	case err != nil:
		s.warn("the state of the request cannot be read: %v", err)
	default:
		s.text("state       %s\nlook again  %s\n", printable(ending(item)), typed("trace "+digits(item.ID)+s.sameDeployment()))
	}
}

// recorded returns the reason for the answer to an event, as the system on this machine logged it.
// It returns "" if the log has no reason.
func (s *session) recorded(event string) (reason string) {
	_ = eachLine(s.system.Log, func(l logLine) { // the error is ignored: if the log cannot be read, the reason stays ""
		var said struct{ Event, Detail, Error string }
		if strings.Contains(l.text, event) && json.Unmarshal([]byte(l.text), &said) == nil && said.Event == event {
			reason = cmp.Or(said.Error, said.Detail)
		}
	})
	return reason
}
