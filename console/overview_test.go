package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// TestOverview: the first page says whether mail is accepted and delivered, and what is wrong as gateway status says it.
func TestOverview(t *testing.T) {
	g := newFakeGateway(3)
	g.hops[0].Oldest = noon.Add(-5 * time.Hour)
	s := &g.status
	s.Policy = "another-one"
	s.Bindings = []control.Binding{{Address: "10.2.3.4:25", Connectors: []string{"Printers"}, Listening: true}, {Address: "10.2.3.4:587", Connectors: []string{"Clients"}}}
	s.Sessions = []control.Sessions{{Connector: "Printers", Open: 3}, {Connector: "Clients", Open: 4}}
	s.Queue = &control.Queued{Waiting: 3, Sending: 1, Oldest: noon.Add(-5 * time.Hour)}
	s.Failing = []control.NextHop{{Name: "Internet contoso.com", Waiting: 3, Host: "mx", Reply: "451 " + hostile, Advice: "Wait until it is available."}}
	s.Resources = []control.Resource{{Name: "disk", Value: 10, Limit: 100, Refusing: true}}
	s.Refused = []control.Refused{{Connector: "Printers", Reason: "relay-denied", Count: 12, Last: noon}, {Reason: "no-connector", Count: 2, Last: noon}}
	s.Traffic = control.Traffic{Connections: 12, Accepted: 40, Refused: 14, Delivered: 38, Deferred: 3, Failed: 1}
	s.Certificates = []control.Certificate{{Connector: "Printers", Receive: true, Expires: noon.Add(5 * 24 * time.Hour)}, {Connector: "Internet", Expires: noon}}
	s.Reload = &control.Reloaded{Time: noon.Add(-time.Minute), Error: "policy.ps1:3: no such connector"}
	s.LostLines = []control.LostLines{{Log: "tracking", Lines: 4}}
	b := newTester(t, relayed, withGateway(g))
	a := b.get("/")
	b.expect(a, http.StatusOK, "CRITICAL", "the oldest message is 5 hours old", `the certificate of "Internet" has expired`, "No, mail is refused", "refusing because of disk", "10.2.3.4:587 not open",
		"The oldest waits for 5 hours, in Internet contoso.com : mx.contoso.com: 451 4.3.0", "3 messages waiting", "7 sessions open now", "12 connections", "40 recipients accepted, 14 refused", "38 delivered, 3 deferred, 1 failed",
		"relay-denied", "none serves the client", "5 days, renew it", "expired", "failed", "policy.ps1:3: no such connector", "4 lines of the tracking log are lost", "The gateway uses another one: another-one", "Wait until it is available.", "All findings")
	harmlessPage(t, a)

	*s = control.Status{Time: noon, State: control.Serving, Started: noon.Add(-time.Hour), Bindings: s.Bindings[:1], Queue: &control.Queued{}}
	b.console.snapshots.Forget()
	a = b.get("/")
	b.expect(a, http.StatusOK, "State of the gateway: OK", "Accepting mail? Yes", "Delivering mail? Yes", "0 messages waiting")
	for _, absent := range []string{"Next hops that fail", "Refused in the last", "Certificates", "The oldest waits", "uses another"} {
		if strings.Contains(a.body, absent) {
			t.Errorf("%q without a reason", absent)
		}
	}
	s.Queue = nil
	b.console.snapshots.Forget()
	b.expect(b.get("/"), http.StatusOK, "Without a queue")
}

// TestOverviewWithoutGateway: without a gateway the policy is shown, and how to start one.
func TestOverviewWithoutGateway(t *testing.T) {
	b := newTester(t, relayed)
	a := b.get("/")
	b.expect(a, http.StatusOK, "isn't connected to a running gateway", "gateway serve", b.file, "Policy", "Findings")
	if strings.Contains(a.body, "Accepting mail") {
		t.Error("a gateway is shown that isn't there")
	}
}
