package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// fake is a queue in memory that records what was done.
type fake struct {
	messages []*queue.Message
	bodies   map[string]string
	done     []string
	queues   []dispatch.Queue
	imported map[string]string // content by ID
	wait     chan struct{}     // Retry waits for it, or for its context
	began    chan struct{}     // closed when Retry begins, if it waits
	log      bytes.Buffer      // to be read when the server has ended
}

func (q *fake) List(_ context.Context, f queue.Filter) iter.Seq2[*queue.Message, error] {
	return func(yield func(*queue.Message, error) bool) {
		for _, m := range q.messages {
			if f.Match(m) && !yield(m, nil) {
				return
			}
		}
	}
}

func (q *fake) Open(_ context.Context, id string) (io.ReadCloser, error) {
	text, ok := q.bodies[id]
	if !ok {
		return nil, queue.ErrNotFound
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (q *fake) change(what string, f queue.Filter, progress dispatch.Progress) (int, error) {
	n := 0
	for _, m := range q.messages {
		if f.Match(m) {
			n++
			q.done = append(q.done, what+" "+m.ID)
			progress(n, len(q.messages))
		}
	}
	return n, nil
}

func (q *fake) Retry(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error) {
	if q.wait != nil {
		close(q.began)
		select {
		case <-q.wait:
		case <-ctx.Done():
			q.done = append(q.done, "broken off")
			close(q.wait)
			return 0, ctx.Err()
		}
	}
	return q.change("retry", f, progress)
}

func (q *fake) Suspend(_ context.Context, f queue.Filter, progress dispatch.Progress) (int, error) {
	return q.change("suspend", f, progress)
}

func (q *fake) Resume(_ context.Context, f queue.Filter, progress dispatch.Progress) (int, error) {
	return q.change("resume", f, progress)
}

func (q *fake) Drop(_ context.Context, f queue.Filter, report bool, progress dispatch.Progress) (int, error) {
	return q.change(fmt.Sprintf("drop (report: %v)", report), f, progress)
}

func (q *fake) Resubmit(_ context.Context, f queue.Filter, progress dispatch.Progress) (int, error) {
	return q.change("resubmit", f, progress)
}

func (q *fake) Redirect(_ context.Context, f queue.Filter, connector string, progress dispatch.Progress) (int, error) {
	return q.change("redirect to "+connector, f, progress)
}

func (q *fake) Queues() []dispatch.Queue { return q.queues }

func (q *fake) SuspendHop(_ context.Context, name string) error {
	q.done = append(q.done, "suspend-hop "+name)
	return nil
}

func (q *fake) ResumeHop(_ context.Context, name string) error {
	return fmt.Errorf("%q isn't suspended", name)
}

func (q *fake) Import(_ context.Context, m *queue.Message, body io.Reader) error {
	text, err := io.ReadAll(body)
	if err == nil && int64(len(text)) != m.Size {
		err = io.ErrUnexpectedEOF
	}
	if q.imported == nil {
		q.imported = map[string]string{}
	}
	q.imported[m.ID] = string(text)
	return err
}

// three returns a queue with three messages.
func three() *fake {
	now := time.Now()
	message := func(id, from, to, hop string, age time.Duration) *queue.Message {
		m := &queue.Message{Envelope: envelope.Envelope{ID: id}, Arrived: now.Add(-age), Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress(to)}, Hop: hop}}}
		if from != "" {
			m.From = routing.MustParseAddress(from)
		}
		return m
	}
	q := &fake{
		messages: []*queue.Message{
			message("A", "ann@fabrikam.com", "kim@contoso.com", "Internet contoso.com", 3*time.Hour),
			message("B", "bob@fabrikam.com", "lee@example.org", "ToPartner [192.0.2.1]", time.Hour),
			message("C", "", "pat@sub.contoso.com", "Internet sub.contoso.com", time.Minute),
		},
		bodies: map[string]string{"A": "Subject: a\r\n\r\n" + strings.Repeat("a", 200_000), "B": ""},
	}
	q.messages[1].Suspended = true
	q.messages[2].Recipients[0].Status = queue.Failed
	return q
}

// serve serves q in a new data directory and returns that.
func serve(t *testing.T, q *fake) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := control.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := control.NewServer(l, q, q, slog.New(slog.NewTextHandler(&q.log, nil)))
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if strings.Contains(q.log.String(), "<nil>") {
			t.Errorf("the log mentions errors that did not happen:\n%s", &q.log)
		}
	})
	return dir
}

