package verify

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a name server on the loopback interface.
type nameServer struct {
	addr  string
	asked atomic.Int32
}

// listen answers questions by reply, which gets the message that asks; nil is no answer.
func listen(t *testing.T, reply func(q dnsmessage.Message, network string) []byte) *nameServer {
	t.Helper()
	var s nameServer
	udp, tcp := listenBoth(t)
	t.Cleanup(func() { _, _ = udp.Close(), tcp.Close() })
	s.addr = udp.LocalAddr().String()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if s.asked.Add(1); q.Unpack(buf[:n]) == nil {
				if answer := reply(q, "udp"); answer != nil {
					_, _ = udp.WriteTo(answer, from)
				}
			}
		}
	}()
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			var length [2]byte
			_, _ = io.ReadFull(conn, length[:])
			buf := make([]byte, binary.BigEndian.Uint16(length[:]))
			_, _ = io.ReadFull(conn, buf)
			var q dnsmessage.Message
			if s.asked.Add(1); q.Unpack(buf) == nil {
				answer := reply(q, "tcp")
				_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
			}
			_ = conn.Close()
		}
	}()
	return &s
}

// listenBoth listens for UDP and TCP at one port.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 { // another program may have the port for TCP
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		packets.Close()
	}
	t.Fatal("no port is free for both UDP and TCP")
	return nil, nil
}

// answerTo returns an answer to q, with records for the name in the question.
func answerTo(q dnsmessage.Message, code dnsmessage.RCode, bodies ...dnsmessage.ResourceBody) dnsmessage.Message {
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, RCode: code}, Questions: q.Questions}
	for _, body := range bodies {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 300}, Body: body})
	}
	return m
}

func packed(t *testing.T, m dnsmessage.Message) []byte {
	b, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return b
}

func soa() []dnsmessage.Resource {
	n := dnsmessage.MustNewName("example.")
	return []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET, TTL: 600}, Body: &dnsmessage.SOAResource{NS: n, MBox: n, MinTTL: 60}}}
}

// TestDNS: each kind of answer.
func TestDNS(t *testing.T) {
	s := listen(t, func(q dnsmessage.Message, network string) []byte {
		name := q.Questions[0].Name.String()
		switch strings.TrimSuffix(name, ".") {
		case "txt.example":
			return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.TXTResource{TXT: []string{"one ", "two"}}, &dnsmessage.TXTResource{TXT: []string{"three"}}))
		case "mx.example":
			return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("other.example.")},
				&dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("a.example.")}))
		case "host.example":
			if q.Questions[0].Type == dnsmessage.TypeA {
				return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}))
			}
			return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("2001:db8::1").As16()}))
		case "1.2.0.192.in-addr.arpa":
			return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("host.example.")}))
		case "empty.example", "missing.example":
			code := dnsmessage.RCodeSuccess
			if strings.HasPrefix(name, "missing") {
				code = dnsmessage.RCodeNameError
			}
			m := answerTo(q, code)
			m.Authorities = soa()
			return packed(t, m)
		case "large.example":
			if network == "udp" {
				m := answerTo(q, dnsmessage.RCodeSuccess)
				m.Truncated = true
				return packed(t, m)
			}
			var texts []string
			for range 20 {
				texts = append(texts, strings.Repeat("x", 250))
			}
			return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.TXTResource{TXT: texts}))
		case "huge.example":
			if network == "udp" {
				m := answerTo(q, dnsmessage.RCodeSuccess)
				m.Truncated = true
				return packed(t, m)
			}
			return make([]byte, 60000)
		}
		return packed(t, answerTo(q, dnsmessage.RCodeServerFailure))
	})
	d := &DNS{Servers: []string{s.addr}}
	ctx := context.Background()
	ask := func(name string, t RecordType) Records { r, _ := d.Lookup(ctx, name, t); return r }

	if r := ask("txt.example", TypeTXT); !slices.Equal(r.Texts, []string{"one two", "three"}) || r.TTL != 5*time.Minute || r.NoName {
		t.Errorf("TXT: %+v", r)
	}
	if r := ask("mx.example", TypeMX); len(r.Hosts) != 1 || r.Hosts[0].Host != "a.example." || r.Hosts[0].Pref != 10 {
		t.Errorf("MX behind a CNAME: %+v", r)
	}
	if a, aaaa := ask("host.example", TypeA), ask("host.example.", TypeAAAA); len(a.Addrs) != 1 || a.Addrs[0].String() != "192.0.2.1" || len(aaaa.Addrs) != 1 || aaaa.Addrs[0].String() != "2001:db8::1" {
		t.Errorf("addresses: %+v, %+v", a, aaaa)
	}
	if r := ask(reverse("192.0.2.1"), TypePTR); !slices.Equal(r.Names, []string{"host.example."}) {
		t.Errorf("PTR: %+v", r)
	}
	if r := ask("empty.example", TypeTXT); r.NoName || r.Texts != nil || r.TTL != time.Minute {
		t.Errorf("a name without such records: %+v", r)
	}
	if r := ask("missing.example", TypeTXT); !r.NoName || r.TTL != time.Minute {
		t.Errorf("no such name: %+v", r)
	}
	if r := ask("large.example", TypeTXT); len(r.Texts) != 1 || len(r.Texts[0]) != 5000 {
		t.Errorf("an answer by TCP: %+v", r)
	}
	for _, name := range []string{"fail.example", "huge.example"} {
		if r, err := d.Lookup(ctx, name, TypeTXT); err == nil {
			t.Errorf("%s: %+v", name, r)
		} else if e := (*net.DNSError)(nil); !errors.As(err, &e) || !e.IsTemporary {
			t.Errorf("%s: %v", name, err)
		}
	}
	before := s.asked.Load()
	for _, name := range []string{"", "a..example", strings.Repeat("x", 64) + ".example", strings.Repeat("abcdefg.", 40) + "example"} {
		if r, err := d.Lookup(ctx, name, TypeTXT); err != nil || !r.NoName {
			t.Errorf("%q: %+v, %v", name, r, err)
		}
	}
	if s.asked.Load() != before {
		t.Error("a name that can't exist was asked for")
	}
}

