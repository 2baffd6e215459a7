package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// noon is the time in these tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shelf is a queue that never changes.
type shelf []*queue.Message

// stocked returns a shelf with a message that waits, one that is suspended, and a
// delivery report.
func stocked() shelf {
	ann, boss := routing.MustParseAddress("ann@fabrikam.com"), routing.MustParseAddress("boss@fabrikam.com")
	return shelf{
		{
			Envelope: envelope.Envelope{ID: "2PBDRS2VVRYG4GDR", Size: 4218, From: ann, Connector: "FromOffice",
				Remote: netip.MustParseAddrPort("10.2.9.7:51000"), Helo: "scanner7", User: "ann@fabrikam.com", Return: envelope.ReturnHeader, EnvID: "scan-7"},
			Arrived: noon.Add(-2*time.Hour - 13*time.Minute),
			Recipients: []queue.Recipient{
				{Recipient: envelope.Recipient{To: routing.MustParseAddress("kim@contoso.com"), Notify: envelope.NotifyFailure | envelope.NotifyDelay, ORcpt: "rfc822;kim@fabrikam.com"},
					Next: noon.Add(4*time.Minute + 30*time.Second), Hop: "Internet contoso.com", Attempts: 7,
					Tried: noon.Add(-30 * time.Second), Host: "mx.contoso.com", Reply: "451 4.7.1 Greylisted, come back later"},
				{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}, Status: queue.Delivered, Hop: "ToMailboxes [10.2.3.9]", Attempts: 1,
					Tried: noon.Add(-2*time.Hour - 13*time.Minute), Host: "[10.2.3.9]", Reply: "250 2.0.0 OK", Reported: true},
			},
		},
		{
			Envelope: envelope.Envelope{ID: "8N2L3SJ9MRNTK3SN", Size: 31 << 20, From: boss}, Arrived: noon.Add(-50 * time.Hour), Suspended: true,
			Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("press@example.org")}, Hop: "Internet example.org"}},
		},
		{
			Envelope: envelope.Envelope{ID: "QWK6BRDJ4GC5922L", Size: 12_400, Report: true}, Arrived: noon.Add(-12 * time.Second),
			Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: boss}, Next: noon.Add(-time.Second), Hop: "ToMailboxes [10.2.3.9]", Attempts: 1,
				Tried: noon.Add(-12 * time.Second), Reply: "451 4.4.0 Connection refused\nby\x1b[2Jnobody"}},
		},
	}
}

func (s shelf) List(_ context.Context, f queue.Filter) iter.Seq2[*queue.Message, error] {
	return func(yield func(*queue.Message, error) bool) {
		for _, m := range s {
			if f.Match(m) && !yield(m, nil) {
				return
			}
		}
	}
}

func (s shelf) count(f queue.Filter, progress dispatch.Progress) (n int, _ error) {
	for i, m := range s {
		if f.Match(m) {
			n++
		}
		progress(i+1, len(s))
	}
	return n, nil
}

func (s shelf) Retry(_ context.Context, f queue.Filter, p dispatch.Progress) (int, error) {
	return s.count(f, p)
}
func (s shelf) Suspend(_ context.Context, f queue.Filter, p dispatch.Progress) (int, error) {
	return s.count(f, p)
}
func (s shelf) Resume(_ context.Context, f queue.Filter, p dispatch.Progress) (int, error) {
	return s.count(f, p)
}
func (s shelf) Resubmit(_ context.Context, f queue.Filter, p dispatch.Progress) (int, error) {
	return s.Retry(context.Background(), f, p)
}

func (s shelf) Redirect(_ context.Context, f queue.Filter, _ string, p dispatch.Progress) (int, error) {
	return s.Retry(context.Background(), f, p)
}

func (s shelf) Queues() []dispatch.Queue {
	return []dispatch.Queue{
		{Name: "Internet contoso.com", Connector: "Internet", DeliveryType: "DnsConnectorDelivery", Destination: "contoso.com", Messages: 812, Active: 1,
			Oldest: noon.Add(-4*time.Hour - 12*time.Minute), Failures: 9, Tried: noon.Add(-30 * time.Second), Retry: noon.Add(150 * time.Second),
			Host: "mx1.contoso.com", Reply: "421 4.7.0 Too many connections from your host"},
		{Name: "ToPartner [10.9.9.9]", Connector: "ToPartner", DeliveryType: "SmartHostConnectorDelivery", Destination: "[10.9.9.9]", Messages: 2, Held: 1,
			Oldest: noon.Add(-181 * time.Second), Failures: 3, Tried: noon.Add(-2 * time.Minute), Retry: noon.Add(-time.Minute),
			Suspended: true, SuspendedBy: "kim", SuspendedSince: noon.Add(-100 * time.Second),
			Reply: "451 4.4.1 Next hop could not be reached: 10.9.9.9:25: connection refused"},
	}
}

func (s shelf) SuspendHop(context.Context, string) error { return nil }

func (s shelf) ResumeHop(_ context.Context, name string) error {
	return fmt.Errorf("%q isn't suspended", name)
}

func (s shelf) Import(context.Context, *queue.Message, io.Reader) error { return nil }

func (s shelf) Drop(_ context.Context, f queue.Filter, _ bool, p dispatch.Progress) (int, error) {
	return s.count(f, p)
}

// Open implements control.Opener. The suspended message is damaged.
func (s shelf) Open(_ context.Context, id string) (io.ReadCloser, error) {
	for _, m := range s {
		if m.ID == id && !m.Suspended {
			text := "Subject: on the queue\r\n\r\n"
			text += strings.Repeat("x", int(m.Size)-len(text))
			return io.NopCloser(strings.NewReader(text)), nil
		}
	}
	return nil, queue.ErrNotFound
}

