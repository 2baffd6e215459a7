package main

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestServeKeepsCounts: two Send connectors to one smart host share the recipients of the day, also after a
// restart; queue list says what the next one waits for.
func TestServeKeepsCounts(t *testing.T) {
	site := newSite(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sink := &relaytest.Sink{}
	go sink.Serve(l)
	defer sink.Close()
	out := func(name, domain string) string {
		return fmt.Sprintf(`{"Name": %q, "AddressSpaces": [%q], "SmartHosts": ["127.0.0.1"], "Port": %d, "SmartHostRecipientRateLimit": "3"}`,
			name, domain, l.Addr().(*net.TCPAddr).Port)
	}
	site.write("policy.json", fmt.Appendf(nil, `{"Receive": [{"Name": "Relay", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers"}],
		"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}, {"Name": "b", "DomainName": "contoso.com"}], "Send": [%s, %s]}`,
		site.binding, out("One", "fabrikam.com"), out("Two", "contoso.com")))
	data := site.file("data")

	s := startServing(t, site.flags("-data", data)...)
	for _, to := range []string{"bob@fabrikam.com", "kim@contoso.com", "bob@fabrikam.com"} {
		site.submit(to)
	}
	s.end(t)
	if n := len(sink.Messages()); n != 3 {
		t.Fatalf("%d messages: %s", n, s.stderr)
	}

	s = startServing(t, site.flags("-data", data)...)
	site.submit("kim@contoso.com")
	said := queueCommand(t, data, "list")
	for _, want := range []string{"<kim@contoso.com>  waiting, next try in 1d", "SmartHostRecipientRateLimit: [127.0.0.1] gets at most 3 recipients in 24 hours"} {
		if !strings.Contains(said, want) {
			t.Errorf("on the queue, without %q:\n%s", want, said)
		}
	}
	if s.end(t); len(sink.Messages()) != 3 {
		t.Errorf("%d messages: %s", len(sink.Messages()), s.stderr)
	}
}
