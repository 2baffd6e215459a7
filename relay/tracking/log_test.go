package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/tracking"
	"github.com/interchange-smtp/interchange/routing"
)

var nine = time.Date(2026, 11, 30, 9, 14, 3, 120e6, time.UTC)

// lines keeps what a Log writes.
type lines [][]string

func (l *lines) write(cells ...string) { *l = append(*l, slices.Clone(cells)) }

// value returns a field of line i.
func (l lines) value(i int, field string) string {
	return l[i][slices.Index(strings.Split(tracking.Fields(), ","), field)]
}

// newLog returns a Log and what it writes.
func newLog() (*tracking.Log, *lines) {
	out := new(lines)
	return &tracking.Log{Server: "EX01", Host: "ex01.contoso.com", Write: out.write}, out
}

// from the CEO, as all events of one message say.
func ceo(kind event.Kind, to string) event.Event {
	e := event.Event{Kind: kind, Time: nine}
	e.SetMessage(&envelope.Envelope{
		ID: "L6HPABCDEFGHJKLM", From: routing.MustParseAddress("ceo@contoso.com"), Size: 12345, Session: "SESSION1", NetworkID: "6f1c5b9e-0000-4000-8000-00000000000a",
		MessageID: "<1@contoso.com>", Subject: `Betreff, mit "Komma"`, Connector: "Printers", Remote: netip.MustParseAddrPort("10.2.9.7:4711"), Signable: true,
	})
	if to != "" {
		e.To = routing.MustParseAddress(to)
	}
	return e
}

