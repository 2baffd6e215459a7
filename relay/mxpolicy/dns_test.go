package mxpolicy

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/relay/delivery"
)

// zone is a name server on this machine that says what it is told about signatures.
type zone struct {
	mu       sync.Mutex
	records  map[string]string // "name TYPE" to records, a line each
	insecure map[string]bool   // "name TYPE" whose answer isn't signed
	fails    map[string]int    // "name TYPE" to an RCODE
	large    bool              // answers by UDP are cut
	asked    []string
}

// newZone starts the name server. Each pair of texts is "name TYPE" and its records.
func newZone(t *testing.T, pairs ...string) (*zone, *Resolver) {
	t.Helper()
	z := &zone{records: make(map[string]string), insecure: make(map[string]bool), fails: make(map[string]int)}
	for i := 0; i < len(pairs); i += 2 {
		z.records[pairs[i]] = pairs[i+1]
	}
	packets, listener := listenBoth(t)
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: z}, {Listener: listener, Handler: z}} {
		go server.ActivateAndServe()
	}
	t.Cleanup(func() { packets.Close(); listener.Close() })
	return z, &Resolver{Servers: []netip.AddrPort{netip.MustParseAddrPort(packets.LocalAddr().String())}}
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

// ServeDNS implements dns.Handler.
func (z *zone) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	q := query.Question[0]
	key := strings.TrimSuffix(q.Name, ".") + " " + dns.TypeToString[q.Qtype]
	z.asked = append(z.asked, key)
	answer := new(dns.Msg)
	answer.SetReply(query)
	answer.AuthenticatedData = query.AuthenticatedData && !z.insecure[key]
	answer.Rcode = z.fails[key]
	_, stream := w.RemoteAddr().(*net.TCPAddr)
	if z.large && !stream {
		answer.Truncated = true
	} else {
		for line := range strings.Lines(z.records[key]) {
			record, err := dns.NewRR(strings.TrimSpace(line))
			if err != nil {
				panic(err)
			}
			answer.Answer = append(answer.Answer, record)
		}
	}
	_ = w.WriteMsg(answer)
}

// set changes what the server says.
func (z *zone) set(change func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	change()
}

