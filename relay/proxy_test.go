package relay_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

const balancer = "10.2.3.200"

// behindBalancer trusts the balancer.
func behindBalancer(s *relay.Server) { s.ProxyFrom = ranges(balancer) }

// proxyHeader returns a header for a client at from that connected to to.
func proxyHeader(t *testing.T, version byte, from, to string, tlvs ...proxyproto.TLV) string {
	t.Helper()
	h := proxyproto.HeaderProxyFromAddrs(version, net.TCPAddrFromAddrPort(at(from)), net.TCPAddrFromAddrPort(at(to)))
	if err := h.SetTLVs(tlvs); err != nil {
		t.Fatal(err)
	}
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// proxied connects by the balancer, which says header.
func (w *world) proxied(header string) *relaytest.Client {
	w.t.Helper()
	c := relaytest.NewClient(w.t, w.dial(balancer, hub))
	c.SendRaw(header)
	return c
}

// The client in the header is the client: it gets its connector, its rights, its name in the
// reply to EHLO and in Received, and it is in the log with the balancer.
func TestProxyHeader(t *testing.T) {
	ssl := tlvparse.PP2SSL{Client: 1, TLV: []proxyproto.TLV{{Type: proxyproto.PP2_SUBTYPE_SSL_VERSION, Value: []byte("TLSv1.3")}}}
	sslTLV, err := ssl.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, header, want string
	}{
		{"version 1", proxyHeader(t, 1, gateway+":4000", hub), ""},
		{"version 2", proxyHeader(t, 2, gateway+":4000", hub,
			proxyproto.TLV{Type: proxyproto.PP2_TYPE_UNIQUE_ID, Value: []byte("lb1-77\n")},
			proxyproto.TLV{Type: proxyproto.PP2_TYPE_AUTHORITY, Value: []byte("mail.fabrikam.com")}, sslTLV),
			"proxy-id=lb1-77<0A> proxy-name=mail.fabrikam.com proxy-tls=TLSv1.3 "},
		{"an address of the balancer", proxyHeader(t, 2, gateway+":4000", "198.51.100.1:26"), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(anyRecipient())), behindBalancer)
			c := w.proxied(row.header + "EHLO client.contoso.com\r\n") // pipelined behind the header
			c.Expect(220)
			if text := c.Expect(250); !strings.Contains(text, "["+gateway+"]") {
				t.Errorf("EHLO: %q", text)
			}
			c.Do("MAIL FROM:<amy@fabrikam.com>", 250)
			c.Do("RCPT TO:<"+elsewhere+">", 250) // only this gateway may relay
			send(c, message, 250)
			c.Do("QUIT", 221)
			if got := w.mailbox.last(t); !strings.Contains(got.data, "["+gateway+"]") || got.env.Remote != at(gateway+":4000") || got.env.Local != at(hub) {
				t.Errorf("from %v to %v:\n%s", got.env.Remote, got.env.Local, got.data)
			}
			w.waitFor(row.want)
			w.waitFor("remote=" + gateway + ":4000 proxy=" + balancer + ":")
		})
	}
}

