package main

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
)

// TestListedNameServers: -dns replaces the name servers of the machine, not those that the policy
// lists. -connect-to leads to another name server if it names that one, and away from any of them
// for the hosts that it covers.
func TestListedNameServers(t *testing.T) {
	machine := serveZone(t, "example.org. 300 MX 10 machine.example.org.")
	listed := serveZone(t, "example.org. 300 MX 10 listed.example.org.")
	policy := connector.NameServers{Servers: []netip.Addr{netip.MustParseAddr("192.0.2.53")}}
	for _, tt := range []struct {
		servers   connector.NameServers
		connectTo list
		want      string // "": none
	}{
		{connector.NameServers{}, nil, "machine.example.org."},
		{policy, list{"192.0.2.53:53:" + listed}, "listed.example.org."},
		{policy, list{"example.org:25:127.0.0.1:25", "192.0.2.53:53:" + listed}, ""},
	} {
		d, err := (&dnsFlags{dns: list{machine}, connectTo: tt.connectTo}).dialing()
		if err != nil {
			t.Fatal(err)
		}
		mx, err := d.resolverFor(tt.servers).LookupMX(t.Context(), "example.org.")
		got := ""
		if len(mx) > 0 {
			got = mx[0].Host
		}
		if e := new(net.DNSError); got != tt.want || got == "" && !(errors.As(err, &e) && e.IsNotFound) {
			t.Errorf("%v with %v: %q, %v; want %q", tt.servers, tt.connectTo, got, err, tt.want)
		}
	}
	d, err := (&dnsFlags{dns: list{machine}, connectTo: list{"::127.0.0.1:1"}}).dialing()
	if err != nil {
		t.Fatal(err)
	}
	if mx, err := d.listed.For(connector.NameServers{}).LookupMX(t.Context(), "example.org."); err != nil || len(mx) != 1 {
		t.Errorf("a detour for any host leads a name server away: %v, %v", mx, err)
	}
}

// TestRouteNameServers: route -tls asks the name servers of the connector.
func TestRouteNameServers(t *testing.T) {
	external := serveZone(t, "example.org. 300 MX 10 external.example.org.")
	internal := serveZone(t, "example.org. 300 MX 10 internal.example.org.")
	for use, want := range map[string]string{"true": "10 external.example.org", "false": "10 internal.example.org"} {
		policy := policyText(t, `{
			"Send": [{"Name": "Out", "AddressSpaces": ["*"], "UseExternalDNSServersEnabled": `+use+`, "DaneEnabled": false, "MtaStsEnabled": false}],
			"Services": [{
				"ExternalDNSServers": ["192.0.2.1"], "ExternalDNSAdapterEnabled": false, "InternalDNSServers": ["192.0.2.2"], "InternalDNSAdapterEnabled": false
			}]}`)
		code, out, errout := ran("route", policy, "-tls", "-to", "kim@example.org", "-dns", "127.0.0.1:1",
			"-connect-to", "192.0.2.1:53:"+external, "-connect-to", "192.0.2.2:53:"+internal)
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("UseExternalDNSServersEnabled %s: exit %d: %s%s; want %s", use, code, out, errout, want)
		}
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
