package viewer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
	"github.com/interchange-smtp/interchange/routing"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// fake is a gateway with messages that are made when they are asked for.
type fake struct {
	messages int
	asked    atomic.Int64
	wait     chan struct{} // an answer waits for it; nil: it doesn't
}

// subjects are the subjects of messages, in turn.
var subjects = []string{"Invoice *5*", "invoice 7", "it's [urgent]", "", "Größe"}

// message returns the message with that number, from 1.
func message(i int) *control.Message {
	m := &control.Message{ID: fmt.Sprintf("M%06d", i), Arrived: noon.Add(time.Duration(i-200_000) * time.Second), Size: int64(i%7) * 1024, From: fmt.Sprintf("user%d@contoso.com", i%10),
		Subject: subjects[i%len(subjects)], Connector: "In", Remote: "192.0.2.1:25", Suspended: i%11 == 0,
		Recipients: []control.Recipient{{To: "kim@fabrikam.com", Status: "waiting", NextHop: fmt.Sprintf("Internet d%d.example", i%3)}}}
	if i%4 == 0 {
		r := &m.Recipients[0]
		r.Next, r.Attempts, r.Host, r.Reply = noon.Add(time.Hour), i%5, "mx", "451 4.3.0 later"
	}
	return m
}

func (f *fake) ask(ctx context.Context, r control.Request) iter.Seq2[control.Event, error] {
	return func(yield func(control.Event, error) bool) {
		f.asked.Add(1)
		if f.wait != nil {
			<-f.wait
		}
		switch r.Action {
		case control.GetStatus:
			yield(control.Event{Status: &control.Status{Time: noon}}, nil)
		case control.Hops:
			for i := range 3 {
				yield(control.Event{Hop: &control.Hop{Name: fmt.Sprintf("Internet d%d.example", i), Destination: fmt.Sprintf("d%d.example", i), Connector: "Internet",
					Messages: 10 * i, Failures: i, Tried: noon.Add(-time.Hour), Suspended: i == 2}}, nil)
			}
		case control.List:
			for i := range f.messages {
				m := message(i + 1)
				if r.Filter.NextHop != "" && !strings.EqualFold(m.Recipients[0].NextHop, r.Filter.NextHop) {
					continue
				}
				if !yield(control.Event{Message: m}, nil) {
					return
				}
			}
		}
	}
}

func (f *fake) snapshots() *Snapshots {
	return New(f.ask, func() time.Time { return noon }, func() time.Duration { return 48 * time.Hour })
}

