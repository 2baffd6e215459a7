package main

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestSeveralServers: the next server is asked while one doesn't answer, which is asked last from
// then on; that a name doesn't exist is an answer.
func TestSeveralServers(t *testing.T) {
	server := serveZone(t, "example.org. 300 MX 10 mx.example.org.", "example.org. 300 A 192.0.2.7")
	r, err := nameServers([]string{"127.0.0.1:1", server})
	if err != nil {
		t.Fatal(err)
	}
	several := r.(*severalServers)
	dead, good := several.servers[0], several.servers[1]
	if mx, err := several.LookupMX(t.Context(), "example.org."); err != nil || len(mx) != 1 {
		t.Errorf("%v, %v", mx, err)
	}
	now := time.Now()
	if order := several.inOrder(now); !slices.Equal(order, []*chosenServer{good, dead}) {
		t.Errorf("the server that didn't answer is asked first: %v", order)
	}
	if order := several.inOrder(now.Add(passedOver)); !slices.Equal(order, []*chosenServer{dead, good}) {
		t.Errorf("the first server is passed over for ever: %v", order)
	}
	if addrs, err := several.LookupNetIP(t.Context(), "ip4", "example.org."); err != nil || !slices.Equal(addrs, []netip.Addr{netip.MustParseAddr("192.0.2.7")}) {
		t.Errorf("%v, %v", addrs, err)
	}
	_, err = several.LookupTXT(t.Context(), "absent.example.org.")
	if e := new(net.DNSError); !errors.As(err, &e) || !e.IsNotFound || e.Server != server {
		t.Errorf("a name that doesn't exist: %v", err)
	}
}

// TestHostsFile: no name server is asked for the mail exchangers of a smart host that is in the
// hosts file, and each is for those of a mail domain.
func TestHostsFile(t *testing.T) {
	const dead = "127.0.0.1:1"
	d, err := (&dnsFlags{dns: list{dead}}).dialing()
	if err != nil {
		t.Fatal(err)
	}
	if !isInHostsFile(t.Context(), "localhost") {
		t.Skip("this machine has no localhost in its hosts file")
	}
	e := new(net.DNSError)
	if _, err := d.LookupMX(t.Context(), "localhost"); !errors.As(err, &e) || !e.IsNotFound {
		t.Errorf("a smart host: %v", err)
	}
	if addrs, err := d.LookupNetIP(t.Context(), "ip", "localhost"); err != nil || len(addrs) == 0 {
		t.Errorf("its addresses: %v, %v", addrs, err)
	}
	for _, name := range []string{"localhost.", "absent.example"} {
		if _, err := d.LookupMX(t.Context(), name); err == nil || errors.As(err, &e) && e.IsNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
