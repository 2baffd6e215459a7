package delivery_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// nameServer serves the lines of a zone at a port of 127.0.0.1, by UDP and TCP. By UDP it cuts
// its answers about names that begin with "long.".
func nameServer(t *testing.T, lines ...string) (address string) {
	t.Helper()
	zone := make(map[dns.Question][]dns.RR)
	for _, line := range lines {
		r, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		q := dns.Question{Name: r.Header().Name, Qtype: r.Header().Rrtype, Qclass: dns.ClassINET}
		zone[q] = append(zone[q], r)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); l.Close() })
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(query)
		m.RecursionAvailable = true
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && strings.HasPrefix(query.Question[0].Name, "long.") {
			m.Truncated = true
		} else {
			m.Answer = zone[query.Question[0]]
		}
		_ = w.WriteMsg(m)
	})
	go (&dns.Server{PacketConn: conn, Handler: handler}).ActivateAndServe()
	go (&dns.Server{Listener: l, Handler: handler}).ActivateAndServe()
	return conn.LocalAddr().String()
}

// dialer connects to name servers of policies at other addresses, and notes the calls.
type dialer struct {
	servers map[string]string // by the address that is asked for; one that isn't here refuses calls

	mu    sync.Mutex
	calls []string
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.mu.Lock()
	d.calls = append(d.calls, network+" "+address)
	d.mu.Unlock()
	server, ok := d.servers[address]
	if !ok {
		return nil, errors.New("refused")
	}
	return new(net.Dialer).DialContext(ctx, network, server)
}

// called returns the calls since it was last asked, each once.
func (d *dialer) called() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return slices.Compact(calls)
}

func addrs(texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

// splitDNS is a configuration with a Send connector for domains outside, and one for those inside,
// each with its name server.
func splitDNS(external, internal string) connector.Config {
	out := connector.Send{Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, UseExternalDNSServersEnabled: true}
	in := connector.Send{Name: "in", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("in.example")}}
	return connector.Config{Send: []connector.Send{out, in}, Services: []connector.Service{{
		ExternalDNSServers: addrs(external), ExternalDNSAdapterEnabled: param.Value(false),
		InternalDNSServers: addrs(internal), InternalDNSAdapterEnabled: param.Value(false),
	}}}
}

// TestListedNameServers: each connector asks its own name servers, and those of the next policy as
// soon as that is there.
func TestListedNameServers(t *testing.T) {
	zone := func(a string) []string {
		return []string{"out.example. 300 MX 10 mx.example.", "in.example. 300 MX 10 mx.example.", "mx.example. 300 A " + a}
	}
	d := &dialer{servers: map[string]string{
		"192.0.2.1:53": nameServer(t, zone("10.0.0.1")...), "192.0.2.2:53": nameServer(t, zone("10.0.0.2")...),
		"[2001:db8::3]:53": nameServer(t, zone("10.0.0.3")...),
	}}
	w := worldOf(t, splitDNS("192.0.2.1", "192.0.2.2"))
	w.sender.DialNameServers(d.dial)
	sinks := make(map[string]*relaytest.Sink)
	for _, a := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
		sinks[a] = w.sink(a+":25", new(relaytest.Sink))
	}
	reaches := func(to, host string) {
		t.Helper()
		before := len(sinks[host].Messages())
		expect(t, to, w.send(to), "ok")
		if len(sinks[host].Messages()) != before+1 {
			t.Errorf("mail to %s didn't reach %s", to, host)
		}
	}
	reaches("kim@out.example", "10.0.0.1")
	reaches("kim@in.example", "10.0.0.2")
	w.policy = worldOf(t, splitDNS("2001:db8::3", "192.0.2.1")).policy
	reaches("kim@out.example", "10.0.0.3")
	reaches("kim@in.example", "10.0.0.1")
}

// TestDeadExternalServer: while the external name server doesn't answer, the internal one does.
func TestDeadExternalServer(t *testing.T) {
	good := nameServer(t, "in.example. 300 MX 10 mx.example.", "mx.example. 300 A 10.0.0.2")
	asked, release := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	w := worldOf(t, splitDNS("192.0.2.1", "192.0.2.2"))
	w.sender.DialNameServers(func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "192.0.2.1:53" {
			once()
			<-release
			return nil, errors.New("dead")
		}
		return new(net.Dialer).DialContext(ctx, network, good)
	})
	sink := w.sink("10.0.0.2:25", new(relaytest.Sink))
	waiting := make(chan string, 1)
	go func() { waiting <- w.send("kim@out.example") }()
	select {
	case <-asked:
	case said := <-waiting:
		t.Fatalf("the external name server wasn't asked: %s", said)
	}
	expect(t, "inside", w.send("kim@in.example"), "ok")
	if len(sink.Messages()) != 1 {
		t.Error("the message didn't arrive")
	}
	select {
	case said := <-waiting:
		t.Errorf("outside, before the name server answers: %s", said)
	default:
	}
	close(release)
	if said := <-waiting; !strings.HasPrefix(said, "451 4.4.3 ") {
		t.Errorf("outside: %s", said)
	}
}

