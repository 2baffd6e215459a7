package main

import (
	"crypto/rsa"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay"
)

// checkFlags are the flags of gateway check.
type checkFlags struct {
	policyFlags
	userFlags
	acme     string
	tokens   string
	clientCA string
	oauth    oauthFlags
	dkimKeys string
	milters  milterFlags
	data     string
	names    dnsFlags
}

func (f *checkFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	f.registerKeys(fs, "PEM `FILE` with the key of the -cert at the same place: look at the certificate, too; may be repeated")
	f.userFlags.register(fs)
	fs.StringVar(&f.acme, "acme", "", "the `DIR` in which serve keeps its certificates by ACME: look at them, too; it gets those that aren't there yet")
	fs.StringVar(&f.tokens, "tokens", "", "`FILE` of the identity provider whose tokens serve accepts: look at it, too, and fetch the provider's keys")
	fs.StringVar(&f.clientCA, "client-ca", "", "PEM `FILE` with the authorities of clients' certificates, as of serve: without it users can't log on with certificates")
	f.oauth.register(fs)
	fs.StringVar(&f.dkimKeys, "dkim-keys", "", "the `DIR` with the keys that sign mail: look at them, too")
	f.milters.register(fs, "the content filter of serve at `ADDRESS`, inet:HOST:PORT or unix:PATH: connect to it; may be repeated")
	fs.StringVar(&f.data, "data", "", "the `DIR` of serve, which has the refresh tokens")
	f.names.registerTrusted(fs)
}

// check registers the flags of gateway check and returns its runner.
func check(c *cli, fs *flag.FlagSet) runner {
	var f checkFlags
	f.register(fs)
	return func(words []string) int {
		f.files = append(f.files, words...)
		return c.check(&f)
	}
}

// check lists the findings about a policy that is valid.
func (c *cli) check(f *checkFlags) int {
	m, err := f.material()
	if err != nil {
		return c.mistaken(f.json, owner(err, append(f.places(), flagFile{"-tokens", f.tokens}, flagFile{"-oauth", f.oauth.file})...), err)
	}
	m.now = c.now()
	f.fqdn = c.machine()
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	all := l.check(m)
	if f.json {
		c.printJSON(struct {
			Policy   string    `json:"policy"` // its fingerprint
			Findings []checked `json:"findings"`
		}{l.Policy.Fingerprint(), all})
	} else {
		printChecked(c.stdout, all, summary(all))
		fmt.Fprintln(c.stdout, "policy "+l.Policy.Fingerprint())
	}
	if slices.ContainsFunc(all, checked.stops) {
		return exitInvalid
	}
	// Notes answer a question, so they are no reason to stop.
	if slices.ContainsFunc(all, func(f checked) bool { return f.Acknowledged == "" && f.Severity != source.SeverityNote }) {
		return exitNo
	}
	return exitOK
}

// checked is a finding of check with its place in the files.
type checked struct {
	source.Diagnostic
	Clients      []clientsJSON `json:"clients,omitempty"`
	Elsewhere    int           `json:"moreClients,omitempty"` // local addresses with clients that Clients leaves out
	Witness      *witnessJSON  `json:"witness,omitempty"`
	Page         string        `json:"page,omitempty"`
	Extent       string        `json:"extent,omitempty"` // what an acknowledgement must name
	Acknowledged string        `json:"acknowledged,omitempty"`

	example string
}

// surroundings returns the findings about what the policy is run with.
func (l *loaded) surroundings(m material) []source.Diagnostic {
	more := slices.Concat(l.exposed(m), godebug(), l.userFindings(m), l.tokenFindings(m), l.externalFindings(m), l.oauthFindings(m), l.dkimFindings(m), m.milters)
	if m.noQueue {
		more = append(l.withoutQueue(), more...)
	}
	if !m.validating {
		more = append(l.withoutValidation(), more...)
	}
	if certificates, _ := certificatesOf(l.Policy, m); len(certificates) == 0 && len(l.Files) > 0 { // the demonstration makes one
		more = append(l.withoutCertificate(m), more...)
	}
	return more
}

// check returns the findings about the policy and what it is run with.
func (l *loaded) check(m material) []checked {
	certificates, files := certificatesOf(l.Policy, m)
	more := l.surroundings(m)
	all := []checked{} // in JSON a list, not null
	for _, f := range l.Findings(analysis.Options{Now: m.now, Certificates: certificates, Authenticates: true}, more...) {
		one := newChecked(f)
		list, i, _ := f.Path.List()
		switch {
		case list == "Certificates" && i >= 0:
			one.Path, one.File = "", files[i]
		case f.Code == codeGodebug, f.Code == codeMilterFailed:
			one.Position = source.Position{} // no file says it
		case f.Code == analysis.CodeServesNothing && one.stops():
			one.Path = "" // the flag decides, whatever a file says
			one.Detail, one.Fix = one.Detail+"; give "+l.others(), ""
		}
		all = append(all, one)
	}
	return all
}

