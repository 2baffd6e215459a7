package analysis_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/routing"
)

// TestParseQuestion: a question is written as it was read, its options in one order.
func TestParseQuestion(t *testing.T) {
	for text, want := range map[string]string{
		"always accepted": "",
		"always accepted -to *.contoso.com -remote 10.1.0.0/16 -as printers -tls -size 20MB": "-remote 10.1.0.0/16 -as printers -tls -to *.contoso.com -size 20MB always accepted",
		`--as "NT AUTHORITY\Authenticated Users" never relays`:                               `-as "NT AUTHORITY\Authenticated Users" never relays`,
		"-from '<>, Contoso.COM,ann@contoso.com,[192.0.2.1]' sometimes sends":                "-from <>,contoso.com,ann@contoso.com,[192.0.2.1] sometimes sends",
		"-as anybody -clear never logs-on":                                                   "-clear never logs-on",
		"-as certificate:Bank.org -own always sends":                                         "-as certificate:bank.org -own always sends",
		"-local 0.0.0.0:25,[::]:587 never offered auth login":                                "-local 0.0.0.0:25,[::]:587 never offered AUTH LOGIN",
		`-remote 10.0.0.1-10.0.0.9,::/0 always served by "Default HubA"`:                     "",
		`-connector A -with-connector 'B "b"' disjoint served`:                               `-connector A -with-connector "B "'"'"b"'"' disjoint served`,
		"-as CertiFicate:Bank.org never sends":                                               "-as certificate:bank.org never sends",
		"-as Anonymous never relays":                                                         "-as anonymous never relays",
		"-as s-1-5-7 never relays":                                                           "-as anonymous never relays",
		`-as "ANONYMOUS LOGON" never relays`:                                                 "-as anonymous never relays",
		`-as "MS Exchange\Partner Servers" never relays`:                                     "-as certificate never relays",
		"-remote !10.0.0.0/8 -from contoso.com never sends":                                  "",
		"-remote !10.1.0.0/16,10.0.0.0/8 never sends":                                        "-remote 10.0.0.0/8,!10.1.0.0/16 never sends",
		`-connector 'it''s' -others always let-in`:                                           `-others -connector its always let-in`,
		`-connector "it's" always routed`:                                                    "",
	} {
		q, err := analysis.ParseQuestion(text)
		if want == "" {
			want = text
		}
		if err != nil || q.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, q, err, want)
		}
	}
}