// TestQueue compares the output for an operator with files, which the sessions in the
// documents are compared with, too.
func TestQueue(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, dir := range []string{"data", "empty"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := control.Listen("data")
	if err != nil {
		t.Fatal(err)
	}
	stock := stocked()
	server := control.NewServer(listener, stock, stock, slog.New(slog.DiscardHandler))
	go server.Serve()
	t.Cleanup(server.Close)

	for _, tt := range []struct{ name, args string }{
		{"list", "list -data data"},
		{"list-filtered", "list -data data -recipient-domain *.contoso.com -status waiting"},
		{"list-empty", "list -data data -next-hop Nowhere"},
		{"list-json", "list -data data -json"},
		{"show", "show -data data 2PBDRS2VVRYG4GDR QWK6BRDJ4GC5922L"},
		{"show-absent", "show -data data AAAA"},
		{"retry", "retry -data data -next-hop Internet"},
		{"suspend", "suspend -data data -sender ann@fabrikam.com"},
		{"resume", "resume -data data -status suspended"},
		{"resume-none", "resume -data data AAAA"},
		{"drop", "drop -data data -sender boss@fabrikam.com -report"},
		{"drop-json", "drop -data data -json 8N2L3SJ9MRNTK3SN"},
		{"drop-all", "drop -data data"},
		{"export", "export -data data -output . 2PBDRS2VVRYG4GDR QWK6BRDJ4GC5922L"},
		{"export-directory", "export -data data -output new/mail QWK6BRDJ4GC5922L"},
		{"export-again", "export -data data QWK6BRDJ4GC5922L"},
		{"export-damaged", "export -data data -status suspended"},
		{"redirect", "redirect -data data -to Backup -recipient-domain contoso.com"},
		{"redirect-all", "redirect -data data -to Backup"},
		{"redirect-nowhere", "redirect -data data 8N2L3SJ9MRNTK3SN"},
		{"resubmit", "resubmit -data data 8N2L3SJ9MRNTK3SN"},
		{"import", "import -data data 2PBDRS2VVRYG4GDR.eml 2PBDRS2VVRYG4GDR.json QWK6BRDJ4GC5922L.json"},
		{"import-directory", "import -data data . QWK6BRDJ4GC5922L.eml"},
		{"import-absent", "import -data data AAAA.eml"},
		{"import-empty", "import -data data empty"},
		{"import-nothing", "import -data data"},
		{"hops", "hops -data data"},
		{"hops-json", "hops -data data -json"},
		{"hops-suspend", "hops suspend Internet -data data"},
		{"hops-resume", "hops resume Internet -data data"},
		{"hops-retry", "hops retry internet -data data"},
		{"hops-retry-suspended", "hops retry ToPartner -data data"},
		{"hops-redirect", "hops redirect ToPartner -to Backup -data data"},
		{"hops-absent", "hops resubmit Nowhere -data data"},
		{"hops-action", "hops drop Internet -data data"},
		{"hops-filter", "hops -data data -older 1h"},
		{"by-domain", "list -data data -by recipient-domain"},
		{"by-hop", "list -data data -by hop"},
		{"by-sender-json", "list -data data -by sender -json"},
		{"by-client", "list -data data -by client"},
		{"by-nonsense", "list -data data -by colour"},
		{"report-misplaced", "suspend -data data -report"},
		{"bad-filter", "list -data data -status lost"},
		{"bad-age", "list -data data -older yesterday"},
		{"no-action", "-data data"},
		{"no-data", "list"},
		{"no-gateway", "list -data empty"},
		{"no-directory", "list -data absent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			c := &cli{stdout: &out, stderr: &out, now: func() time.Time { return noon }}
			code := c.run(append([]string{"queue"}, strings.Fields(tt.args)...))
			goldenFile(t, filepath.Join(testdata, "queue-"+tt.name+".txt"), fmt.Sprintf("$ gateway queue %s\n%sexit %d\n", tt.args, &out, code))
		})
	}
	for _, m := range []*queue.Message{stock[0], stock[2]} {
		info, err := os.Stat(m.ID + ".eml")
		if err != nil || info.Size() != m.Size || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", m.ID, info, err)
		}
	}
	if info, err := os.Stat("new/mail"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the new directory: %v, %v", info, err)
	}
	if _, err := os.Stat(stock[1].ID + ".eml"); err == nil {
		t.Error("a file is left of a message that could not be read")
	}
}

// TestLongQueue: list prints the first messages, and counts the others by next hop.
func TestLongQueue(t *testing.T) {
	var long shelf
	for range 1200 {
		long = append(long, stocked()[0])
	}
	dir := controlled(t, long)
	var out bytes.Buffer
	list := func(args ...string) int {
		out.Reset()
		c := &cli{stdout: &out, stderr: &out, now: func() time.Time { return noon }}
		return c.run(append([]string{"queue", "list", "-data", dir}, args...))
	}
	if code := list(); code != exitOK || strings.Count(out.String(), "from <ann@fabrikam.com>") != mostListed {
		t.Errorf("exit %d, %d messages", code, strings.Count(out.String(), "from <ann@fabrikam.com>"))
	}
	if text := out.String(); !strings.Contains(text, "200 messages more; -all prints them.") || !strings.Contains(text, "Internet contoso.com  1200 ") || !strings.HasSuffix(text, "1200 messages\n") {
		t.Errorf("the end is\n%s", text[len(text)-600:])
	}
	if code := list("-all"); code != exitOK || strings.Count(out.String(), "from <ann@fabrikam.com>") != 1200 || strings.Contains(out.String(), "more;") {
		t.Errorf("exit %d with -all", code)
	}
}
