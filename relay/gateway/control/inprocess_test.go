package control_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// TestInProcess: a program asks its own server without a socket, and the log names the user of the program.
func TestInProcess(t *testing.T) {
	q := three()
	s := control.NewServer(nil, q, q, slog.New(slog.NewTextHandler(&q.log, nil)))
	ctx := control.WithUser(t.Context(), "kim")
	list, err := collect(s.Do(ctx, control.Request{Action: control.List}))
	if err != nil || len(list) != 4 || list[0].Message.ID != "A" || list[3].End == nil {
		t.Errorf("list: %+v, %v", list, err)
	}
	if _, err := collect(s.Do(ctx, control.Request{Action: control.Drop})); err == nil || !strings.Contains(err.Error(), "needs a filter") {
		t.Errorf("drop without a filter: %v", err)
	}
	drop := control.Request{Action: control.Drop, Filter: control.Filter{IDs: []string{"B"}}}
	if _, err := collect(s.Do(ctx, drop)); err != nil || !slices.Equal(q.done, []string{"drop (report: false) B"}) {
		t.Errorf("drop: %v, %v", q.done, err)
	}
	if _, err := collect(s.Do(ctx, control.Request{Action: control.ResumeHop, Hop: "x"})); err == nil || err.Error() != `"x" isn't suspended` {
		t.Errorf("an error of the queue: %v", err)
	}
	for e, err := range s.Do(ctx, control.Request{Action: control.List}) {
		if err != nil || e.Message == nil {
			t.Errorf("the first event is %+v, %v", e, err)
		}
		break // the rest is abandoned
	}
	if err := s.Serve(); err == nil {
		t.Error("a server without a listener serves")
	}
	s.Close()
	if _, err := collect(s.Do(ctx, drop)); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("after Close: %v", err)
	}
	if log := q.log.String(); strings.Count(log, "dropped by operator") != 1 || !strings.Contains(log, "user=kim") {
		t.Errorf("log:\n%s", log)
	}
}

// TestInProcessAbandoned: Close, and a reader that wants no more, end the work that is under way.
func TestInProcessAbandoned(t *testing.T) {
	q := three()
	q.wait, q.began = make(chan struct{}), make(chan struct{})
	s := control.NewServer(nil, q, q, slog.New(slog.DiscardHandler))
	go func() {
		<-q.began
		s.Close()
	}()
	_, err := collect(s.Do(t.Context(), control.Request{Action: control.Retry}))
	if err == nil || !slices.Equal(q.done, []string{"broken off"}) {
		t.Errorf("%v, %v", q.done, err)
	}
}

// TestNoQueue: without a queue, a server answers what isn't about one.
func TestNoQueue(t *testing.T) {
	s := control.NewServer(nil, nil, nil, slog.New(slog.DiscardHandler))
	s.Status = func(context.Context) control.Status { return control.Status{State: control.Serving} }
	if list, err := collect(s.Do(t.Context(), control.Request{Action: control.GetStatus})); err != nil || list[0].Status.State != control.Serving {
		t.Errorf("status: %+v, %v", list, err)
	}
	for _, r := range []control.Request{
		{Action: control.List}, {Action: control.Hops}, {Action: control.Retry}, {Action: control.SuspendHop, Hop: "x"},
	} {
		if _, err := collect(s.Do(t.Context(), r)); !errors.Is(err, control.ErrNoQueue) {
			t.Errorf("%s: %v", r.Action, err)
		}
	}
}

// TestConsoleLink: who may use the socket gets the one-time link to the console, and the log has who asked.
func TestConsoleLink(t *testing.T) {
	q := three()
	s := control.NewServer(nil, q, q, slog.New(slog.NewTextHandler(&q.log, nil)))
	ask := func() (string, error) {
		list, err := collect(s.Do(control.WithUser(t.Context(), "kim"), control.Request{Action: control.ConsoleLink}))
		if err != nil {
			return "", err
		}
		return list[0].Link, nil
	}
	if _, err := ask(); err == nil || err.Error() != "this gateway has no console" {
		t.Errorf("without a console: %v", err)
	}
	s.ConsoleLink = func() (string, error) { return "http://127.0.0.1:8025/logon?token=secret", nil }
	if url, err := ask(); err != nil || url != "http://127.0.0.1:8025/logon?token=secret" {
		t.Errorf("%q, %v", url, err)
	}
	if log := q.log.String(); !strings.Contains(log, `msg="console link shown by operator" action=console-link user=kim`) || strings.Contains(log, "secret") {
		t.Errorf("log:\n%s", log)
	}
}