// TestParseQuestionMistakes: the error names the option and says what would be right.
func TestParseQuestionMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "needs a claim, always, never",
		"always":                           "and a property, served, offered",
		"mostly accepted":                  `"mostly" is not a claim; give always,`,
		"always happy":                     `"happy" is not a property; give served,`,
		"always accepted soon":             `"soon" is too much after always accepted`,
		"always served at x":               `"at x" is too much`,
		"never offered":                    "is not a keyword that EHLO may offer; give one of 8BITMIME, AUTH,",
		"never offered AUTH LOGIN PLAIN":   "is not a mechanism that AUTH may offer",
		"never offered AUTH PLIAN":         `"PLIAN" is not a mechanism that AUTH may offer; give one of LOGIN, PLAIN, OAUTHBEARER`,
		"never offered AUTH SCRAM-SHA-256": "ask about AUTH LOGIN",
		"never offered CHUNKNIG":           `"CHUNKNIG" is not a keyword`,
		"-to '' always accepted":           "-to is empty",
		"-remote ' ' never relays":         "-remote is empty",
		"-clear -clear never relays":       "-clear is given twice",
		"-as Partners never relays":        "Partners is a permission group of connectors, and its members are no users of that name; give -as certificate",
		"-as exchangeusers never relays":   `give -as 'NT AUTHORITY\Authenticated Users'`,
		"-as AnonymousUsers never relays":  "give -as anonymous",
		`-as "MS Exchange\Externally Secured Servers" never sends`: "the clients of connectors with ExternalAuthoritative",
		"-remote 10.0.0.0/8,!0.0.0.0/0 never relays":               "-remote: the ranges after ! leave no client",
		"-remote !10.0.0.0/33 never relays":                        "-remote: range",
		"-remote here never relays":                                "-remote: ",
		"-local 10.2.3.4 never relays":                             "the port is missing",
		"-as Everyone never relays":                                "-as: ",
		"-as certificate:- never relays":                           "-as: domain",
		"-tls -clear never relays":                                 "-clear: give one of -tls and -clear",
		"-own -others never relays":                                "-others: give one of -own and -others",
		"-as anonymous -own never relays":                          "-own: an anonymous client",
		"-as certificate -clear never relays":                      "-clear: a client shows its certificate with TLS only",
		"-size unlimited always accepted":                          "-size: give the size",
		"-size many always accepted":                               "-size: size",
		"-to <> always accepted":                                   "-to: <> is a sender",
		"-to *.[192.0.2.1] always accepted":                        "-to: an address literal takes no wildcard",
		"-from a@b@c always sends":                                 "-from: address",
		"-from jürgen@contoso.com always sends":                    "only addresses in ASCII",
		"-from a.com -from b.com always sends":                     "-from is given twice",
		"-of x always sends":                                       "-of is not an option of a question; the options are -remote -local",
		"always sends -from":                                       "-from needs a value",
		"-connector '' always sends":                               "-connector is empty",
		"-connector 'x always sends":                               "quotation mark ' is open",
		"-connector A -with-connector B always x":                  `"x" is not a property`,
		"-connector A -with-connector B never relays":              "-with-connector goes with disjoint, implies or equivalent",
		"-with-connector B disjoint served":                        "-with-connector needs -connector",
		strings.Repeat("x", 1<<17):                                 "the question has 131072 bytes",
		"-to " + strings.Repeat("a,", 1001) + "a always accepted":  "the list has 1002 elements",
	} {
		if q, err := analysis.ParseQuestion(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, %v, want an error with %q", text, q, err, want)
		}
	}
}

// TestMailboxes: which addresses an element of From or To covers.
func TestMailboxes(t *testing.T) {
	for text, covered := range map[string]string{
		"<>":               "<>",
		"*":                "a@contoso.com a@b.contoso.com a@[192.0.2.1]",
		"contoso.com":      "a@contoso.com b@contoso.com",
		"*.contoso.com":    "a@contoso.com b@contoso.com a@b.contoso.com",
		"A@contoso.com":    "a@contoso.com",
		"[192.0.2.1]":      "a@[192.0.2.1]",
		"*.com":            "a@contoso.com b@contoso.com a@b.contoso.com a@xcontoso.com",
		"host.contoso.com": "",
	} {
		m := analysis.MustParseMailboxes(text)
		for _, a := range []string{"<>", "a@contoso.com", "b@contoso.com", "a@b.contoso.com", "a@xcontoso.com", "a@[192.0.2.1]"} {
			want := a == "<>" && text == "<>" || a != "<>" && (text == "*" || strings.Contains(" "+covered+" ", " "+a+" "))
			if got := m.Covers(address(a)); got != want {
				t.Errorf("%s covers %s: %v", text, a, got)
			}
		}
	}
}

// FuzzParseQuestion: what is read is written so that it is read again, as the same.
func FuzzParseQuestion(f *testing.F) {
	f.Add("-remote 10.1.0.0/16 -as printers -tls -to *.contoso.com -size 20MB always accepted")
	f.Add(`-from <>,"a b"@contoso.com -own -local 0.0.0.0:25 sometimes served by "a 'b"`)
	f.Add("-remote 10.0.0.0/8,!10.1.0.0/16,!::1 -as S-1-5-7 never offered AUTH EXTERNAL")
	f.Add("-as certificate:bank.org -connector a -with-connector b implies offered auth plain")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := analysis.ParseQuestion(text)
		if err != nil {
			return
		}
		again, err := analysis.ParseQuestion(q.String())
		if err != nil || again.String() != q.String() {
			t.Errorf("%q is read as %q, and that as %q, %v", text, q, again, err)
		}
	})
}

// address parses an address; <> is the null sender.
func address(s string) routing.Address {
	if s == "<>" {
		return routing.Address{}
	}
	return routing.MustParseAddress(s)
}