// others are the flags that would make this server one of those that have Receive
// connectors. Connectors of a script that ran without -server belong to localhost:
// with the flag they belong to the server that it names.
func (l *loaded) others() string {
	cfg := l.Config()
	var flags []string
	for _, in := range cfg.Receive {
		server := in.WithDefaults(&cfg).Server
		if strings.EqualFold(server, "localhost") {
			server = connector.Receive{}.WithDefaults(&cfg).Server
		}
		if !slices.ContainsFunc(flags, func(f string) bool { return strings.EqualFold(f, "-server "+server) }) {
			flags = append(flags, "-server "+server)
		}
	}
	return strings.Join(flags, " or ")
}

func newChecked(f analysis.Finding) checked {
	one := checked{Diagnostic: f.Diagnostic, Page: f.Page(), Extent: f.Extent(), Acknowledged: f.Acknowledged, Elsewhere: f.MoreClients}
	for _, s := range f.Clients {
		one.Clients = append(one.Clients, clientsJSON(s))
	}
	if f.Shown() {
		w := newWitnessJSON(f.Witness)
		one.Witness, one.example = &w, explain.Session(f.Witness)
	}
	return one
}

// logged reports whether serve logs the finding: errors, warnings, and what was acknowledged. A note
// answers a question.
func (f checked) logged() bool { return f.Severity != source.SeverityNote || f.Acknowledged != "" }

// stops reports whether the policy isn't served: it serves nothing, or an assertion isn't proved.
func (f checked) stops() bool {
	switch f.Code {
	case analysis.CodeAssertionFalse, analysis.CodeAssertionInvalid, analysis.CodeAssertionUndecided:
		return true
	case analysis.CodeServesNothing:
		return f.Severity == source.SeverityError && f.Acknowledged == ""
	}
	return false
}

func printChecked(w io.Writer, all []checked, total string) {
	for _, f := range all {
		text, clients, several := strings.Cut(f.Detail, ":\n")
		if several {
			f.Detail = text // the code follows it, and then the clients
			clients = ":\n      " + strings.ReplaceAll(clients, "\n", "\n      ")
		}
		fmt.Fprintf(w, "%s: %s%s\n", f.Severity, f.Summary(), clients)
		if f.example != "" {
			fmt.Fprintf(w, "    for example %s\n", f.example)
		}
		if f.Fix != "" && f.Severity != source.SeverityNote {
			fmt.Fprintf(w, "    fix: %s\n", f.Fix)
		}
		if f.Acknowledged != "" {
			fmt.Fprintf(w, "    acknowledged: %s\n", f.Acknowledged)
		}
	}
	fmt.Fprintln(w, total)
}

// summary counts the findings by severity, and apart those that are acknowledged.
func summary(all []checked) string {
	numbers := map[string]int{}
	for _, f := range all {
		if f.Acknowledged != "" {
			numbers["acknowledged finding"]++
		} else {
			numbers[f.Severity.String()]++
		}
	}
	var parts []string
	for _, name := range []string{"error", "warning", "note", "acknowledged finding"} {
		if n := numbers[name]; n > 0 {
			parts = append(parts, count(n, name))
		}
	}
	if len(parts) == 0 {
		return "0 findings"
	}
	return strings.Join(parts, ", ")
}

// certificatesOf returns the certificates of a relay as analysis needs them, with their files, "" where there is no file.
func certificatesOf(p *connector.Policy, m material) (all []analysis.Certificate, files []string) {
	all, files = certificatesByACME(p, m)
	for i, c := range m.chain {
		if c.Leaf == nil {
			continue // it isn't parsed, so nothing is known about it
		}
		all, files = append(all, describe(c.Leaf)), append(files, "")
		if i < len(m.pairs) { // the demonstration makes one
			files[len(files)-1] = m.pairs[i].cert
		}
	}
	return all, files
}

// describe returns a certificate as analysis needs it.
func describe(leaf *x509.Certificate) analysis.Certificate {
	_, isRSA := leaf.PublicKey.(*rsa.PublicKey)
	return analysis.Certificate{
		Name:  relay.CertificateName(leaf),
		Hosts: leaf.DNSNames, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, NoRSA: !isRSA,
	}
}
