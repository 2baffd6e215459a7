package queue_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/routing"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// fullMessage returns a message with something in every field.
func fullMessage() *queue.Message {
	return &queue.Message{
		Envelope: envelope.Envelope{
			ID: "FULL", From: routing.MustParseAddress(`"a <b>@c"@contoso.com`), Size: 17, Body: envelope.BinaryMIME, UTF8: true,
			Return: envelope.ReturnHeader, EnvID: "QQ+2B1", Report: true, Session: "S1", NetworkID: "6f1c", MessageID: "<1@contoso.com>", Subject: "Grüße", TraceParent: "00-1", Connector: "From\tPartner",
			Remote: netip.MustParseAddrPort("[2001:db8::1%eth0]:25"), Helo: "\xff\x00not <utf-8>\u2028", User: `CONTOSO\kim`, Signable: true,
		},
		Arrived: noon, Suspended: true,
		Recipients: []queue.Recipient{
			{
				Recipient: envelope.Recipient{To: routing.MustParseAddress("ü@bücher.example"), ORcpt: "rfc822;a+40b",
					Notify: envelope.NotifySuccess | envelope.NotifyDelay},
				Status: queue.Delivered, Next: noon.Add(time.Minute), Hop: "Internet contoso.com", Attempts: 3,
				Tried: noon.Add(time.Second), Reply: "250 2.0.0 \"OK\"\r\n", Host: "mx.contoso.com", Advice: "Log on.", Addr: "192.0.2.7:25", TLS: 0x304, Cipher: 0x1301, Redirect: "Backup", Delayed: true, Reported: true,
			},
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("b@[192.0.2.1]"), Notify: envelope.NotifyNever}},
		},
	}
}

// TestVersion1 holds version 1 of the encoding, which databases and spools hold, byte by byte.
func TestVersion1(t *testing.T) {
	for name, tt := range map[string]struct {
		m    *queue.Message
		text string
	}{
		"empty": {&queue.Message{}, `{"v":1,"id":"","size":0}`},
		"full": {fullMessage(), `{"v":1,"id":"FULL","arrived":"2026-03-01T12:00:00.123456789Z","size":17,"from":"\"a <b>@c\"@contoso.com",` +
			`"body":2,"utf8":true,"ret":"HDRS","envid":"QQ+2B1","session":"S1","networkid":"6f1c","messageid":"<1@contoso.com>","subject":"Grüße","traceparent":"00-1","connector":"From\u0009Partner","remote":"[2001:db8::1%eth0]:25",` +
			`"helo":"base64:/wBub3QgPHV0Zi04PuKAqA==","user":"CONTOSO\\kim","signable":true,"report":true,"held":true,` +
			`"recipients":[{"to":"ü@xn--bcher-kva.example","notify":["SUCCESS","DELAY"],"orcpt":"rfc822;a+40b","status":"delivered",` +
			`"next":"2026-03-01T12:01:00.123456789Z","hop":"Internet contoso.com","attempts":3,"tried":"2026-03-01T12:00:01.123456789Z",` +
			`"reply":"250 2.0.0 \"OK\"\u000d\u000a","host":"mx.contoso.com","advice":"Log on.","addr":"192.0.2.7:25","tls":772,"cipher":4865,"redirect":"Backup","delayed":true,"reported":true},` +
			`{"to":"b@[192.0.2.1]","notify":["NEVER"],"status":"waiting"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := tt.m.AppendJSON([]byte("> "))
			if err != nil || string(text) != "> "+tt.text {
				t.Errorf("%v\n%s, want\n> %s", err, text, tt.text)
			}
			sameAfter(t, []byte(tt.text), tt.m)
			sameAfter(t, []byte(strings.Replace(tt.text, `"v":1,`, "", 1)), tt.m) // before the first release
			sameAfter(t, []byte(strings.Replace(tt.text, "{", `{"shard":7,`, 1)), tt.m)
		})
	}
}

// sameAfter checks that text is an encoding of want.
func sameAfter(t *testing.T, text []byte, want *queue.Message) {
	t.Helper()
	got := &queue.Message{Envelope: envelope.Envelope{Helo: "before"}}
	if err := json.Unmarshal(text, got); err != nil {
		t.Error(err)
	} else if d := queuetest.Diff(got, want); d != "" {
		t.Error(d)
	}
}

// TestEncoding encodes text that JSON can't hold, other time zones and both a Message
// and a pointer to one.
func TestEncoding(t *testing.T) {
	m := &queue.Message{Arrived: noon.In(time.FixedZone("", 3600)), Recipients: []queue.Recipient{{Attempts: -1}}}
	for _, s := range []string{"base64:", "base64:!", "\x00", "\xff", "\u2028\u2029 \x7f\x01 <&>", `\"`, "\U0001F4E7", "\xed\xa0\x80"} {
		m.Helo, m.User, m.EnvID, m.Connector = s, s, s, s
		m.Session, m.NetworkID, m.MessageID, m.Subject, m.TraceParent = s, s, s, s, s
		r := &m.Recipients[0]
		r.ORcpt, r.Hop, r.Reply, r.Host, r.Advice, r.Addr, r.Redirect = s, s, s, s, s, s, s
		for _, v := range []any{m, *m, []queue.Message{*m}} {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			sameAfter(t, []byte(strings.Trim(string(text), "[]")), m)
		}
	}
}

func TestEncodingErrors(t *testing.T) {
	for _, tt := range []struct {
		m    queue.Message
		want string
	}{
		{queue.Message{Arrived: noon.AddDate(10_000, 0, 0)}, "year outside of range"},
		{queue.Message{Recipients: []queue.Recipient{{Status: 9}}}, "9 is not a status of a recipient"},
	} {
		if _, err := tt.m.MarshalJSON(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("MarshalJSON: %v, want %q", err, tt.want)
		}
	}
	for text, want := range map[string]string{
		`{"v":2,"id":"A","size":"large"}`: "the message has version 2 of the encoding; version 1 can be read",
		`{"v":"1"}`:                       "not the encoding of a message: ",
		`{"v":1,"id":"A"`:                 "not the encoding of a message: ",
		`{"v":1,"id":"A","recipients":[{"status":"lost"}]}`:    `unknown status "lost"`,
		`{"v":1,"id":"A","recipients":[{"notify":["MAYBE"]}]}`: `message "A": unknown notify "MAYBE"`,
		`{"v":1,"id":"A","ret":"HALF"}`:                        `message "A": unknown ret "HALF"`,
		`{"v":1,"id":"A","remote":"here"}`:                     `message "A": remote: `,
		`{"v":1,"id":"A","helo":"base64:!"}`:                   "illegal base64",
		`{"v":1,"id":"A","from":"a@@"}`:                        "not the encoding of a message: ",
	} {
		m := queue.Message{Suspended: true}
		if err := m.UnmarshalJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzUnmarshal: what can be read can be written, and is read as the same again.
func FuzzUnmarshal(f *testing.F) {
	for _, m := range []*queue.Message{fullMessage(), {}} {
		text, err := m.MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"helo":"base64:` + `/wA=","arrived":"0000-01-01T00:00:00+01:00","recipients":[{"notify":["never","DELAY"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m queue.Message
		if m.UnmarshalJSON(text) != nil {
			return
		}
		again, err := m.MarshalJSON()
		if err != nil {
			if !strings.Contains(err.Error(), "year outside of range") { // in UTC
				t.Fatal(err)
			}
			return
		}
		sameAfter(t, again, &m)
	})
}
