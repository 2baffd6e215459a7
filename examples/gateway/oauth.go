package main

import (
	"context"
	"flag"
	"net/http"
	"net/netip"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/oauth"
)

// oauthFlags say how Send connectors get the tokens with which they log on to smart hosts.
type oauthFlags struct {
	file string // the settings
	dir  string // of stored refresh tokens; "": beside the queue
}

func (f *oauthFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.file, "oauth", "", "fetch tokens for Send connectors (SmartHostAuthMechanism OAuth) by the settings in this JSON `FILE`")
	fs.StringVar(&f.dir, "oauth-tokens", "", "keep refresh tokens in `DIR` (default: tokens in the directory of -data)")
}

// oauthFile names the file of -oauth in messages.
const oauthFile = "the file of -oauth"

// load reads the settings; nil if there is no file.
func (f *oauthFlags) load() (*oauth.Settings, error) {
	if f.file == "" {
		return nil, nil
	}
	return oauth.Load(f.file)
}

// tokens returns the directory of the refresh tokens, "" if there is no place for them. data is
// the gateway's directory.
func (f *oauthFlags) tokens(data string) string {
	if f.dir == "" && data != "" {
		return filepath.Join(data, "tokens")
	}
	return f.dir
}

// oauthFindings lists the mistakes and doubts about the settings for tokens. check may be run
// without -oauth; then missing settings are a note.
func (l *loaded) oauthFindings(m material) source.Diagnostics {
	list := m.oauth.Check(l.Policy, m.oauthTokens, m.now)
	for i := range list {
		if d := &list[i]; d.Code == oauth.CodeMissing && m.oauth == nil {
			d.Severity, d.Detail, d.Fix = m.missing(), d.Detail+"; give -oauth", ""
		}
	}
	return list
}

// webClient returns a client of token servers that asks the name server of -dns and
// takes the detours of -connect-to.
func (d *detours) webClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = d.dialHost
	return &http.Client{Transport: t}
}

// addresses returns the addresses of a host, IPv4 and IPv6; an address is its own.
func (d *detours) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil && !d.covers(host) {
		return []netip.Addr{a}, nil
	}
	return d.LookupNetIP(ctx, "ip", host)
}