// ask returns the IDs and the content of an answer, and its end.
func ask(t *testing.T, dir string, r control.Request) (ids []string, content string, end *control.End, err error) {
	t.Helper()
	for e, err := range control.Do(t.Context(), dir, r) {
		switch {
		case err != nil:
			return ids, content, nil, err
		case e.Message != nil:
			ids = append(ids, e.Message.ID)
		case e.Content != nil:
			content += string(e.Content)
		case e.End != nil:
			end = e.End
		}
	}
	return ids, content, end, nil
}

// TestFilters: every field of a filter selects among three messages.
func TestFilters(t *testing.T) {
	dir := serve(t, three())
	for _, tt := range []struct {
		filter control.Filter
		want   string
	}{
		{control.Filter{}, "A B C"},
		{control.Filter{IDs: []string{"C", "A", "Z"}}, "A C"},
		{control.Filter{RecipientDomain: "contoso.com"}, "A"},
		{control.Filter{RecipientDomain: "*.contoso.com"}, "A C"},
		{control.Filter{Sender: "BOB@fabrikam.com"}, "B"},
		{control.Filter{Sender: "fabrikam.com"}, "A B"},
		{control.Filter{Sender: "<>"}, "C"},
		{control.Filter{NextHop: "internet"}, "A C"},
		{control.Filter{NextHop: "ToPartner [192.0.2.1]"}, "B"},
		{control.Filter{Older: time.Hour}, "A B"},
		{control.Filter{Younger: 2 * time.Hour}, "B C"},
		{control.Filter{Older: 30 * time.Minute, Younger: 2 * time.Hour}, "B"},
		{control.Filter{Status: "suspended"}, "B"},
		{control.Filter{Status: "failed"}, "C"},
		{control.Filter{Sender: "<>", NextHop: "ToPartner"}, ""},
	} {
		ids, _, end, err := ask(t, dir, control.Request{Action: control.List, Filter: tt.filter})
		if err != nil || strings.Join(ids, " ") != tt.want || end == nil || end.Messages != len(ids) {
			t.Errorf("%+v: %v, %+v, %v; want %s", tt.filter, ids, end, err, tt.want)
		}
	}
}

// TestActions: every action reaches the queue with its filter.
func TestActions(t *testing.T) {
	q := three()
	dir := serve(t, q)
	for _, tt := range []struct {
		request control.Request
		want    []string
	}{
		{control.Request{Action: control.Retry}, []string{"retry A", "retry B", "retry C"}},
		{control.Request{Action: control.Suspend, Filter: control.Filter{IDs: []string{"A"}}}, []string{"suspend A"}},
		{control.Request{Action: control.Resume, Filter: control.Filter{Status: "suspended"}}, []string{"resume B"}},
		{control.Request{Action: control.Drop, Filter: control.Filter{IDs: []string{"A"}}}, []string{"drop (report: false) A"}},
		{control.Request{Action: control.Drop, Report: true, Filter: control.Filter{Sender: "<>"}}, []string{"drop (report: true) C"}},
	} {
		q.done = nil
		_, _, end, err := ask(t, dir, tt.request)
		if err != nil || !slices.Equal(q.done, tt.want) || end.Messages != len(tt.want) {
			t.Errorf("%+v: %v, %+v, %v", tt.request, q.done, end, err)
		}
	}
}

// TestReload: an operator gets the outcome of a reload.
func TestReload(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := control.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	reloads := 0
	for _, tt := range []struct {
		reload func(context.Context) error
		want   string
	}{
		{nil, "this gateway can't reload its configuration"},
		{func(context.Context) error { reloads++; return nil }, "<nil>"},
		{func(context.Context) error { return errors.New("policy.json: 3 mistakes") }, "policy.json: 3 mistakes"},
	} {
		l, err := control.Listen(dir)
		if err != nil {
			t.Fatal(err)
		}
		s := control.NewServer(l, three(), three(), slog.New(slog.DiscardHandler))
		s.Reload = tt.reload
		served := make(chan error, 1)
		go func() { served <- s.Serve() }()
		if _, _, _, err := ask(t, dir, control.Request{Action: control.Reload}); fmt.Sprint(err) != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
	if reloads != 1 {
		t.Errorf("%d reloads", reloads)
	}
	if _, _, _, err := ask(t, dir, control.Request{Action: control.Reload}); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("after the gateway has ended: %v", err)
	}
}

