package dnsclient

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// TestCache: answers are kept while they are valid, in bounded memory.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 4 << 20
		c := NewCache[string](most)
		question := func(name string) Question { return Question{name, dns.TypeTXT} }
		c.Put(question("a"), "kept", 1000, 10*time.Second)
		c.Put(question("b"), "not kept", 1000, time.Second-1)
		c.Put(question("c"), "an hour", 1000, 1000*time.Hour)
		for name, want := range map[string]string{"a": "kept", "b": "", "c": "an hour"} {
			if got, ok := c.Get(question(name)); got != want || ok != (want != "") {
				t.Errorf("%s: %q, %v", name, got, ok)
			}
		}
		if _, ok := c.Get(Question{"a", dns.TypeMX}); ok {
			t.Error("an answer about another type")
		}
		time.Sleep(10 * time.Second)
		if got, ok := c.Get(question("a")); ok || got != "" {
			t.Errorf("an answer that isn't valid any more: %q", got)
		}
		time.Sleep(MaxTTL)
		if _, ok := c.Get(question("c")); ok {
			t.Error("an answer is kept for longer than an hour")
		}
		for i := range 10000 {
			c.Put(question(strings.Repeat("a", i%200)+"."+strings.Repeat("b", i/200)), "x", 1144, 10*time.Second)
		}
		size := 0
		for q, e := range c.kept {
			size += len(q.Name) + 1144
			if e.size != len(q.Name)+1144 {
				t.Fatalf("%d bytes counted", e.size)
			}
		}
		if size != c.size || size > most || len(c.kept) < 1000 {
			t.Errorf("%d answers have %d bytes, counted %d", len(c.kept), size, c.size)
		}
		time.Sleep(time.Hour)
		c.Put(question("a"), "x", 1000, 10*time.Second)
		c.makeRoom(most)
		if c.size != 0 || len(c.kept) != 0 {
			t.Errorf("%d bytes, %d answers", c.size, len(c.kept))
		}
	})
}

// TestSecure: the question asks for AD and DO, and the answer's AD counts. The TTL is the
// shortest of the answer, and without a record of the type also that of the zone.
func TestSecure(t *testing.T) {
	for _, dnssec := range []bool{false, true} {
		b, err := (&Client{DNSSEC: dnssec}).query("a.example.", dns.TypeTLSA).Pack()
		if err != nil {
			t.Fatal(err)
		}
		var m dns.Msg
		if err := m.Unpack(b); err != nil || m.AuthenticatedData != dnssec || m.IsEdns0() == nil || m.IsEdns0().Do() != dnssec {
			t.Errorf("%v: %v, %v", dnssec, m.String(), err)
		}
	}
	const (
		alias = "a.example. 50 CNAME a.example."
		tlsa  = "a.example. 300 TLSA 3 1 1 09"
		text  = "a.example. 400 TXT x"
	)
	for _, row := range []struct {
		answers []string
		secure  bool
		records int
		ttl     time.Duration
	}{
		{[]string{tlsa}, true, 1, 300 * time.Second},
		{[]string{alias, text, tlsa}, false, 2, 50 * time.Second},
		{[]string{alias}, true, 1, 50 * time.Second},
		{nil, false, 0, 60 * time.Second},
	} {
		query := new(Client).query("a.example.", dns.TypeTLSA)
		m := reply(t, query, row.answers...)
		m.AuthenticatedData = row.secure
		a, matches, err := unpack(packed(t, m), query)
		if err != nil || !matches || a.Secure != row.secure || len(a.Records) != row.records || a.TTL != row.ttl {
			t.Errorf("%+v, %v, %v, want %+v", a, matches, err, row)
		}
	}
}

// reply returns an answer to a query, with records as in a zone file.
func reply(t testing.TB, query *dns.Msg, records ...string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetReply(query)
	m.Ns = []dns.RR{record(t, "example. 600 SOA example. example. 1 1 1 1 60")}
	for _, text := range records {
		m.Answer = append(m.Answer, record(t, text))
	}
	return m
}

func record(t testing.TB, text string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func packed(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCutRecordAttack: a record that ends early isn't taken for one with empty fields.
func TestCutRecordAttack(t *testing.T) {
	for _, row := range []struct {
		record string
		data   int // bytes
	}{
		{"a.example. 300 A 192.0.2.1", 4},
		{"a.example. 300 MX 10 a.b.", 2 + 5},
		{"a.example. 300 TLSA 3 1 1 09", 4},
		{"a.example. 300 TXT x", 2},
		{"a.example. 300 CNAME a.b.", 5},
	} {
		query := new(Client).query("a.example.", record(t, row.record).Header().Rrtype)
		m := reply(t, query, row.record)
		m.Ns = nil
		whole := packed(t, m)
		for cut := 1; cut <= row.data; cut++ {
			msg := bytes.Clone(whole[:len(whole)-cut])
			msg[len(msg)-(row.data-cut)-1] = byte(row.data - cut) // the length of the data
			a, matches, err := unpack(msg, query)
			usable := strings.Contains(row.record, "TLSA") && cut == 1 // without the digest: no certificate fits it
			if !matches || (err == nil) != usable {
				t.Errorf("%s without %d bytes: %v, %v", row.record, cut, a.Records, err)
			}
		}
	}
}

// TestNames: the bytes of a name are what is asked for, and only names that the DNS can have are.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"a.example": "a.example.", "A.example.": "A.example.", `a\.b.example`: `a\\.b.example.`, `\097.example`: `\\097.example.`,
		`o'x@a b.example`: `o\'x\@a\ b.example.`, "\xff\x00.example": `\255\000.example.`, `a.example\`: `a.example\\.`,
		"": "", ".": "", "..": "", "a..": "", ".a": "", "a..b": "", strings.Repeat("x", 64) + ".a": "", strings.Repeat("x", 63) + ".a": strings.Repeat("x", 63) + ".a.",
		strings.Repeat("a.", 126) + "b": strings.Repeat("a.", 126) + "b.", strings.Repeat("a.", 127) + "b": "",
	} {
		if got, ok := written(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", name, got, ok, want)
		}
	}
}

// FuzzUnpack: no answer of a server makes trouble, only an answer to the question counts, and the
// texts are the bytes that were sent.
func FuzzUnpack(f *testing.F) {
	query := new(Client).query("a.example.", dns.TypeTXT)
	query.Id = 7
	f.Add(packed(f, reply(f, query, `a.example. 300 TXT x "\"y\\\000\255 1" \\255`)))
	f.Fuzz(func(t *testing.T, msg []byte) {
		a, matches, err := unpack(msg, query)
		if (!matches || err != nil) && (len(a.Records) > 0 || a.NoName || a.Secure) {
			t.Fatalf("%+v, %v", a, err)
		}
		if a.TTL < 0 || a.TTL > MaxTTL {
			t.Fatalf("valid for %v", a.TTL)
		}
		for _, r := range a.Records {
			if txt, ok := r.(*dns.TXT); ok && Text(txt) != sentText(t, txt) {
				t.Fatalf("%q was sent, and is read as %q", sentText(t, txt), Text(txt))
			}
		}
	})
}

// sentText returns the strings of a record as they are sent, each with its length in front.
func sentText(t *testing.T, r *dns.TXT) string {
	t.Helper()
	var raw dns.RFC3597
	if err := raw.ToRFC3597(r); err != nil {
		t.Fatal(err)
	}
	data, err := hex.DecodeString(raw.Rdata)
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for len(data) > 0 {
		n := 1 + int(data[0])
		text = append(text, data[1:n]...)
		data = data[n:]
	}
	return string(text)
}
