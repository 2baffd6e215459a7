package console_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// busyPolicy has a next hop that takes mail and one that doesn't.
const busyPolicy = `Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false
New-ReceiveConnector -Name In -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.2.3.4:25 -RemoteIPRanges 10.0.0.0/8
Get-ReceiveConnector In | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient
New-SendConnector -Name Taken -Usage Custom -AddressSpaces taken.example
New-SendConnector -Name Waiting -Usage Custom -AddressSpaces waiting.example
`

// taken takes all mail.
type taken struct{}

// Send implements delivery.Transport.
func (taken) Send(_ context.Context, _ delivery.NextHop, _ *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]delivery.Outcome, error) {
	_, err := io.Copy(io.Discard, body)
	return make([]delivery.Outcome, len(to)), err
}

// waiting takes none.
type waiting struct{}

// Send implements delivery.Transport.
func (waiting) Send(context.Context, delivery.NextHop, *envelope.Envelope, []envelope.Recipient, io.Reader) ([]delivery.Outcome, error) {
	return nil, errors.New("not now")
}

// busyGateway is a gateway with a queue, and a console for it.
type busyGateway struct {
	net    relaytest.Network
	server *httptest.Server
}

func newBusyGateway(b *testing.B) *busyGateway {
	dir := b.TempDir()
	file := filepath.Join(dir, "policy.ps1")
	if err := os.WriteFile(file, []byte(busyPolicy), 0o600); err != nil {
		b.Fatal(err)
	}
	loaded, err := load.Files(b.Context(), load.Options{}, file)
	if err != nil {
		b.Fatal(err)
	}
	w := new(busyGateway)
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Dir: filepath.Join(dir, "data"), Logger: slog.New(slog.DiscardHandler)}
	g.Server.Listen = func(_ context.Context, _, address string) (net.Listener, error) { return w.net.Listen(address) }
	g.Dispatcher.ByConnector = map[string]delivery.Transport{"Taken": taken{}, "Waiting": waiting{}}
	if err := g.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = g.Shutdown(context.Background()) })
	c, err := console.New(console.Options{
		Files: []string{file}, Gateway: g, Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(r *http.Request) (console.User, error) {
			return console.User{Name: "anna", Role: console.View, Session: r.Header.Get("X-Session")}, nil
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	w.server = httptest.NewServer(c)
	b.Cleanup(w.server.Close)
	b.Cleanup(c.Close)
	return w
}

// send sends messages until n are accepted or ctx ends, and returns how many were. One of each waits, the others are
// delivered.
func (w *busyGateway) send(b *testing.B, ctx context.Context, n, each int) (sent int) {
	conn, err := w.net.Dial(context.Background(), netip.MustParseAddr("10.9.9.9"), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		b.Error(err)
		return 0
	}
	c := relaytest.NewClient(b, conn)
	defer c.Close()
	c.Expect(220)
	c.Do("EHLO app", 250)
	for ; sent < n && ctx.Err() == nil; sent++ {
		domain := "taken.example"
		if sent%each == 0 {
			domain = "waiting.example"
		}
		c.Do("MAIL FROM:<app@contoso.com>", 250)
		c.Do("RCPT TO:<kim@"+domain+">", 250)
		c.Do("DATA", 354)
		c.Send("Subject: Invoice", "", "Please pay.", ".")
		c.Expect(250)
	}
	return sent
}

// flood sends mail from four clients for a time, and returns how many messages were accepted.
func (w *busyGateway) flood(b *testing.B, d time.Duration) int {
	ctx, cancel := context.WithTimeout(b.Context(), d)
	defer cancel()
	var sent atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() { sent.Add(int64(w.send(b, ctx, 1<<30, 200))) })
	}
	clients.Wait()
	return int(sent.Load())
}

// view is a browser that shows a page live until ctx ends: it fetches the page again when it has changed, as live.js
// does. It returns how often.
func (w *busyGateway) view(b *testing.B, ctx context.Context, viewer int) (fetched int) {
	get := func(page string) *http.Response {
		r, err := http.NewRequestWithContext(ctx, "GET", w.server.URL+page, nil)
		if err != nil {
			b.Error(err)
			return nil
		}
		r.Header.Set("X-Session", fmt.Sprint(viewer))
		answer, err := w.server.Client().Do(r)
		if err != nil {
			return nil // ctx has ended
		}
		if answer.StatusCode != http.StatusOK {
			b.Errorf("%s: %s", page, answer.Status)
		}
		return answer
	}
	events := get("/events?topic=queues")
	if events == nil {
		return 0
	}
	defer events.Body.Close()
	for lines := bufio.NewScanner(events.Body); lines.Scan(); {
		if lines.Text() != "event: changed" {
			continue
		}
		time.Sleep(rand.N(500 * time.Millisecond))
		page := get([]string{"/queues", "/messages"}[viewer%2])
		if page == nil {
			return fetched
		}
		if _, err := io.Copy(io.Discard, page.Body); err == nil {
			fetched++
		}
		page.Body.Close()
	}
	return fetched
}

// watch runs do while browsers show the queue live, and returns how many pages they fetched.
func (w *busyGateway) watch(b *testing.B, viewers int, do func()) int {
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	var pages atomic.Int64
	for i := range viewers {
		all.Go(func() { pages.Add(int64(w.view(b, ctx, i))) })
	}
	do()
	cancel()
	all.Wait()
	return int(pages.Load())
}

// BenchmarkViewers: how much mail a gateway with 1,000 waiting messages accepts while 50 browsers show its queue live,
// as a part of how much it accepts without them. Times with and without viewers take turns, so that what else the
// machine does, and the growth of the queue, concern both.
func BenchmarkViewers(b *testing.B) {
	const viewers, phase = 50, 6 * time.Second
	w := newBusyGateway(b)
	w.send(b, b.Context(), 1000, 1)
	w.flood(b, time.Second)
	alone, watched, pages := 0, 0, 0
	for b.Loop() {
		pages += w.watch(b, viewers, func() { watched += w.flood(b, phase) })
		alone += w.flood(b, 2*phase)
		pages += w.watch(b, viewers, func() { watched += w.flood(b, phase) })
	}
	seconds := float64(b.N) * 2 * phase.Seconds()
	b.ReportMetric(float64(alone)/seconds, "messages/s-alone")
	b.ReportMetric(float64(watched)/seconds, "messages/s-watched")
	b.ReportMetric(float64(watched)/float64(alone), "watched/alone")
	b.ReportMetric(float64(pages)/seconds, "pages/s")
}