// Answers are kept, and a long one is asked for by TCP.
func TestResolverKeeps(t *testing.T) {
	z, r := newZone(t, "example.com MX", "example.com. 300 MX 10 mx.example.com.")
	z.set(func() { z.large = true })
	for range 3 {
		a, err := r.ask(t.Context(), "Example.com", dns.TypeMX)
		if err != nil || !a.secure || a.count(dns.TypeMX) != 1 {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	z.set(func() {
		if n := len(z.asked); n != 2 {
			t.Errorf("the server was asked %d times, want twice: by UDP and TCP", n)
		}
	})
}

// Without an answer there is an error that says which server was asked, and nothing is kept.
func TestResolverFails(t *testing.T) {
	z, r := newZone(t, "example.com MX", "example.com. 300 MX 10 mx.example.com.")
	z.set(func() { z.fails["example.com MX"] = dns.RcodeServerFailure })
	_, err := r.ask(t.Context(), "example.com", dns.TypeMX)
	if err == nil || !strings.Contains(err.Error(), "example.com MX") || !strings.Contains(err.Error(), "SERVFAIL") {
		t.Errorf("error %v", err)
	}
	z.set(func() { delete(z.fails, "example.com MX") })
	if _, err := r.ask(t.Context(), "example.com", dns.TypeMX); err != nil {
		t.Error(err)
	}
	if _, err := new(Resolver).ask(t.Context(), "example.com", dns.TypeMX); err == nil {
		t.Error("a Resolver without servers answers")
	}
	// Another server answers in place of one that fails.
	dead := &Resolver{Servers: append([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}, r.Servers...)}
	if _, err := dead.ask(t.Context(), "example.com", dns.TypeMX); err != nil {
		t.Error(err)
	}
}

func TestAlias(t *testing.T) {
	records := func(lines ...string) (a answer) {
		for _, line := range lines {
			r, err := dns.NewRR(line)
			if err != nil {
				t.Fatal(err)
			}
			a.records = append(a.records, r)
		}
		return a
	}
	for _, row := range []struct {
		a    answer
		want string
	}{
		{records(), "mx.example"},
		{records("mx.example. CNAME a.example.", "a.example. CNAME B.example.", "b.example. A 192.0.2.1"), "b.example"},
		{records("a.example. CNAME mx.example.", "mx.example. CNAME a.example."), "mx.example"}, // a circle ends
		{records("other.example. CNAME a.example."), "mx.example"},
	} {
		if got := row.a.alias("mx.example"); got != row.want {
			t.Errorf("%v: %s, want %s", row.a.records, got, row.want)
		}
	}
}

// An answer takes no more memory than is counted, whatever a server puts into it.
func TestSizeAttack(t *testing.T) {
	escaped := strings.Repeat(strings.Repeat(`\255`, 63)+".", 3) // three labels of bytes that are escaped
	for name, lines := range map[string][]string{
		"long names":  {escaped + " 300 MX 10 " + escaped, escaped + " 300 CNAME " + escaped},
		"empty texts": {"a.example. 300 TXT " + strings.Repeat(`"" `, 5000)},
		"texts":       {"a.example. 300 TXT " + strings.Repeat(`"`+strings.Repeat(`\000`, 255)+`" `, 50)},
		"TLSA":        {"a.example. 300 TLSA 3 1 1 " + strings.Repeat("00", 32)},
		"addresses":   {"a.example. 300 A 192.0.2.1"},
	} {
		var m dns.Msg
		for i := range 100 {
			record, err := dns.NewRR(lines[i%len(lines)])
			if err != nil {
				t.Fatal(err)
			}
			if m.Answer = append(m.Answer, record); len(lines[0]) > 2000 {
				break
			}
		}
		packed, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		kept := make([]answer, 100)
		before := heap()
		for i := range kept {
			var m dns.Msg
			if err := m.Unpack(packed); err != nil {
				t.Fatal(err)
			}
			kept[i].records = m.Answer
		}
		if used := (heap() - before) / len(kept); used > kept[0].size() {
			t.Errorf("%s: an answer takes %d bytes, and %d are counted", name, used, kept[0].size())
		}
		runtime.KeepAlive(kept)
	}
}

// heap returns how many bytes are in use.
func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// MX records that delivery looks up are those that DANE looks at, with one question. Texts have
// the bytes that were sent, and no records are no error.
func TestLookups(t *testing.T) {
	z, r := newZone(t, append(signed, "text.example TXT", `text.example. 300 TXT "v=STSv1; \"" "\\\195\188"`)...)
	for name, want := range map[string]string{"example.com": "10 mx.example.com.", "none.example": ""} {
		hosts, err := r.LookupMX(t.Context(), name)
		got := ""
		for _, mx := range hosts {
			got += fmt.Sprint(mx.Pref, " ", mx.Host)
		}
		if err != nil || got != want {
			t.Errorf("MX of %s: %q, %v; want %q", name, got, err, want)
		}
	}
	for name, want := range map[string][]string{"text.example": {`v=STSv1; "\ü`}, "none.example": nil} {
		if texts, err := r.LookupTXT(t.Context(), name); err != nil || !slices.Equal(texts, want) {
			t.Errorf("TXT of %s: %q, %v; want %q", name, texts, err, want)
		}
	}
	r.dane(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{"mx.example.com"}, Port: 25})
	z.set(func() {
		if n := strings.Count(strings.Join(z.asked, "\n")+"\n", "example.com MX\n"); n != 1 {
			t.Errorf("the server was asked for %q", z.asked)
		}
		z.fails["fails.example MX"] = dns.RcodeServerFailure
	})
	if hosts, err := r.LookupMX(t.Context(), "fails.example"); err == nil {
		t.Errorf("%v without an answer", hosts)
	}
}