// TestRows: what each event becomes, in all fields that matter.
func TestRows(t *testing.T) {
	accepted := ceo(event.MessageAccepted, "kim@fabrikam.com")
	accepted.Local, accepted.Helo, accepted.TLS, accepted.Cipher = netip.MustParseAddrPort("10.2.3.4:25"), "scanner", 0x304, 0x1301
	accepted.Held = 2 * time.Second
	accepted.Rights, accepted.Decision, accepted.Reply, accepted.User = permission.SetOf(permission.Submit, permission.AcceptAnyRecipient), "SESSION1-5", "250 2.6.0 OK", "kim"
	attempt := func(kind event.Kind, reply string, err error) event.Event {
		e := ceo(kind, "kim@fabrikam.com")
		e.NextHop, e.SendConnector, e.Host, e.Addr, e.Local = "Internet mx.fabrikam.com", "Internet", "mx.fabrikam.com", "192.0.2.7:25", netip.MustParseAddrPort("10.2.3.4:50000")
		e.Reply, e.Err, e.Attempts, e.Delay, e.TLS, e.Cipher = reply, err, 2, 1500*time.Millisecond, 0x304, 0x1301
		return e
	}
	refused := ceo(event.CommandRefused, "kim@fabrikam.com")
	refused.Command, refused.Reply, refused.Reason = "RCPT", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", reply.RelayDenied
	report := ceo(event.ReportQueued, "ceo@contoso.com")
	report.ReportEnvelope, report.Detail = &envelope.Envelope{ID: "L6HP-F", NetworkID: "7f1c5b9e-0000-4000-8000-00000000000a", MessageID: "<L6HP-F@ex01.contoso.com>", Subject: "Undeliverable"}, "failed"
	dropped := attempt(event.Dropped, "451 4.2.0 later", nil)
	dropped.Attrs = []slog.Attr{slog.String("action", "drop"), slog.String("user", "root"), slog.String("filter", "-to kim; all")}
	suspended := ceo(event.ChangedByOperator, "")
	suspended.AllTo, suspended.Attrs = []routing.Address{routing.MustParseAddress("a@b.example"), routing.MustParseAddress("c@d.example")}, []slog.Attr{slog.String("action", "suspend")}
	resumed := suspended
	resumed.Attrs = []slog.Attr{slog.String("action", "resume")}
	bounced := attempt(event.Refused, "550 5.1.1 no", nil)
	bounced.ReportEnvelope = report.ReportEnvelope
	nowhere := ceo(event.Refused, "kim@fabrikam.com")
	nowhere.Err = errors.New("550 5.4.4 no route")
	for _, tt := range []struct {
		name string
		e    event.Event
		want map[string]string
	}{
		{"accepted", accepted, map[string]string{
			"date-time": "2026-11-30T09:14:01.120Z", "client-ip": "10.2.9.7", "client-hostname": "scanner", "server-ip": "10.2.3.4", "server-hostname": "ex01.contoso.com",
			"source-context": "SESSION1;2026-11-30T09:14:03.120Z;0", "connector-id": `EX01\Printers`, "source": "SMTP", "event-id": "RECEIVE",
			"internal-message-id": tracking.InternalID("L6HPABCDEFGHJKLM"), "message-id": "<1@contoso.com>", "network-message-id": "6f1c5b9e-0000-4000-8000-00000000000a",
			"recipient-address": "kim@fabrikam.com", "recipient-status": "", "total-bytes": "12345", "recipient-count": "1", "message-subject": `Betreff, mit "Komma"`,
			"sender-address": "ceo@contoso.com", "return-path": "ceo@contoso.com", "directionality": "Originating", "original-client-ip": "10.2.9.7", "transport-traffic-type": "Email",
			"custom-data": "S:Id=L6HPABCDEFGHJKLM;S:Session=SESSION1;S:User=kim;S:Rights=ms-Exch-SMTP-Submit, ms-Exch-SMTP-Accept-Any-Recipient;S:TLS=TLS 1.3 TLS_AES_128_GCM_SHA256;S:Decision=SESSION1-5",
		}},
		{"delivered", attempt(event.Delivered, "250 2.0.0 OK; queued", nil), map[string]string{
			"client-ip": "10.2.3.4", "client-hostname": "ex01.contoso.com", "server-ip": "192.0.2.7", "server-hostname": "mx.fabrikam.com", "connector-id": "Internet", "source": "SMTP", "event-id": "SEND",
			"source-context": "SESSION1;250 2.0.0 OK<3B> queued;ClientSubmitTime:", "recipient-status": "250 2.0.0 OK<3B> queued",
			"message-info": "2026-11-30T09:14:01.620Z;LSRV=ex01.contoso.com:TOTAL=1.500", "original-client-ip": "10.2.9.7",
			"custom-data": "S:Id=L6HPABCDEFGHJKLM;S:Session=SESSION1;S:TLS=TLS 1.3 TLS_AES_128_GCM_SHA256;S:Hop=Internet mx.fabrikam.com;S:Attempts=2",
		}},
		{"deferred", attempt(event.Deferred, "452 4.2.2 mailbox full", errors.New("x")), map[string]string{"event-id": "DEFER", "source": "SMTP", "recipient-status": "452 4.2.2 mailbox full"}},
		{"expired", attempt(event.Expired, "452 4.2.2 mailbox full", nil), map[string]string{"event-id": "FAIL", "source": "QUEUE", "recipient-status": "550 4.4.7 QUEUE.Expired;452 4.2.2 mailbox full"}},
		{"refused and reported", bounced, map[string]string{"event-id": "FAIL", "reference": "<L6HP-F@ex01.contoso.com>", "message-id": "<1@contoso.com>"}},
		{"refused by the host", attempt(event.Refused, "550 5.1.1 no", errors.New("x")), map[string]string{"event-id": "FAIL", "reference": "", "source": "SMTP", "recipient-status": "550 5.1.1 no"}},
		{"no route", nowhere, map[string]string{"event-id": "FAIL", "source": "ROUTING", "recipient-status": "550 5.4.4 no route"}},
		{"refused RCPT", refused, map[string]string{"event-id": "FAIL", "source": "SMTP", "recipient-address": "kim@fabrikam.com",
			"recipient-status": "550 5.7.54 SMTP<3B> Unable to relay recipient in non-accepted domain", "custom-data": "S:Id=L6HPABCDEFGHJKLM;S:Session=SESSION1;S:Reason=relay-denied"}},
		{"report", report, map[string]string{"event-id": "DSN", "source": "DSN", "message-id": "<L6HP-F@ex01.contoso.com>", "reference": "<1@contoso.com>", "sender-address": "<>", "recipient-address": "ceo@contoso.com",
			"network-message-id": "7f1c5b9e-0000-4000-8000-00000000000a", "internal-message-id": tracking.InternalID("L6HP-F"), "directionality": "Originating",
			"custom-data": "S:Id=L6HP-F;S:OriginalId=L6HPABCDEFGHJKLM;S:OriginalNetworkId=6f1c5b9e-0000-4000-8000-00000000000a"}},
		{"dropped", dropped, map[string]string{"event-id": "DROP", "source": "ADMIN", "source-context": "SESSION1;dropped;", "recipient-status": "451 4.2.0 later",
			"custom-data": "S:Id=L6HPABCDEFGHJKLM;S:Session=SESSION1;S:TLS=TLS 1.3 TLS_AES_128_GCM_SHA256;S:Hop=Internet mx.fabrikam.com;S:Attempts=2;S:Operator=root;S:Filter=-to kim<3B> all"}},
		{"suspended", suspended, map[string]string{"event-id": "DEFER", "source": "ADMIN", "source-context": "SESSION1;suspend;", "recipient-address": "a@b.example;c@d.example", "recipient-count": "2"}},
		{"resumed", resumed, map[string]string{"event-id": "RESUBMIT", "source": "ADMIN", "recipient-address": "a@b.example;c@d.example"}},
	} {
		log, out := newLog()
		log.Read(context.Background(), tt.e)
		if len(*out) != 1 {
			t.Errorf("%s: %d rows", tt.name, len(*out))
			continue
		}
		for field, want := range tt.want {
			if got := out.value(0, field); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.name, field, got, want)
			}
		}
		if !envelope.ValidNetworkID(out.value(0, "log-id")) || out.value(0, "schema-version") != tracking.Version {
			t.Errorf("%s: log-id %q, schema-version %q", tt.name, out.value(0, "log-id"), out.value(0, "schema-version"))
		}
	}
}