// TestProtocolOption: name servers are asked over the protocols of the option only.
func TestProtocolOption(t *testing.T) {
	const one, udp, tcp = "192.0.2.1:53", "udp 192.0.2.1:53", "tcp 192.0.2.1:53"
	d := &dialer{servers: map[string]string{one: nameServer(t, "short.example. 300 MX 10 mx.example.", "long.example. 300 MX 10 mx.example.")}}
	resolvers := &delivery.Resolvers{Dial: d.dial}
	for _, tt := range []struct {
		option param.ProtocolOption
		name   string
		calls  []string
		err    string
	}{
		{param.AnyProtocol, "short.example.", []string{udp}, ""},
		{param.AnyProtocol, "long.example.", []string{udp, tcp}, ""},
		{param.UseTcpOnly, "short.example.", []string{tcp}, ""},
		{param.UseTcpOnly, "long.example.", []string{tcp}, ""},
		{param.UseUdpOnly, "short.example.", []string{udp}, ""},
		{param.UseUdpOnly, "long.example.", []string{udp}, "192.0.2.1:53: the answer doesn't fit into UDP"},
	} {
		mx, err := resolvers.For(connector.NameServers{Servers: addrs("192.0.2.1"), Protocol: tt.option}).LookupMX(t.Context(), tt.name)
		if failed := err != nil; failed != (tt.err != "") || failed && !strings.Contains(err.Error(), tt.err) || !failed && len(mx) != 1 {
			t.Errorf("%v, %s: %v, %v", tt.option, tt.name, mx, err)
		}
		if calls := d.called(); !slices.Equal(slices.Compact(calls), tt.calls) && tt.err == "" {
			t.Errorf("%v, %s: calls %v, want %v", tt.option, tt.name, calls, tt.calls)
		} else if tt.option == param.UseUdpOnly && slices.Contains(calls, tcp) {
			t.Errorf("%v, %s: TCP was used", tt.option, tt.name)
		}
	}
}

// TestPassedOver: the next server is asked while one doesn't answer, which is asked last for a minute;
// that a name doesn't exist is an answer.
func TestPassedOver(t *testing.T) {
	const dead, good = "udp 192.0.2.1:53", "udp 192.0.2.2:53"
	answers := func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			conn := &dns.Conn{Conn: theirs}
			query, err := conn.ReadMsg()
			if err != nil {
				return
			}
			m := new(dns.Msg)
			m.SetReply(query)
			m.RecursionAvailable = true
			if r, err := dns.NewRR("there.example. 300 MX 10 mx.example."); err == nil && query.Question[0].Name == "there.example." {
				m.Answer = []dns.RR{r}
			} else {
				m.Rcode = dns.RcodeNameError
			}
			_ = conn.WriteMsg(m)
		}()
		return ours, nil
	}
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		resolvers := &delivery.Resolvers{
			Machine: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("192.0.2.2:53")},
			Dial: func(_ context.Context, network, address string) (net.Conn, error) {
				calls = append(calls, network+" "+address)
				if network+" "+address != good {
					return nil, errors.New("refused")
				}
				return answers()
			},
		}
		ask := func(name string, want ...string) error {
			t.Helper()
			calls = nil
			_, err := resolvers.For(connector.NameServers{}).LookupMX(t.Context(), name)
			calls = slices.DeleteFunc(calls, func(c string) bool { return strings.HasPrefix(c, "tcp") })
			if calls = slices.Compact(calls); !slices.Equal(calls, want) {
				t.Errorf("%s: asked %v, want %v", name, calls, want)
			}
			return err
		}
		if err := ask("there.example.", dead, good); err != nil {
			t.Error(err)
		}
		err := ask("absent.example.", good)
		if e := new(net.DNSError); !errors.As(err, &e) || !e.IsNotFound || e.Server != "192.0.2.2:53" {
			t.Errorf("a name that doesn't exist: %v", err)
		}
		time.Sleep(time.Minute)
		if err := ask("there.example.", dead, good); err != nil {
			t.Error(err)
		}
	})
}
