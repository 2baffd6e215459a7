package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
)

// dnsFlags are the flags about how next hops are found.
type dnsFlags struct {
	dns       list
	trusted   list
	connectTo list
}

func (f *dnsFlags) register(fs *flag.FlagSet) {
	fs.Var(&f.dns, "dns", "use the name server at `ADDR`; may be repeated: the next one is asked while one doesn't answer (default: that of -dns-trusted, or the system's)")
	f.registerTrusted(fs)
	fs.Var(&f.connectTo, "connect-to", "`HOST:PORT:ADDR:PORT`: connect to ADDR:PORT in place of HOST:PORT, as with curl; may be repeated")
}

// registerTrusted registers -dns-trusted only.
func (f *dnsFlags) registerTrusted(fs *flag.FlagSet) {
	fs.Var(&f.trusted, "dns-trusted", "believe the name server at `ADDR` that DNSSEC signatures are valid, for DANE; the way to it must be safe; may be repeated\n(default: those of -dns or the system's, if all are on this machine)")
}

// dialing returns how next hops are resolved and dialled.
func (f *dnsFlags) dialing() (*detours, error) {
	given := f.dns
	if len(given) == 0 {
		given = f.trusted
	}
	servers, err := parseNameServers(given)
	if len(f.dns) == 0 {
		err = nil // validating reports it
	} else if err != nil {
		err = fmt.Errorf("-dns %w", err)
	}
	validating, trustedErr := f.validating()
	errs := []error{err, trustedErr}
	dialing := &detours{validating: validating}
	dialing.listed = delivery.Resolvers{Machine: servers, Dial: dialing.dialServer}
	dialing.resolver = dialing.listed.For(connector.NameServers{})
	if validating != nil && (len(f.dns) == 0 || len(f.trusted) == 0) {
		dialing.resolver = validated{dialing.resolver, validating}
	}
	for _, s := range f.connectTo {
		rule, err := parseDetour(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("-connect-to: %w", err))
		}
		dialing.rules = append(dialing.rules, rule)
	}
	return dialing, errors.Join(errs...)
}

// validating returns the name servers that are believed about DNSSEC; nil: none.
func (f *dnsFlags) validating() (*mxpolicy.Resolver, error) {
	if len(f.trusted) > 0 {
		servers, err := parseNameServers(f.trusted)
		if err != nil {
			return nil, fmt.Errorf("-dns-trusted %w", err)
		}
		return &mxpolicy.Resolver{Servers: servers}, nil
	}
	if len(f.dns) == 0 {
		return mxpolicy.SystemResolver(), nil
	}
	servers, err := parseNameServers(f.dns)
	if err != nil || slices.ContainsFunc(servers, func(s netip.AddrPort) bool { return !s.Addr().IsLoopback() }) {
		return nil, nil // dialing reports what is wrong with -dns
	}
	return &mxpolicy.Resolver{Servers: servers}, nil
}

// published returns a finder of mail domains' TLS policies. data is the directory that keeps
// them; "": none. report gets its events; it may be nil.
func (d *detours) published(data string, report event.Reader) *mxpolicy.Policies {
	p := &mxpolicy.Policies{DNSSEC: d.validating, Dial: d.dialHost, Events: []event.Reader{report}}
	if resolver, ok := d.resolver.(mxpolicy.TXTResolver); ok {
		p.TXT = resolver
	}
	if data != "" {
		p.File = filepath.Join(data, "mta-sts.json")
	}
	return p
}

// validated asks for MX and TXT records where DANE asks, and so for each record once. Addresses
// may stand in a hosts file as well, which net.Resolver reads.
type validated struct {
	delivery.Resolver
	records *mxpolicy.Resolver
}

// LookupMX implements delivery.Resolver.
func (v validated) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return v.records.LookupMX(ctx, name)
}

// LookupTXT implements mxpolicy.TXTResolver.
func (v validated) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return v.records.LookupTXT(ctx, name)
}

// detouredPolicies are the TLS policies of mail domains, except of those with a detour: where
// that leads, the domain's owner has no mail exchanger.
type detouredPolicies struct {
	*mxpolicy.Policies
	detours *detours
}

// ForHosts implements delivery.TLSPolicies.
func (p detouredPolicies) ForHosts(ctx context.Context, d delivery.MailDomain) ([]delivery.HostPolicy, error) {
	if p.detours.covers(d.Name) {
		return make([]delivery.HostPolicy, len(d.Hosts)), nil
	}
	return p.Policies.ForHosts(ctx, d)
}

// dialHost connects to a host by name, such as the web server of an MTA-STS policy or a token server.
func (d *detours) dialHost(ctx context.Context, _, address string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := d.addresses(ctx, host)
	for _, a := range addrs {
		var c net.Conn
		if c, err = d.dial(ctx, netip.Addr{}, netip.AddrPortFrom(a, uint16(port))); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// followsDANE reports whether a Send connector of this server follows DANE. given limits that to
// connectors that say so themselves.
func (l *loaded) followsDANE(given bool) (names []string) {
	cfg := l.Policy.Config()
	for i := range cfg.Send {
		s := &cfg.Send[i]
		full := s.WithDefaults(&cfg)
		if full.Enabled.Or(true) && full.DaneEnabled.Or(false) && (!given || s.DaneEnabled.Or(false)) {
			names = append(names, s.Name)
		}
	}
	return names
}

// followsMTASTS reports whether a Send connector of this server follows MTA-STS.
func (l *loaded) followsMTASTS() bool {
	for out := range l.Policy.Send() {
		if s := out.Settings(); s.Enabled.Or(true) && out.Local() && s.MtaStsEnabled.Or(false) {
			return true
		}
	}
	return false
}

// withoutValidation returns the connectors that say that they follow DANE, if no name server is
// believed: as notes, because check may be run without the flags of serve and on another machine.
func (l *loaded) withoutValidation() (missing source.Diagnostics) {
	for _, name := range l.followsDANE(true) {
		missing = append(missing, source.Diagnostic{
			Severity: source.SeverityNote, Path: source.Named("Send", name).Field("DaneEnabled"), Code: connector.CodeNotEnforced,
			Detail: "it has no effect without a name server that validates DNSSEC: give -dns-trusted, or run one on this machine",
		})
	}
	return missing
}