// TestNoRow: what isn't about a message, or is said by another event, has no row.
func TestNoRow(t *testing.T) {
	log, out := newLog()
	for _, kind := range []event.Kind{event.ConnectionEnded, event.ConnectionRefused, event.Decision, event.NextHopFailed, event.FailureUnreported, event.RecipientRefused} {
		log.Read(context.Background(), ceo(kind, "kim@fabrikam.com"))
	}
	auth := ceo(event.CommandRefused, "")
	auth.Command = "AUTH"
	log.Read(context.Background(), auth)
	drop := ceo(event.ChangedByOperator, "")
	drop.Attrs = []slog.Attr{slog.String("action", "drop")}
	log.Read(context.Background(), drop)
	if len(*out) != 0 {
		t.Errorf("%q", *out)
	}
}

// TestSubjectsOff: MessageTrackingLogSubjectLoggingEnabled $false.
func TestSubjectsOff(t *testing.T) {
	log, out := newLog()
	log.LogSubjects(false)
	log.Read(context.Background(), ceo(event.MessageAccepted, "kim@fabrikam.com"))
	log.LogSubjects(true)
	log.Read(context.Background(), ceo(event.MessageAccepted, "kim@fabrikam.com"))
	if off, on := out.value(0, "message-subject"), out.value(1, "message-subject"); off != "" || on == "" {
		t.Errorf("%q, %q", off, on)
	}
}

// TestRecipients: the recipients of one answer or attempt share rows by what happened to them, each with
// its status in the same place, however the events of the Server and the Dispatcher come in between.
func TestRecipients(t *testing.T) {
	log, out := newLog()
	const n = 600
	for i := range n {
		e := ceo(event.MessageAccepted, fmt.Sprintf("r%d@fabrikam.com", i))
		e.Following = n - 1 - i
		log.Read(context.Background(), e)
		if i == 300 {
			for k, kind := range []event.Kind{event.Delivered, event.Refused, event.Delivered} {
				e := ceo(kind, fmt.Sprintf("k%d@fabrikam.com", k))
				e.Reply, e.Following, e.NextHop, e.Host = fmt.Sprintf("%d said", k), 2-k, "hop", "host"
				log.Read(context.Background(), e)
			}
		}
	}
	var got []string
	seen := 0
	for i := range *out {
		to := out.value(i, "recipient-address")
		if n := strings.Count(to, ";") + 1; out.value(i, "event-id") == "RECEIVE" {
			seen += n
			if n > 250 || fmt.Sprint(n) != out.value(i, "recipient-count") {
				t.Errorf("%d recipients in a row, recipient-count %s", n, out.value(i, "recipient-count"))
			}
			continue
		}
		got = append(got, out.value(i, "event-id")+" "+to+" "+out.value(i, "recipient-status"))
	}
	if want := []string{"SEND k0@fabrikam.com;k2@fabrikam.com 0 said;2 said", "FAIL k1@fabrikam.com 1 said"}; !slices.Equal(got, want) || seen != n {
		t.Errorf("%q, %d of %d were received", got, seen, n)
	}
}

