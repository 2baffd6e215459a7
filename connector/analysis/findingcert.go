package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// certificates finds certificates that don't match the connectors that use them, and
// those that have expired or soon will.
func (c *checker) certificates() {
	if len(c.opts.Certificates) == 0 {
		return
	}
	if !c.opts.Now.IsZero() {
		for i := range c.opts.Certificates {
			c.reportValidity(i)
		}
	}
	for e := range c.reachable {
		c.reportCertificateName(e)
	}
}

func (c *checker) reportValidity(i int) {
	cert := &c.opts.Certificates[i]
	f := Finding{Diagnostic: source.Diagnostic{Path: source.Path("Certificates").Index(i), Severity: source.SeverityError, Code: CodeCertificateExpired, Fix: "renew it"}}
	const day = "2006-01-02 15:04 MST"
	switch now := c.opts.Now; {
	case now.Before(cert.NotBefore):
		f.Detail = fmt.Sprintf("the certificate %s is not valid before %s", cert, cert.NotBefore.UTC().Format(day))
		f.Fix = "set the clock, or wait"
	case now.After(cert.NotAfter):
		f.Detail = fmt.Sprintf("the certificate %s expired on %s", cert, cert.NotAfter.UTC().Format(day))
	case cert.ExpiresSoon(now):
		f.Code, f.Severity = CodeCertificateExpires, source.SeverityWarning
		f.Detail = fmt.Sprintf("the certificate %s expires on %s, in less than 21 days", cert, cert.NotAfter.UTC().Format(day))
		if cert.warning() < longestWarning {
			f.Detail = fmt.Sprintf("the certificate %s expires on %s, after less than a quarter of its lifetime", cert, cert.NotAfter.UTC().Format(day))
		}
	default:
		return
	}
	c.report(f)
}

// reportCertificateName reports a connector whose Fqdn no certificate covers: clients
// that verify the server's name look for it in the certificate.
func (c *checker) reportCertificateName(e *servedConnector) {
	r := e.Settings()
	if !r.AuthMechanism.Or(0).Has(auth.TLS) {
		return
	}
	shown, chosen := c.shownBy(e)
	if slices.ContainsFunc(shown, func(cert *Certificate) bool { return cert.covers(e.Fqdn()) }) {
		return
	}
	d := source.Diagnostic{
		Code: CodeCertificateFqdn, Severity: source.SeverityWarning, Path: e.path + ".Fqdn",
		Detail: fmt.Sprintf("no certificate covers %s, the connector's Fqdn", e.Fqdn()),
		Fix:    "set Fqdn to a name in the certificate, or get a certificate for that name",
	}
	switch {
	case chosen && len(shown) == 0:
		d.Path = e.path + ".TlsCertificateName"
		d.Detail = "no certificate has the TlsCertificateName " + e.Settings().TlsCertificateName
		d.Fix = "set it to the name of a certificate" + c.SenderNamed() + ", or get the certificate"
	case chosen:
		d.Detail = fmt.Sprintf("the certificate that TlsCertificateName names does not cover %s, the connector's Fqdn", e.Fqdn())
	}
	if hosts := hostsOf(shown); len(hosts) > 0 {
		d.Detail += "; there is one for " + list(hosts, " and ")
	}
	c.report(Finding{Diagnostic: d, Witness: c.dialog(e, partition.Who{}, true), edit: c.renameEdit(e, chosen)})
}

// hostsOf returns the DNS names of certificates.
func hostsOf(all []*Certificate) (hosts []string) {
	for _, cert := range all {
		hosts = append(hosts, cert.Hosts...)
	}
	return hosts
}

// SenderNamed lists the names that TlsCertificateName can have, after a comma. A certificate that ACME has
// still to get has no name yet.
func (c *checker) SenderNamed() string {
	var names []string
	for _, cert := range c.opts.Certificates {
		if cert.Name.IsValid() {
			names = append(names, cert.Name.String())
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", " + list(names, " or ")
}

// shownBy returns the certificates that a connector shows, and whether TlsCertificateName has chosen them;
// without it they are those that cover the Fqdn, or else all.
func (c *checker) shownBy(e *servedConnector) (shown []*Certificate, chosen bool) {
	want, err := param.ParseSmtpX509Identifier(e.Settings().TlsCertificateName)
	chosen = err == nil
	var all []*Certificate
	for i := range c.opts.Certificates {
		cert := &c.opts.Certificates[i]
		all = append(all, cert)
		if chosen && cert.Name.Equal(want) || !chosen && cert.covers(e.Fqdn()) {
			shown = append(shown, cert)
		}
	}
	if len(shown) == 0 && !chosen {
		shown = all
	}
	return shown, chosen
}

// renameEdit returns the edit that sets Fqdn to a name in a certificate; nil if the
// connector must keep its name.
func (c *checker) renameEdit(e *servedConnector, chosen bool) func(*connector.Config) bool {
	if chosen || e.Settings().AuthMechanism.Or(0).Has(auth.ExchangeServer) {
		return nil
	}
	for _, cert := range c.opts.Certificates {
		for _, name := range cert.Hosts {
			if !strings.HasPrefix(name, "*") {
				return e.receiveEdit(func(r *connector.Receive) bool {
					was := r.Fqdn
					r.Fqdn = name
					return was != name
				})
			}
		}
	}
	return nil
}

// longestWarning is how long before its expiry a certificate with a lifetime of 84 days or more is reported.
const longestWarning = 21 * 24 * time.Hour

// ExpiresSoon reports whether the certificate has expired at now, or has so little time left that an
// automatic renewal must have failed: less than 21 days, or than a quarter of its lifetime if that is shorter.
func (cert *Certificate) ExpiresSoon(now time.Time) bool {
	return cert.NotAfter.Sub(now) < cert.warning()
}

// warning returns how long before its expiry the certificate is reported. ACME clients usually renew one when a
// third of its lifetime is left.
func (cert *Certificate) warning() time.Duration {
	return min(cert.NotAfter.Sub(cert.NotBefore)/4, longestWarning)
}

// String names the certificate by what it is for.
func (cert *Certificate) String() string {
	if len(cert.Hosts) > 0 {
		return "for " + list(cert.Hosts, " and ")
	}
	return cert.Name.Subject
}

// covers reports whether the certificate is for a host. A wildcard stands for one
// label (RFC 9525 section 6.3).
func (cert *Certificate) covers(host string) bool {
	for _, name := range cert.Hosts {
		if strings.EqualFold(name, host) {
			return true
		}
		rest, wildcard := strings.CutPrefix(name, "*.")
		if _, parent, ok := strings.Cut(host, "."); wildcard && ok && strings.EqualFold(parent, rest) {
			return true
		}
	}
	return false
}
