package delivery_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// listening is a Receive connector at the given bindings.
func listening(bindings ...string) connector.Receive {
	r := connector.Receive{Name: "in", Usage: param.UsageInternet}
	for _, b := range bindings {
		r.Bindings = append(r.Bindings, netip.MustParseAddrPort(b))
	}
	return r
}

// TestLoops sends no mail to ourselves, under whatever name or address. Our
// server is 10.2.3.4, and no host is at 192.0.2.9.
func TestLoops(t *testing.T) {
	toLocal := toHosts("10.2.3.4")
	other := toLocal
	other.Port = 2525
	for _, tc := range []struct {
		name    string
		send    connector.Send
		binding string
		to      string
		want    string
	}{
		{"smart host at a binding", toLocal, "10.2.3.4:25", "b@x.example", "451 4.4.6"},
		{"smart host at a wildcard binding", toLocal, "0.0.0.0:25", "b@x.example", "451 4.4.6"},
		{"loopback at a wildcard binding", toHosts("127.0.0.1"), "0.0.0.0:25", "b@x.example", "451 4.4.6"},
		{"unspecified address", byDNS(), "10.2.3.4:25", "b@zero.example", "554 5.4.6"},
		{"another port", other, "0.0.0.0:25", "b@x.example", "ok"},
		{"another family", toLocal, "[::]:25", "b@x.example", "ok"},
		{"smart host elsewhere", toHosts("192.0.2.1"), "0.0.0.0:25", "b@x.example", "ok"},
		{"name with an address of this server", toHosts("both.example"), "0.0.0.0:25", "b@x.example", "451 4.4.6"},
		{"MX is us", byDNS(), "0.0.0.0:25", "b@us.example", "554 5.4.6"},
		{"no MX, and us", byDNS(), "0.0.0.0:25", "b@alias.example", "554 5.4.6"},
		{"literal", byDNS(), "0.0.0.0:25", "b@[10.2.3.4]", "554 5.4.6"},
		{"we are the backup", byDNS(), "0.0.0.0:25", "b@backup.example", "ok"},
		{"and the best is dead", byDNS(), "0.0.0.0:25", "b@dead.example", "451 4.4.1"},
		{"we are the best, with an equal", byDNS(), "0.0.0.0:25", "b@equal.example", "554 5.4.6"},
	} {
		w := worldOf(t, connector.Config{Receive: []connector.Receive{listening(tc.binding)}, Send: []connector.Send{tc.send}})
		w.dns.AddHost("alias.example", addr("10.2.3.4")) // our own, under another name than hub.contoso.com
		w.dns.AddHost("other.example", addr("192.0.2.1"))
		w.dns.AddHost("nobody.example", addr("192.0.2.9"))
		w.dns.AddHost("both.example", addr("192.0.2.1"), addr("10.2.3.4"))
		w.dns.AddHost("zero.example", addr("0.0.0.0"))
		w.dns.AddMX("us.example", 10, "alias.example.")
		w.dns.AddMX("backup.example", 10, "other.example.")
		w.dns.AddMX("backup.example", 20, "alias.example.")
		w.dns.AddMX("dead.example", 10, "nobody.example.")
		w.dns.AddMX("dead.example", 20, "alias.example.")
		w.dns.AddMX("dead.example", 30, "other.example.") // would give it back to us
		w.dns.AddMX("equal.example", 10, "alias.example.")
		w.dns.AddMX("equal.example", 10, "other.example.")
		for _, at := range []string{"192.0.2.1:25", "10.2.3.4:25", "10.2.3.4:2525"} {
			w.sink(at, &relaytest.Sink{})
		}
		expect(t, tc.name, w.send(tc.to), tc.want)
	}
}

// TestOwnInterfaces: unless told otherwise, what the interfaces have is ours.
func TestOwnInterfaces(t *testing.T) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		own, ok := netip.AddrFromSlice(i.(*net.IPNet).IP)
		if own = own.Unmap(); !ok || own.IsLinkLocalUnicast() {
			continue
		}
		w := worldOf(t, connector.Config{Receive: []connector.Receive{listening("0.0.0.0:25", "[::]:25")},
			Send: []connector.Send{toHosts(own.String())}})
		w.sender.Local = nil
		expect(t, own.String(), w.send("b@x.example"), "451 4.4.6")
	}
	w := worldOf(t, connector.Config{Receive: []connector.Receive{listening("0.0.0.0:25")}, Send: []connector.Send{toHosts("192.0.2.1")}})
	w.sender.Local = nil
	w.sink("192.0.2.1:25", &relaytest.Sink{})
	expect(t, "documentation address", w.send("b@x.example"), "ok") // RFC 5737: of no host
}
