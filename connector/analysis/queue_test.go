package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestQueueAndReports compares what becomes of mail that was taken. What is put
// differently and means the same is no change.
func TestQueueAndReports(t *testing.T) {
	remote := func(name string, told bool) connector.RemoteDomain {
		return connector.RemoteDomain{Name: name, DomainName: name, NDREnabled: param.Value(told)}
	}
	base := func(change func(*connector.Config)) *connector.Policy {
		cfg := connector.Config{
			Server: "A", Servers: []routing.Server{{Name: "A", FQDN: "a.contoso.com"}, {Name: "B"}},
			Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}, {DomainName: "ours.test"}, {DomainName: "*.inside.test", DomainType: routing.InternalRelay}},
			Remote:   []connector.RemoteDomain{remote("*", false), remote("fabrikam.com", true)},
		}
		change(&cfg)
		return compile(t, cfg)
	}
	old := base(func(*connector.Config) {})
	for name, tc := range map[string]struct {
		change func(*connector.Config)
		want   string
	}{
		"a retry": {func(c *connector.Config) {
			c.Services = []connector.Service{{QueueGlitchRetryCount: param.Value(0)}}
		}, "QueueGlitchRetryCount is now 0 (was 4)."},
		"the default":      {func(c *connector.Config) { c.Services = []connector.Service{{MaxOutboundConnections: 1000}} }, ""},
		"another server's": {func(c *connector.Config) { c.Services = []connector.Service{{Name: "B", MaxOutboundConnections: 7}} }, ""},
		"who reports":      {func(c *connector.Config) { c.Accepted[1].Default = true }, "ExternalPostmasterAddress is now postmaster@ours.test (was postmaster@contoso.com)."},
		"order":            {func(c *connector.Config) { c.Accepted[0], c.Accepted[1] = c.Accepted[1], c.Accepted[0] }, ""},
		"recipients that must exist": {func(c *connector.Config) { c.Accepted[1].DomainType = routing.InternalRelay },
			"AddressBookEnabled is now false (was true) for recipients in ours.test."},
		"a domain less": {func(c *connector.Config) { c.Remote = c.Remote[:1] }, "NDREnabled is now false (was true) for senders in fabrikam.com."},
		"domains below": {func(c *connector.Config) { c.Remote = append(c.Remote, remote("*.Partner.test", true)) },
			"NDREnabled is now true (was false) for senders in partner.test and below."},
		"the others":         {func(c *connector.Config) { c.Remote[0].NDREnabled = param.Value(true) }, "NDREnabled is now true (was false) for senders in any domain except contoso.com, fabrikam.com, *.inside.test and ours.test."},
		"as without":         {func(c *connector.Config) { c.Remote = append(c.Remote, remote("other.test", false)) }, ""},
		"an accepted domain": {func(c *connector.Config) { c.Remote = append(c.Remote, remote("ours.test", false)) }, ""},
		"codes without a postmaster": {func(c *connector.Config) {
			c.Transport.GenerateCopyOfDSNFor = param.Value(param.MustParseStatusCodes("5.1.1,5.4.6"))
		}, ""},
		"the postmaster": {func(c *connector.Config) { c.Transport.ExternalPostmasterAddress = "postmaster@contoso.com" },
			"GenerateCopyOfDSNFor is now 5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4 (was none)."},
		"the postmaster, without copies": {func(c *connector.Config) {
			c.Transport.ExternalPostmasterAddress = "postmaster@contoso.com"
			c.Transport.GenerateCopyOfDSNFor = param.Value(param.StatusCodes{})
		}, ""},
		"domains below that are accepted": {func(c *connector.Config) { c.Remote = append(c.Remote, remote("*.inside.test", true)) },
			"NDREnabled is now true (was false) for senders in inside.test."},
		"size, not written out": {func(c *connector.Config) {
			c.Transport.InternalDsnMaxMessageAttachSize = param.Value(10 * param.MB)
		}, ""},
	} {
		if got := texts(analysis.Compare(old, base(tc.change)).Changes); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestLookups compares in which domains recipients must exist, whichever accepted domain covers them.
func TestLookups(t *testing.T) {
	all := routing.AcceptedDomain{DomainName: "*", AddressBookEnabled: param.Value(false)}
	contoso := routing.AcceptedDomain{DomainName: "contoso.com"}
	compare := func(old, now []routing.AcceptedDomain) string {
		return texts(analysis.Compare(compile(t, connector.Config{Accepted: old}), compile(t, connector.Config{Accepted: now})).Changes)
	}
	looksUp := all
	looksUp.AddressBookEnabled = param.Value(true)
	if got, want := compare([]routing.AcceptedDomain{all, contoso}, []routing.AcceptedDomain{looksUp, contoso}),
		"AddressBookEnabled is now true (was false) for recipients in any domain except contoso.com."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := compare([]routing.AcceptedDomain{all, contoso}, []routing.AcceptedDomain{all}),
		"AddressBookEnabled is now false (was true) for recipients in contoso.com."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