// query reads a query of messages.
func query(t *testing.T, parameters string) *Query[operations.Message] {
	t.Helper()
	values, err := url.ParseQuery(parameters)
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseQuery(MessageProperties, values)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// expressions are filters of each kind.
var expressions = []string{
	"p=Subject&o=like&v=*5*", "p=Subject&o=like&v=INVOICE", "p=Subject&o=eq&v=it%27s+[urgent]", "p=Subject&o=notlike&v=[u", "p=Subject&o=ne&v=invoice+7", "p=Subject&o=like&v=größe",
	"p=Size&o=gt&v=3", "p=Size&o=le&v=3", "p=Size&o=eq&v=6", "p=Status&o=eq&v=Retry", "p=Status&o=ne&v=Suspended", "p=RetryCount&o=ge&v=2",
	"p=DateReceived&o=lt&v=2026-11-28T04:28", "p=DateReceived&o=ge&v=2026-11-28+04:28", "p=FromAddress&o=eq&v=USER3@contoso.com", "p=LastError&o=like&v=451",
	"p=MessageSourceName&o=eq&v=SMTP:In", "p=Status&o=eq&v=Retry&p=Size&o=gt&v=2", "p=SourceIP&o=eq&v=192.0.2.1",
}

// TestShellAgrees: the filter that is shown as a command selects the same messages in the shell.
func TestShellAgrees(t *testing.T) {
	f := &fake{messages: 200}
	s := f.snapshots()
	var out strings.Builder
	in := shell.New(shell.Options{Server: routing.Server{Name: "EX01"}, Out: &out, Queues: &queues.Live{Ask: f.ask, Now: func() time.Time { return noon }}})
	empty := 0
	for _, parameters := range expressions {
		q := query(t, parameters+"&n=1000")
		page, err := s.MessagePage(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range page.Rows {
			got = append(got, m.ID)
		}
		if len(got) == 0 || len(got) == f.messages {
			empty++
		}
		out.Reset()
		command := "Get-Message -Filter " + q.Filter(MessageProperties) + ` | ForEach-Object { "$($_.Identity)".Split("\")[-1] }`
		if err := in.Run(t.Context(), "test", []byte(command)); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if want := strings.Fields(out.String()); !slices.Equal(got, want) {
			t.Errorf("%s: %d messages, the shell has %d", command, len(got), len(want))
		}
	}
	if empty > 2 {
		t.Errorf("%d of the filters select nothing or everything", empty)
	}
}

// TestMistakes: a wrong expression says which one it is and what would be right, and selects nothing.
func TestMistakes(t *testing.T) {
	for parameters, want := range map[string]string{
		"p=Subject&o=gt&v=a":                            "line 1: Subject is a text",
		"p=Size&o=gt&v=1&p=Size&o=like&v=2":             "line 2: Size (KB) is compared as a number",
		"p=Size&o=gt&v=many":                            "line 1: Size (KB): \"many\" is not a whole number",
		"p=DateReceived&o=gt&v=yesterday":               "such as 2026-11-30 09:14",
		"p=Password&o=eq&v=a":                           "there is no property \"Password\"",
		"p=Subject&o=match&v=a":                         "there is no operator \"match\"",
		"p=Subject&o=eq&v=" + strings.Repeat("a", 1100): "has more than 1024 bytes",
	} {
		values, _ := url.ParseQuery(parameters)
		q, err := ParseQuery(MessageProperties, values)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, new(*ExpressionError)) {
			t.Errorf("%s: %v, want %s", parameters, err, want)
		}
		f := &fake{messages: 3}
		if chosen, _, err := f.snapshots().Selected(t.Context(), q, 10); err != nil || len(chosen) != 0 {
			t.Errorf("%s selects %v, %v", parameters, chosen, err)
		}
	}
}

// TestPages: pages of a sorted list have each row once, in order, without and with a filter.
func TestPages(t *testing.T) {
	f := &fake{messages: 1234}
	for _, parameters := range []string{"", "sort=Size", "sort=-FromAddress", "sort=-DateReceived", "sort=Queue&p=Status&o=eq&v=Retry"} {
		s := f.snapshots()
		var rows []operations.Message
		seen := make(map[string]bool)
		for n := 1; ; n++ {
			q := query(t, parameters+fmt.Sprintf("&n=100&page=%d", n))
			page, err := s.MessagePage(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if page.First != (n-1)*100+1 || len(page.Rows) > 100 {
				t.Errorf("%s: page %d begins with %d and has %d rows", parameters, n, page.First, len(page.Rows))
			}
			for _, m := range page.Rows {
				if seen[m.ID] {
					t.Errorf("%s: %s comes twice", parameters, m.ID)
				}
				seen[m.ID] = true
			}
			rows = append(rows, page.Rows...)
			if !page.More {
				if page.Found != len(rows) {
					t.Errorf("%s: %d rows, found %d", parameters, len(rows), page.Found)
				}
				break
			}
		}
		q := query(t, parameters)
		if q.by != nil && !slices.IsSortedFunc(rows, func(a, b operations.Message) int { return q.compare(&a, &b) }) {
			t.Errorf("%s: not sorted", parameters)
		}
	}
}

// TestLargeList: of a long list no more than a page is kept, what is beyond the limits isn't looked at, and the page
// says so.
func TestLargeList(t *testing.T) {
	f := &fake{messages: MaxLooked + 10}
	s := f.snapshots()
	page, err := s.MessagePage(t.Context(), query(t, "sort=-Size&n=100"))
	if err != nil || !page.Cut || page.Found != MaxLooked || len(page.Rows) != 100 {
		t.Errorf("%+v, %v", page, err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if _, err := s.MessagePage(t.Context(), query(t, "sort=Size&n=100")); err != nil {
		t.Error(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("a page of a list of %d messages takes %d bytes", f.messages, grown)
	}
	if page, err = s.MessagePage(t.Context(), query(t, "sort=Size&n=1000&page=11")); err != nil || !page.Deep {
		t.Errorf("%+v, %v", page, err)
	}
	if page, err = s.MessagePage(t.Context(), query(t, "n=1000&page=99")); err != nil || len(page.Rows) != 1000 || page.Rows[0].ID != "M098001" {
		t.Errorf("%+v, %v", page, err)
	}
}

// TestShared: viewers of the same list share the answer for a second, longer if it took long, and see the state after
// a change.
func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{messages: 5}
		s := New(f.ask, time.Now, func() time.Duration { return 0 })
		look := func(viewers int) {
			var all sync.WaitGroup
			for range viewers {
				all.Go(func() {
					if _, err := s.MessagePage(t.Context(), query(t, "")); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		asked := func(want int64) {
			t.Helper()
			if got := f.asked.Load(); got != want {
				t.Errorf("the gateway was asked %d times, want %d", got, want)
			}
		}
		look(50)
		asked(1)
		time.Sleep(fresh - time.Millisecond)
		look(50)
		asked(1)
		time.Sleep(time.Millisecond)
		look(50)
		asked(2)
		s.Forget()
		look(1)
		asked(3)
		time.Sleep(fresh)
		f.wait = make(chan struct{})
		time.AfterFunc(500*time.Millisecond, func() { close(f.wait) })
		look(2)
		asked(4)
		time.Sleep(4 * time.Second)
		look(2)
		asked(4)
	})
}

// TestBusy: viewers of ever new lists wait for each other, and are refused when there are too many of them. One that
// gives up leaves the others' answer alone.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{messages: 1, wait: make(chan struct{})}
		s := New(f.ask, time.Now, func() time.Duration { return 0 })
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range maxCached {
			all.Go(func() {
				if _, err := s.MessagePage(ctx, query(t, fmt.Sprintf("page=%d", i+1))); !errors.Is(err, context.Canceled) {
					t.Errorf("list %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		if _, err := s.MessagePage(ctx, query(t, "page=1000")); !errors.Is(err, ErrBusy) {
			t.Errorf("%v, want ErrBusy", err)
		}
		if n := f.asked.Load(); n != 1 {
			t.Errorf("%d lists are read at the same time", n)
		}
		cancel()
		all.Wait()
		close(f.wait)
		if page, err := s.MessagePage(t.Context(), query(t, "page=1")); err != nil || page.Found != 1 {
			t.Errorf("%+v, %v", page, err)
		}
		synctest.Wait()
	})
}

// TestPanic: a mistake in the console ends no program: the viewer panics, which the console's guard logs.
func TestPanic(t *testing.T) {
	s := New(func(context.Context, control.Request) iter.Seq2[control.Event, error] { panic("oops") }, time.Now, func() time.Duration { return 0 })
	defer func() {
		if p := recover(); !strings.HasPrefix(fmt.Sprint(p), "oops\n") {
			t.Error(p)
		}
	}()
	_, _ = s.Status(t.Context())
	t.Error("no panic")
}

// TestChosen: the name of a message in a queue is read as it was written.
func TestChosen(t *testing.T) {
	c := Chosen{Queue: `Internet [192.0.2.1] "x"`, ID: "L6HPABC"}
	if got, err := ParseChosen(c.Key()); got != c || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, key := range []string{"", "A", " A", "A ", "A\nRemove-ReceiveConnector Internet", "A\nB Internet", "A\x00 Internet"} {
		if got, err := ParseChosen(key); err == nil {
			t.Errorf("%q is %+v", key, got)
		}
	}
}

// TestQueuePage: queues are filtered and sorted.
func TestQueuePage(t *testing.T) {
	s := (&fake{}).snapshots()
	values, _ := url.ParseQuery("p=MessageCount&o=ge&v=10&sort=-MessageCount")
	q, err := ParseQuery(QueueProperties, values)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.QueuePage(t.Context(), q)
	if err != nil || len(page.Rows) != 2 || page.Rows[0].Messages != 20 || page.Rows[0].Status != "Suspended" || page.Rows[1].Messages != 10 {
		t.Errorf("%+v, %v", page, err)
	}
	if got := q.Values().Encode(); got != values.Encode() {
		t.Errorf("%s, want %s", got, values.Encode())
	}
}

// TestQuote: the shell reads a quoted text as it was.
func TestQuote(t *testing.T) {
	var out strings.Builder
	in := shell.New(shell.Options{Out: &out})
	for _, text := range []string{"it's", "‘a’ ‚b‛", "$(Remove-Message)", "`n\"", "a\nb"} {
		out.Reset()
		if err := in.Run(t.Context(), "test", []byte("Write-Output "+Quote(text))); err != nil || strings.TrimSuffix(out.String(), "\n") != text {
			t.Errorf("%q: %q, %v", text, out.String(), err)
		}
	}
}

// FuzzQuery: parameters that anyone may write in an address make a query whose own parameters make the same one.
func FuzzQuery(f *testing.F) {
	for _, parameters := range expressions {
		f.Add(parameters + "&sort=-Size&n=7&page=3")
	}
	f.Add("p=Size&o=gt&v=99999999999999999999&n=-1&page=9223372036854775807")
	f.Add("sort=-Size&n=1000&page=9223372036854775807")
	f.Fuzz(func(t *testing.T, parameters string) {
		values, err := url.ParseQuery(parameters)
		if err != nil {
			return
		}
		q, wrong := ParseQuery(MessageProperties, values)
		again, wrongAgain := ParseQuery(MessageProperties, q.Values())
		if q.Values().Encode() != again.Values().Encode() || (wrong == nil) != (wrongAgain == nil) {
			t.Errorf("%q: %v, %v; %v, %v", parameters, q, wrong, again, wrongAgain)
		}
		if _, err := (&fake{messages: 20}).snapshots().messagePage(t.Context(), q); err != nil {
			t.Error(err)
		}
		_ = q.Filter(MessageProperties)
	})
}