// TestLimits: an operator gets the limits of a client, or the reason why it gets no answer.
func TestLimits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := control.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	client := control.LimitClient{Connector: "In", Address: netip.MustParseAddr("192.0.2.1")}
	want := []control.Limit{{Name: "MessageRateLimit", By: "source", Key: "192.0.2.1", Value: 7, Bound: 5, Window: 60, Until: time.Now().UTC()}}
	for _, tt := range []struct {
		limits func(control.LimitClient) ([]control.Limit, error)
		client *control.LimitClient
		err    string
	}{
		{nil, &client, "this gateway can't report its limits"},
		{func(control.LimitClient) ([]control.Limit, error) { return nil, errors.New("no such connector") }, &client, "no such connector"},
		{nil, nil, "limits needs a client; other actions take none"},
		{nil, &control.LimitClient{Connector: "In"}, "limits need a Receive connector and the address of a client"},
		{nil, &control.LimitClient{Connector: "In", Address: client.Address, User: "a\nb"}, `"a\nb" is too long or has control characters`},
		{func(c control.LimitClient) ([]control.Limit, error) {
			if c != client {
				t.Errorf("asked about %+v", c)
			}
			return want, nil
		}, &client, "<nil>"},
	} {
		l, err := control.Listen(dir)
		if err != nil {
			t.Fatal(err)
		}
		s := control.NewServer(l, three(), three(), slog.New(slog.DiscardHandler))
		s.Limits = tt.limits
		go s.Serve()
		var got []control.Limit
		err = nil
		for e, failed := range control.Do(t.Context(), dir, control.Request{Action: control.GetLimits, Client: tt.client}) {
			got, err = append(got, e.Limits...), failed
		}
		if fmt.Sprint(err) != tt.err || err == nil && (!slices.Equal(got, want) || got[0].Left() != 0) {
			t.Errorf("%+v, %v, want %s", got, err, tt.err)
		}
		s.Close()
	}
}

// TestExport: messages are exported unchanged, and one that can't be read is reported
// beside the others.
func TestExport(t *testing.T) {
	q := three()
	dir := serve(t, q)
	ids, content, _, err := ask(t, dir, control.Request{Action: control.Export, Filter: control.Filter{IDs: []string{"A", "B"}}})
	if err != nil || len(ids) != 2 || content != q.bodies["A"] {
		t.Errorf("%v, %d bytes, %v", ids, len(content), err)
	}
	var problems []string
	for e, err := range control.Do(t.Context(), dir, control.Request{Action: control.Export}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Problem != "" {
			problems = append(problems, e.Problem)
		}
	}
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "C: ") {
		t.Errorf("problems: %q", problems)
	}
}

// TestHangUp: work ends when the operator who asked for it disconnects.
func TestHangUp(t *testing.T) {
	q := three()
	q.wait, q.began = make(chan struct{}), make(chan struct{})
	dir := serve(t, q)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	go func() {
		<-q.began
		cancel(stopped)
	}()
	for _, err := range control.Do(ctx, dir, control.Request{Action: control.Retry}) {
		if !errors.Is(err, stopped) {
			t.Errorf("the answer ends with %v", err)
		}
	}
	<-q.wait
	if !slices.Equal(q.done, []string{"broken off"}) {
		t.Errorf("done: %q", q.done)
	}
}

// FuzzParseRequest: a request that parses is within bounds, and parses to the same when
// it is written again.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"action":"list"}`))
	f.Add([]byte(`{"action":"reload"}`))
	f.Add([]byte(`{"action":"status"}`))
	f.Add([]byte(`{"action":"hops"}`))
	f.Add([]byte(`{"action":"suspend-hop","hop":"Internet contoso.com"}`))
	f.Add([]byte(`{"action":"redirect","to":"Backup","filter":{"nextHop":"Internet"}}`))
	f.Add([]byte(`{"action":"import","message":{"v":1,"id":"A","size":3,"recipients":[{"to":"a@b.example","status":"waiting"}]}}`))
	f.Add([]byte(`{"action":"drop","report":true,"filter":{"ids":["A","B-C"],"older":3600000000000}}`))
	f.Add([]byte(`{"action":"retry","filter":{"recipientDomain":"*.contoso.com","sender":"<>","nextHop":"Internet","status":"suspended"}}`))
	f.Add([]byte(`{"action":"drop","filter":{"ids":[]}}`))     // selects everything: refused
	f.Add([]byte(`{"action":"list"}{"action":"drop"}`))        // two
	f.Add([]byte("{\"action\":\"list\",\"filter\":null}\r\n")) // no filter
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := control.ParseRequest(line)
		if err != nil {
			return
		}
		if !slices.Contains(append(control.Actions(), control.Reload, control.GetStatus, control.GetLimits, control.Hops, control.SuspendHop, control.ResumeHop, control.Import), r.Action) || r.Action == control.Drop && r.Filter.IsZero() {
			t.Fatalf("%q was taken", line)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := control.ParseRequest(text)
		if err != nil {
			t.Fatalf("%q became %q: %v", line, text, err)
		}
		if text2, _ := json.Marshal(again); !bytes.Equal(text, text2) {
			t.Fatalf("%q became %q and then %q", line, text, text2)
		}
	})
}
