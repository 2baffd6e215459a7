package mxpolicy

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/delivery"
)

// DANE and MTA-STS together: usable TLSA records decide alone, otherwise the stricter counts.
func TestBoth(t *testing.T) {
	const record = "_25._tcp.mx.example.com TLSA"
	for _, tc := range []struct {
		name, tlsa, mode, want string
	}{
		{"a usable record", tlsaEE, "enforce", "a certificate, mx.example.com"},
		{"a usable record and a policy for others", tlsaEE, "others", "a certificate, mx.example.com"},
		{"an unusable record", "1" + tlsaEE[1:], "enforce", "a valid certificate"},
		{"an unusable record and a policy for others", "1" + tlsaEE[1:], "others", "no mail: the MTA-STS policy"},
		{"an unusable record and a policy that is tested", "1" + tlsaEE[1:], "testing", "TLS"},
		{"no record", "", "enforce", "a valid certificate"},
		{"no record and a policy that is tested", "", "testing", "nothing, tested: a valid certificate"},
	} {
		z, r := newZone(t, signed...)
		if tc.tlsa != "" {
			z.set(func() { z.records[record] = "_25._tcp.mx.example.com. 300 TLSA " + tc.tlsa })
		}
		o := newOwner(t, "mta-sts.example.com")
		policy := strings.Replace(policyText, "enforce", tc.mode, 1)
		if tc.mode == "others" {
			policy = strings.Replace(policyText, "mx.example.com", "other.example.com", 1)
		}
		o.set(func() { o.answer = text(policy) })
		p := o.policies("")
		p.DNSSEC = r
		d := delivery.MailDomain{Name: "example.com", Hosts: []string{"mx.example.com"}, Port: 25, DANE: true, MTASTS: true}
		hosts, err := p.ForHosts(t.Context(), d)
		if got := outcome(hosts, err); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if tc.name == "an unusable record" && hosts[0].Source != "DANE and MTA-STS" {
			t.Errorf("%s: required by %s", tc.name, hosts[0].Source)
		}
		if (hosts[0].Tested != nil) != (tc.mode == "testing") {
			t.Errorf("%s: tested %+v", tc.name, hosts[0].Tested)
		}
	}
}

// Without a TXTResolver the name servers of DANE are asked for the announcement of a policy.
func TestAnnouncementFromResolver(t *testing.T) {
	_, r := newZone(t, "_mta-sts.example.com TXT", `_mta-sts.example.com. 300 TXT "v=STSv1; id=1"`)
	p := newOwner(t, "mta-sts.example.com").policies("")
	p.TXT, p.DNSSEC = nil, r
	if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
		t.Error(got)
	}
}
