package dispatch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// copied lets the postmaster, at admin.example, get copies of reports with some codes.
func copied(codes string) connector.Transport {
	return connector.Transport{ExternalPostmasterAddress: "post@admin.example", GenerateCopyOfDSNFor: param.Value(param.MustParseStatusCodes(codes))}
}

// postmaster runs the next hop of the postmaster's domain.
func (w *world) postmaster() *relaytest.Sink {
	return w.sink("192.0.2.101", &relaytest.Sink{}, "admin.example")
}

// looping is hopB, which also says of some recipients that there is a loop.
func looping() *relaytest.Sink {
	b := hopB()
	others := b.Script
	b.Script = func(s relaytest.Stage, a string) string {
		if s == relaytest.StageRcpt && strings.HasPrefix(a, "loop") {
			return "554 5.4.6 loop"
		}
		return others(s, a)
	}
	return b
}

// TestReportCopies: the postmaster gets copies of reports on failures with the codes of GenerateCopyOfDSNFor.
func TestReportCopies(t *testing.T) {
	byDefault := connector.Transport{ExternalPostmasterAddress: "post@admin.example"}
	for _, tc := range []struct {
		name          string
		transport     connector.Transport
		via, from, to string
		notify        string
		reports       int
		want          string // the copy
	}{
		{"default, listed", byDefault, queueFirst, "a@contoso.com", "loop@b.example", "", 1, "loop@b.example failed 5.4.6"},
		{"default, not listed", byDefault, queueFirst, "a@contoso.com", "bad@b.example", "", 1, ""},
		{"delivered first", byDefault, deliverFirst, "a@contoso.com", "1@b.example loop@b.example", "", 1, "loop@b.example failed 5.4.6"},
		{"one of two", byDefault, queueFirst, "a@contoso.com", "bad@b.example loop@b.example", "", 1, "bad@b.example failed 5.1.1, loop@b.example failed 5.4.6"},
		{"two of two", byDefault, queueFirst, "a@contoso.com", "loop1@b.example loop2@b.example", "", 1, "loop1@b.example failed 5.4.6, loop2@b.example failed 5.4.6"},
		{"other list, listed", copied("5.1.1"), queueFirst, "a@contoso.com", "bad@b.example", "", 1, "bad@b.example failed 5.1.1"},
		{"other list, not listed", copied("5.1.1"), queueFirst, "a@contoso.com", "loop@b.example", "", 1, ""},
		{"empty list", copied(""), queueFirst, "a@contoso.com", "loop@b.example", "", 1, ""},
		{"no address", connector.Transport{}, queueFirst, "a@contoso.com", "loop@b.example", "", 1, ""},
		{"delay", copied("4.2.0"), queueFirst, "a@contoso.com", "later@b.example", "", 2, ""},
		{"expired", copied("4.4.7"), queueFirst, "a@contoso.com", "later@b.example", "", 2, "later@b.example failed 4.4.7"},
		{"no report", byDefault, queueFirst, "a@contoso.com", "loop@b.example", "NEVER", 0, ""},
		{"null sender", byDefault, queueFirst, "", "loop@b.example", "", 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				cfg := config(byDNS())
				cfg.Transport = tc.transport
				w := newWorld(t, cfg)
				w.sink("192.0.2.1", looping(), "b.example")
				home, post := w.home(), w.postmaster()
				expect(t, "reply", w.mailFrom(tc.via, tc.from, letter, notify(tc.notify), strings.Fields(tc.to)...), "250")
				time.Sleep(72 * time.Hour)
				arrived(t, "reports", home, tc.reports)
				if got := strings.Join(reports(post), "; "); got != "" && got != "post@admin.example: "+tc.want || got == "" && tc.want != "" {
					t.Errorf("copies: %q, want %q", got, tc.want)
				}
				if q := w.queued(); q != "" {
					t.Errorf("queued: %q", q)
				}
			})
		})
	}
}

// TestCopyForSender: the postmaster as the sender gets the report once.
func TestCopyForSender(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := config(byDNS())
		cfg.Transport = copied("5.4.6")
		w := newWorld(t, cfg)
		w.sink("192.0.2.1", looping(), "b.example")
		post := w.postmaster()
		expect(t, "reply", w.mailFrom(queueFirst, "POST@admin.example", letter, nil, "loop@b.example"), "250")
		time.Sleep(time.Hour)
		arrived(t, "reports", post, 1)
	})
}

// TestRefusedCopy: a copy that the postmaster's host refuses is the end of it, and the report arrives.
func TestRefusedCopy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t, func(w *world) {
			cfg := config(byDNS())
			cfg.Transport = copied("5.1.1, 5.4.6")
			w.policy = compile(t, cfg)
		})
		w.sink("192.0.2.1", looping(), "b.example")
		home := w.home()
		w.sink("192.0.2.101", answering(relaytest.StageRcpt, "", "550 5.1.1 who?"), "admin.example")
		expect(t, "reply", w.mail(queueFirst, "loop@b.example"), "250")
		time.Sleep(72 * time.Hour)
		if got := reports(home); !slices.Equal(got, []string{"a@contoso.com: loop@b.example failed 5.4.6"}) {
			t.Errorf("reports: %q", got)
		}
		if q := w.queued(); q != "" {
			t.Errorf("queued: %q", q)
		}
		var made []string
		var report, copy string
		for _, e := range tr.all() {
			switch e.Kind {
			case event.ReportQueued:
				made = append(made, e.Detail+" "+e.To.String())
				if report = e.Report; e.Detail == "copy" {
					copy = e.Report
				}
			case event.Refused:
				if e.To.String() == "loop@b.example" && (e.Report == "" || e.Report == copy) {
					t.Errorf("the failure names %q as its report", e.Report)
				}
			}
		}
		if !slices.Equal(made, []string{"copy post@admin.example", "failed a@contoso.com"}) {
			t.Errorf("reports made: %q", made)
		}
		for id, last := range map[string]event.Kind{copy: event.ReportUndeliverable, report: event.ReportSent} {
			if kinds := tr.of(id); len(kinds) == 0 || kinds[len(kinds)-1] != last.String() {
				t.Errorf("the events of %s: %q, want %v as the last", id, kinds, last)
			}
		}
	})
}

// TestCopyAsReport: the copy has what the report has, and an ID of its own.
func TestCopyAsReport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := config(byDNS())
		cfg.Transport = copied("5.4.6")
		w := newWorld(t, cfg)
		w.sink("192.0.2.1", looping(), "b.example")
		home, post := w.home(), w.postmaster()
		expect(t, "reply", w.mail(queueFirst, "loop@b.example"), "250")
		time.Sleep(time.Hour)
		arrived(t, "reports", home, 1)
		arrived(t, "copies", post, 1)
		if t.Failed() {
			return
		}
		var ids []string
		for _, m := range append(home.Messages(), post.Messages()...) {
			text := string(m.Data)
			for _, part := range []string{"\r\nTo: <a@contoso.com>\r\n", "\r\nFrom: Mail Delivery <post@admin.example>\r\n", "Status: 5.4.6", "\r\nHi.\r\n"} {
				if !strings.Contains(text, part) {
					t.Errorf("%v has no %q", m.To, part)
				}
			}
			_, id, _ := strings.Cut(text, "\r\nMessage-ID: ")
			id, _, _ = strings.Cut(id, "\r\n")
			ids = append(ids, id)
		}
		if ids[0] == ids[1] {
			t.Errorf("both have the Message-ID %s", ids[0])
		}
	})
}
