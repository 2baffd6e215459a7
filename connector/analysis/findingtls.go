package analysis

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// legacyWarning is how long before TlsLegacyEndDate it is reported: time to replace a device.
const legacyWarning = 30 * 24 * time.Hour

// Ranges of up to as many addresses, and IPv6 networks of one host, are named devices.
const (
	legacyBits4 = 28
	legacyBits6 = 64
)

// legacyTLS finds connectors that let clients use old TLS: too many of them, without an end,
// or not for long.
func (c *checker) legacyTLS() {
	for e := range c.reachable {
		r := e.Settings()
		if !r.AllowsLegacyTLS() || !e.implicit && !r.AuthMechanism.Or(0).Has(auth.TLS) {
			continue
		}
		if ended := c.legacyEnd(e); ended {
			continue
		}
		c.withoutRSA(e)
		var wide []string
		for _, one := range r.RemoteIPRanges {
			if widerThanDevices(one) {
				wide = append(wide, one.String())
			}
		}
		if len(wide) > 0 {
			c.report(Finding{Diagnostic: source.Diagnostic{
				Code: CodeTLSLegacyRange, Severity: source.SeverityWarning, Path: e.path + ".RemoteIPRanges",
				Detail: fmt.Sprintf("old TLS is accepted from all clients in %s", strings.Join(wide, ", ")),
				Fix:    "make a connector for the devices that need it, with ranges of at most 16 addresses (/28)",
			}, Witness: c.dialog(e, partition.Who{}, true)})
		}
	}
}

// withoutRSA reports a connector for old devices that shows no certificate with an RSA key: most of them
// know neither elliptic curves nor signatures by them.
func (c *checker) withoutRSA(e *servedConnector) {
	shown, _ := c.shownBy(e)
	if len(shown) == 0 || slices.ContainsFunc(shown, func(cert *Certificate) bool { return !cert.NoRSA }) {
		return
	}
	field := source.Path("TlsMinimumVersion")
	if len(e.Settings().TlsLegacyCipherSuites) > 0 {
		field = "TlsLegacyCipherSuites"
	}
	c.report(Finding{Diagnostic: source.Diagnostic{
		Code: CodeCertificateNoRSA, Severity: source.SeverityWarning, Path: e.path.Field(field),
		Detail: "old TLS is accepted, and the connector shows no certificate with an RSA key, so devices that exchange keys by RSA can't connect",
		Fix:    "give a certificate with an RSA key, too",
	}, Witness: c.dialog(e, partition.Who{}, true)})
}

// legacyEnd reports what is wrong with the connector's TlsLegacyEndDate, and whether it has
// passed.
func (c *checker) legacyEnd(e *servedConnector) (ended bool) {
	last := e.Settings().TlsLegacyEndDate
	f := Finding{
		Diagnostic: source.Diagnostic{Severity: source.SeverityWarning, Path: e.path + ".TlsLegacyEndDate"},
		Witness:    c.dialog(e, partition.Who{}, true),
	}
	switch left := last.End().Sub(c.opts.Now); {
	case !last.IsValid():
		f.Code, f.Detail = CodeTLSLegacyNoEnd, "old TLS is accepted without an end"
		f.Fix = "set TlsLegacyEndDate to the day by which the devices will have been replaced"
	case c.opts.Now.IsZero() || left > legacyWarning:
		return false
	case left > 0:
		f.Code, f.Detail = CodeTLSLegacyEnds, fmt.Sprintf("old TLS is accepted until %v; then devices that have nothing better can't connect any more", last)
		f.Fix = "replace the devices, or set a later TlsLegacyEndDate"
	default:
		f.Code, f.Detail = CodeTLSLegacyEnded, fmt.Sprintf("old TLS has not been accepted since %v", last)
		f.Fix = "remove TlsMinimumVersion, TlsLegacyCipherSuites and TlsLegacyEndDate, or set a later TlsLegacyEndDate"
		f.edit = e.receiveEdit(func(r *connector.Receive) bool {
			was := r.AllowsLegacyTLS()
			r.TlsMinimumVersion, r.TlsLegacyCipherSuites, r.TlsLegacyEndDate = 0, nil, param.Date{}
			return was
		})
		ended = true
	}
	c.report(f)
	return ended
}

// widerThanDevices reports whether a range has room for more than a few named devices.
func widerThanDevices(r param.Range) bool {
	bits := legacyBits4
	if r.Low().Is6() {
		bits = legacyBits6
	}
	most := param.MustParseRange(netip.PrefixFrom(r.Low(), bits).Masked().String())
	return most.Narrower(r)
}
