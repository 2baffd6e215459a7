package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestAskOtherServer: mail goes to a server of the organisation with TLS if it is offered, even
// if that server's Send connector requires TLS.
func TestAskOtherServer(t *testing.T) {
	secured := connector.Send{Name: "Bank", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("bank.org")}, RequireTLS: true, MaxMessageSize: param.UnlimitedSize}
	for source, encrypted := range map[string]bool{"HubA": true, "HubB": false} {
		cfg := connector.Config{
			Server: "HubA", Servers: []routing.Server{{Name: "HubA"}, {Name: "HubB"}},
			Receive: asked().Receive, Send: []connector.Send{secured},
		}
		cfg.Send[0].SourceTransportServers = []string{source}
		p := compile(t, cfg)
		for question, want := range map[string]bool{
			"-to bank.org always encrypted": encrypted, "-to bank.org never unencrypted": encrypted, "-to bank.org sometimes unencrypted": !encrypted, "-to bank.org always routed": true,
		} {
			if got := analysis.Ask(p, analysis.MustParseQuestion(question)); got.Undecided != "" || got.Holds != want {
				t.Errorf("by %s: %s: got %+v", source, question, got)
			}
		}
	}
}