// The balancer's own address has no rights to lend: a stranger behind it is a stranger.
func TestProxyHeaderLendsNoRights(t *testing.T) {
	relays := fromAnonymousGateway(anyRecipient())
	relays.RemoteIPRanges = append(relays.RemoteIPRanges, ranges(balancer)...)
	w := serve(t, policy(t, defaultHub(), relays), behindBalancer)
	c := w.proxied(proxyHeader(t, 1, stranger+":4000", hub))
	c.Expect(220)
	c.Do("EHLO client.contoso.com", 250)
	c.Do("MAIL FROM:<amy@example.net>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 550)
}

// Limits per source count the clients, not the balancer.
func TestProxyHeaderLimits(t *testing.T) {
	r := defaultHub()
	r.MaxInboundConnectionPerSource = 1
	w := serve(t, policy(t, r), behindBalancer)
	w.proxied(proxyHeader(t, 2, stranger+":4000", hub)).Expect(220)
	w.proxied(proxyHeader(t, 2, stranger+":4001", hub)).Expect(421)
	w.proxied(proxyHeader(t, 2, gateway+":4000", hub)).Expect(220)
}

// A balancer must send a valid header, and no other client may send one.
func TestProxyHeaderRefused(t *testing.T) {
	spoof := proxyHeader(t, 1, gateway+":4000", hub)
	spoof2 := proxyHeader(t, 2, gateway+":4000", hub)
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(anyRecipient())), behindBalancer)
	for _, header := range []string{
		"EHLO client.contoso.com\r\n",
		"PROXY TCP4 1.2.3.4\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 99999 25\r\n",
		"PROXY TCP4 " + strings.Repeat("1", 500),
		spoof2[:13] + "\xff" + spoof2[14:],
		spoof2[:15] + "\x03" + spoof2[16:], // too short for its addresses
	} {
		w.proxied(header).Closed()
	}
	w.waitForMore("PROXY header", 5)
	for _, header := range []string{spoof, spoof2} {
		c := relaytest.NewClient(t, w.dial(stranger, hub))
		c.Expect(220)
		c.SendRaw(header)
		c.Expect(421)
		c.Closed()
		w.waitForEnd()
	}
	w.waitForMore("not that of a trusted load balancer", 1)
}

// A health check is greeted, may send no mail, and leaves nothing in the logs.
func TestProxyHealthCheck(t *testing.T) {
	local := proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}
	v2, err := local.Format()
	if err != nil {
		t.Fatal(err)
	}
	relays := fromAnonymousGateway(anyRecipient())
	relays.RemoteIPRanges = ranges("0.0.0.0-255.255.255.255")
	w := serve(t, policy(t, relays), behindBalancer)
	for _, header := range []string{"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", string(v2)} {
		c := w.proxied(header)
		c.Expect(220)
		c.Do("EHLO balancer", 250)
		c.Do("QUIT", 221)
		c.Closed()
		c = w.proxied(header)
		c.Expect(220)
		c.Do("EHLO balancer", 250)
		c.Do("MAIL FROM:<>", 421)
		c.Closed()
	}
	conn := w.dial(balancer, hub) // as HAProxy does with version 1
	c := relaytest.NewClient(t, conn)
	c.SendRaw(proxyHeader(t, 1, conn.LocalAddr().String(), hub))
	c.Expect(220)
	c.Do("QUIT", 221)
	conn = w.dial(balancer, hub) // only connects
	if err := conn.(*relaytest.Conn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	relaytest.NewClient(t, conn).Closed()
	w.stop()
	if text := w.log.String() + w.talk.String(); text != "" {
		t.Errorf("logged:\n%s", text)
	}
}

// A header that doesn't end costs five seconds and no more, and other clients don't wait for it.
func TestProxyHeaderSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, policy(t, defaultHub()), behindBalancer)
		conn := w.dial(balancer, hub)
		begin := time.Now()
		header := proxyHeader(t, 2, gateway+":4000", hub)
		written := make(chan struct{})
		go func() {
			defer close(written)
			for i := range len(header) { // it would take 28 s
				if _, err := io.WriteString(conn, header[i:i+1]); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		w.client(stranger, hub)
		relaytest.NewClient(t, conn).Closed()
		if d := time.Since(begin); d != 5*time.Second {
			t.Errorf("it took %v", d)
		}
		conn.Close()
		w.stop()
		<-written
	})
}

// Connections that wait for their header count among all connections, and end with the Server.
func TestProxyHeaderBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
			behindBalancer(s)
			s.MaxConnections = 1
		})
		begin := time.Now()
		w.dial(balancer, hub)
		synctest.Wait()
		relaytest.NewClient(t, w.dial(balancer, hub)).Closed()
		w.waitFor("too-many-connections")
		w.stop()
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}
