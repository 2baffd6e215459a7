package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestAskEverySize: what compares two policies is about all sizes unless the question says
// otherwise, and so is what is said of routes.
func TestAskEverySize(t *testing.T) {
	p := compile(t, asked())
	cfg := asked()
	cfg.Receive[0].MaxMessageSize = 10 * param.MB
	cfg.Receive[1].MaxMessageSize = 10 * param.MB // its clients declare no size
	cfg.Send[0].MaxMessageSize = 5 * param.MB
	smaller := compile(t, cfg)
	for question, want := range map[string]int64{ // the size of the witness; -1: yes
		"-connector Clients -tls equivalent sends":                 10<<20 + 1,
		"-connector Clients -tls -size 10MB equivalent sends":      -1,
		"-connector Clients -tls implies relays":                   10<<20 + 1,
		"-connector Scanners equivalent sends":                     -1,
		"-connector Scanners implies let-in":                       10<<20 + 1,
		"-connector Scanners equivalent relays":                    -1,
		"-connector Scanners -to fabrikam.com equivalent accepted": 5<<20 + 1,
		"-connector Scanners -to contoso.com implies accepted":     10<<20 + 1,
		"-connector Internet equivalent let-in":                    -1,
		"-to fabrikam.com equivalent routed":                       5<<20 + 1,
		"-to fabrikam.com -size 5MB equivalent routed":             -1,
		"-to contoso.com equivalent encrypted":                     -1,
		"-connector Scanners -to fabrikam.com disjoint accepted":   0,
	} {
		got := analysis.AskBoth(p, smaller, analysis.MustParseQuestion(question))
		if got.Undecided != "" || got.Holds != (want < 0) || want >= 0 && got.Witness.Size != want {
			t.Errorf("%s: got %+v, %+v", question, got, got.Witness)
		}
	}
}

// TestAskLargerWay: messages that are too large for a connector with TLS leave by another one
// without.
func TestAskLargerWay(t *testing.T) {
	cfg := asked()
	cfg.Send[1].MaxMessageSize = 10 * param.MB
	cfg.Send[0].AddressSpaces = append(cfg.Send[0].AddressSpaces, routing.MustParseAddressSpace("contoso.com;50"))
	p := compile(t, cfg)
	for question, want := range map[string]int64{ // the size of the witness; -1: no witness
		"-to contoso.com always encrypted":               10<<20 + 1,
		"-to contoso.com never unencrypted":              10<<20 + 1,
		"-to contoso.com sometimes unencrypted":          10<<20 + 1,
		"-to contoso.com always routed":                  -1, // what is too large for all isn't asked about
		"-to contoso.com -size 10MB always encrypted":    -1,
		"-to contoso.com -size 10MB never unencrypted":   -1,
		"-to contoso.com -size 11MB always encrypted":    10<<20 + 1,
		"-to contoso.com -size 31MB always routed":       30<<20 + 1,
		"-to fabrikam.com always unencrypted":            -1,
		"-to fabrikam.com -size 31MB always unencrypted": 30<<20 + 1,
	} {
		got := analysis.Ask(p, analysis.MustParseQuestion(question))
		if got.Undecided != "" || (got.Witness == nil) != (want < 0) || want >= 0 && got.Witness.Size != want {
			t.Errorf("%s: got %+v", question, got)
		}
	}
}

// TestAskSecuredDomains: mail for TLSSendDomainSecureList leaves with TLS, and other mail by the
// same connector need not.
func TestAskSecuredDomains(t *testing.T) {
	cfg := asked()
	cfg.Send[0].DomainSecureEnabled = true
	cfg.Transport.TLSSendDomainSecureList = []string{"bank.org"}
	p := compile(t, cfg)
	for question, want := range map[string]bool{
		"-to bank.org always encrypted": true, "-to fabrikam.com always encrypted": false, "-to fabrikam.com,bank.org always encrypted": false,
		"-to bank.org,fabrikam.com never encrypted": false, "-to *.bank.org always encrypted": false,
	} {
		if got := analysis.Ask(p, analysis.MustParseQuestion(question)); got.Undecided != "" || got.Holds != want {
			t.Errorf("%s: got %+v", question, got)
		}
	}
}

// TestAskRegistry: mail to a domain that is accepted only because strangers may register it is
// relayed, as check says.
func TestAskRegistry(t *testing.T) {
	for domain, relays := range map[string]bool{"*.org": true, "co.uk": false, "*.co.uk": true, "*.fabrikam.com": false, "*.internal": false} {
		cfg := asked()
		cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: domain})
		got := analysis.Ask(compile(t, cfg), analysis.MustParseQuestion("-connector Internet -as anonymous never relays"))
		if got.Undecided != "" || got.Holds == relays {
			t.Errorf("%s: got %+v", domain, got)
		}
	}
	cfg := asked()
	cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: "com", MatchSubDomains: true})
	p := compile(t, cfg)
	for question, want := range map[string]bool{
		"-connector Internet -as anonymous never relays":                     false,
		"-connector Internet -as anonymous -to com never relays":             true,
		"-connector Internet -as anonymous -to contoso.com never relays":     true,
		"-connector Internet -as anonymous -to fabrikam.com sometimes sends": true,
	} {
		if got := analysis.Ask(p, analysis.MustParseQuestion(question)); got.Undecided != "" || got.Holds != want {
			t.Errorf("%s: got %+v", question, got)
		}
	}
}
