package dnsclient

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// TestCache: answers are kept while they are valid, in bounded memory.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 4 << 20
		c := NewCache[string](most)
		question := func(name string) Question { return Question{name, dnsmessage.TypeTXT} }
		c.Put(question("a"), "kept", 1000, 10*time.Second)
		c.Put(question("b"), "not kept", 1000, time.Second-1)
		c.Put(question("c"), "an hour", 1000, 1000*time.Hour)
		for name, want := range map[string]string{"a": "kept", "b": "", "c": "an hour"} {
			if got, ok := c.Get(question(name)); got != want || ok != (want != "") {
				t.Errorf("%s: %q, %v", name, got, ok)
			}
		}
		if _, ok := c.Get(Question{"a", dnsmessage.TypeMX}); ok {
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
	q := dnsmessage.Question{Name: dnsmessage.MustNewName("a.example."), Type: 52, Class: dnsmessage.ClassINET}
	for _, dnssec := range []bool{false, true} {
		b, err := pack(7, q, dnssec)
		if err != nil {
			t.Fatal(err)
		}
		var m dnsmessage.Message
		if err := m.Unpack(b); err != nil || m.AuthenticData != dnssec || m.Additionals[0].Header.DNSSECAllowed() != dnssec {
			t.Errorf("%v: %+v, %v", dnssec, m.Header, err)
		}
	}
	header := func(ttl uint32) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: ttl}
	}
	alias := dnsmessage.Resource{Header: header(50), Body: &dnsmessage.CNAMEResource{CNAME: q.Name}}
	tlsa := dnsmessage.Resource{Header: header(300), Body: &dnsmessage.UnknownResource{Type: 52, Data: []byte{3, 1, 1, 9}}}
	text := dnsmessage.Resource{Header: header(400), Body: &dnsmessage.TXTResource{TXT: []string{"x"}}}
	for _, row := range []struct {
		answers []dnsmessage.Resource
		secure  bool
		records int
		ttl     time.Duration
	}{
		{[]dnsmessage.Resource{tlsa}, true, 1, 300 * time.Second},
		{[]dnsmessage.Resource{alias, text, tlsa}, false, 2, 50 * time.Second},
		{[]dnsmessage.Resource{alias}, true, 1, 50 * time.Second},
		{nil, false, 0, 60 * time.Second},
	} {
		m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, Response: true, AuthenticData: row.secure}, Questions: []dnsmessage.Question{q}, Answers: row.answers}
		m.Authorities = []dnsmessage.Resource{{Header: header(600), Body: &dnsmessage.SOAResource{NS: q.Name, MBox: q.Name, MinTTL: 60}}}
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		a, matches, err := unpack(b, 7, q)
		if err != nil || !matches || a.Secure != row.secure || len(a.Records) != row.records || a.TTL != row.ttl {
			t.Errorf("%+v, %v, %v, want %+v", a, matches, err, row)
		}
	}
}

// FuzzUnpack: no answer of a server makes trouble, and only an answer to the question counts.
func FuzzUnpack(f *testing.F) {
	q := dnsmessage.Question{Name: dnsmessage.MustNewName("a.example."), Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET}
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 300}
	b, err := (&dnsmessage.Message{
		Header:      dnsmessage.Header{ID: 7, Response: true},
		Questions:   []dnsmessage.Question{q},
		Answers:     []dnsmessage.Resource{{Header: header, Body: &dnsmessage.TXTResource{TXT: []string{"x"}}}},
		Authorities: []dnsmessage.Resource{{Header: header, Body: &dnsmessage.SOAResource{NS: q.Name, MBox: q.Name, MinTTL: 60}}},
	}).Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, msg []byte) {
		a, matches, err := unpack(msg, 7, q)
		if (!matches || err != nil) && (len(a.Records) > 0 || a.NoName || a.Secure) {
			t.Fatalf("%+v, %v", a, err)
		}
		if a.TTL < 0 || a.TTL > MaxTTL {
			t.Fatalf("valid for %v", a.TTL)
		}
	})
}
