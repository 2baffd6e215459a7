package main

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// newPolicy sends everything to a smart host.
func newPolicy(t *testing.T) *connector.Policy {
	t.Helper()
	policy, err := jsonconfig.Compile("policy.json", []byte(`{"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["10.2.3.9"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// TestFate: one recipient is delivered and one refused.
func TestFate(t *testing.T) {
	var network relaytest.Network
	listener, err := network.Listen("10.2.3.9:25")
	if err != nil {
		t.Fatal(err)
	}
	sink := &relaytest.Sink{Script: func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt && argument == "gone@contoso.com" {
			return "550 5.1.1 User unknown"
		}
		return ""
	}}
	go sink.Serve(listener)
	defer sink.Close()
	sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
	var out strings.Builder
	message := strings.NewReader("Subject: invoice\n\nHello\n")
	if err := run(t.Context(), &out, newPolicy(t), new(queuetest.Store), sender, message, "app@fabrikam.com", "kim@contoso.com", "gone@contoso.com"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"kim@contoso.com: delivered", "gone@contoso.com: refused 550 5.1.1 User unknown"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if m := sink.Messages()[0]; m.From != "app@fabrikam.com" || m.To[0] != "kim@contoso.com" || !strings.Contains(string(m.Data), "Subject: invoice\r\n") {
		t.Errorf("arrived: %v", m)
	}
}

// TestExpired tests two days of retries in no time: the clock of the bubble goes on when
// every goroutine waits.
func TestExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network relaytest.Network // on which no server listens
		sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
		var out strings.Builder
		begun := time.Now()
		err := run(t.Context(), &out, newPolicy(t), new(queuetest.Store), sender, strings.NewReader("Subject: invoice\r\n\r\n"),
			"app@fabrikam.com", "kim@contoso.com")
		if took := time.Since(begun); err != nil || took < 48*time.Hour || took > 49*time.Hour || !strings.Contains(out.String(), "kim@contoso.com: message expired ") {
			t.Errorf("after %v: %v\n%s", took, err, out.String())
		}
	})
}