// TestForgedAnswerAttack: answers with another ID or to another question are passed over, and
// the true one is taken.
func TestForgedAnswerAttack(t *testing.T) {
	s := listen(t, func(q dnsmessage.Message, _ string) []byte {
		return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.TXTResource{TXT: []string{"true"}}))
	})
	forged := func(q dnsmessage.Message, change func(*dnsmessage.Message)) []byte {
		m := answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.TXTResource{TXT: []string{"forged"}})
		change(&m)
		return packed(t, m)
	}
	d := &DNS{Servers: []string{s.addr}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return &spoofed{Conn: c, answers: func(q dnsmessage.Message) [][]byte {
			return [][]byte{
				forged(q, func(m *dnsmessage.Message) { m.ID++ }),
				forged(q, func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("other.example.") }),
				forged(q, func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeA }),
				forged(q, func(m *dnsmessage.Message) { m.Response = false }),
				{1, 2, 3},
			}
		}}, err
	}}
	r, err := d.Lookup(context.Background(), "txt.example", TypeTXT)
	if err != nil || !slices.Equal(r.Texts, []string{"true"}) {
		t.Errorf("got %+v, %v", r, err)
	}
}

// spoofed is a connection on which forged answers come first.
type spoofed struct {
	net.Conn
	answers func(dnsmessage.Message) [][]byte
	waiting [][]byte
}

func (s *spoofed) Write(b []byte) (int, error) {
	var q dnsmessage.Message
	if err := q.Unpack(b); err != nil {
		return 0, err
	}
	s.waiting = s.answers(q)
	return s.Conn.Write(b)
}

func (s *spoofed) Read(b []byte) (int, error) {
	if len(s.waiting) == 0 {
		return s.Conn.Read(b)
	}
	n := copy(b, s.waiting[0])
	s.waiting = s.waiting[1:]
	return n, nil
}

// TestSecondServer: a server that is away or fails is passed over, and silence ends with the
// context.
func TestSecondServer(t *testing.T) {
	failing := listen(t, func(q dnsmessage.Message, _ string) []byte { return packed(t, answerTo(q, dnsmessage.RCodeRefused)) })
	good := listen(t, func(q dnsmessage.Message, _ string) []byte {
		return packed(t, answerTo(q, dnsmessage.RCodeSuccess, &dnsmessage.TXTResource{TXT: []string{"true"}}))
	})
	d := &DNS{Servers: []string{failing.addr, good.addr}}
	if r, err := d.Lookup(context.Background(), "a.example", TypeTXT); err != nil || len(r.Texts) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	asked := make(chan bool, 10)
	silent := listen(t, func(dnsmessage.Message, string) []byte {
		asked <- true
		return nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := (&DNS{Servers: []string{silent.addr}}).Lookup(ctx, "a.example", TypeTXT)
		done <- err
	}()
	<-asked
	cancel()
	if err := <-done; err == nil {
		t.Error("silence is an answer")
	}
}

// TestSystemServers: the system has name servers, or it has no name server.
func TestSystemServers(t *testing.T) {
	for _, addr := range new(systemServers).servers(context.Background()) {
		if _, err := netip.ParseAddrPort(addr); err != nil {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

// TestCache: answers are kept while they are valid, in bounded memory, and errors aren't kept.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		fails := false
		c := newCache(ResolverFunc(func(_ context.Context, name string, _ RecordType) (Records, error) {
			asked++
			if fails {
				return Records{}, errors.New("no answer")
			}
			return Records{Texts: []string{strings.Repeat("x", 1000)}, TTL: 10 * time.Second}, nil
		}))
		ask := func(name string) error {
			_, err := c.lookup(context.Background(), netip.Addr{}, name, TypeTXT)
			return err
		}
		_, _, _ = ask("a"), ask("A"), ask("a")
		if asked != 1 {
			t.Errorf("asked %d times for one answer", asked)
		}
		time.Sleep(11 * time.Second)
		fails = true
		for range 2 {
			if ask("a") == nil {
				t.Error("an answer")
			}
		}
		if asked != 3 {
			t.Errorf("asked %d times", asked)
		}
		fails = false
		for i := range 10000 {
			_ = ask(strings.Repeat("a", i%200) + "." + strings.Repeat("b", i/200))
		}
		before := asked
		for i := range 10000 {
			_ = ask(strings.Repeat("a", i%200) + "." + strings.Repeat("b", i/200))
		}
		if n := asked - before; n == 0 || n == 10000 {
			t.Errorf("%d of 10000 answers weren't kept", n)
		}
	})
}