// TestClose: rows whose last event didn't come are written at the end.
func TestClose(t *testing.T) {
	log, out := newLog()
	e := ceo(event.Delivered, "kim@fabrikam.com")
	e.Following = 1
	log.Read(context.Background(), e)
	if len(*out) != 0 {
		t.Errorf("%q", *out)
	}
	if log.Close(); len(*out) != 1 {
		t.Errorf("%q", *out)
	}
}

// TestHostileText: no text of a client can look like another recipient, key or row.
func TestHostileText(t *testing.T) {
	log, out := newLog()
	e := ceo(event.MessageAccepted, `"a;b@evil.example;c"@fabrikam.com`)
	e.Helo, e.User, e.MessageID = "x;S:Rights=all", "u;S:Operator=root", "<a;b>"
	e.Subject = strings.Repeat("€", 10_000)
	log.Read(context.Background(), e)
	row := parse(t, *out)[0]
	if len(row.Recipients) != 1 || row.Recipients[0] != `"a<3B>b@evil.example<3B>c"@fabrikam.com` {
		t.Errorf("recipients %q", row.Recipients)
	}
	if row.Custom("Operator") != "" || row.Custom("Rights") != "" || row.Custom("User") != "u<3B>S:Operator=root" {
		t.Errorf("custom-data %q", row.CustomData)
	}
	if n := len(row.MessageSubject); n > 1024+3 || !strings.HasSuffix(row.MessageSubject, "€...") {
		t.Errorf("%d bytes of subject", n)
	}
}

// TestFloodOfRefusals: a stranger gets 100 rows a minute and all strangers 500, then one row says so; known
// clients and accepted mail have all their rows.
func TestFloodOfRefusals(t *testing.T) {
	log, out := newLog()
	refuse := func(client string, change func(*event.Event)) {
		e := ceo(event.CommandRefused, "kim@fabrikam.com")
		e.Command, e.Reply, e.Remote, e.Outgoing = "RCPT", "550 5.7.54 no", netip.AddrPortFrom(netip.MustParseAddr(client), 1), false
		if change != nil {
			change(&e)
		}
		log.Read(context.Background(), e)
	}
	count := func() (rows, throttled int) {
		for i := range *out {
			if out.value(i, "event-id") == "THROTTLE" {
				throttled++
			} else {
				rows++
			}
		}
		return rows, throttled
	}
	for i := range 1000 { // one IPv6 network is one source
		refuse(fmt.Sprintf("2001:db8::%x", i), nil)
	}
	if rows, throttled := count(); rows != 100 || throttled != 1 {
		t.Errorf("one source: %d rows, throttled %d times", rows, throttled)
	}
	for i := range 10_000 {
		refuse(fmt.Sprintf("192.0.%d.%d", i>>8, i&255), nil)
	}
	if rows, throttled := count(); rows != 500 || throttled != 2 {
		t.Errorf("many sources: %d rows, throttled %d times", rows, throttled)
	}
	refuse("192.0.2.1", func(e *event.Event) { e.Outgoing = true })
	refuse("192.0.2.1", func(e *event.Event) { e.User = "kim" })
	refuse("192.0.2.1", func(e *event.Event) { e.Kind = event.MessageAccepted })
	if rows, _ := count(); rows != 503 {
		t.Errorf("%d rows, want those of known clients and accepted mail, too", rows)
	}
	refuse("192.0.2.1", func(e *event.Event) { e.Time = nine.Add(time.Minute) })
	if rows, _ := count(); rows != 504 {
		t.Errorf("%d rows in the next minute", rows)
	}
}
