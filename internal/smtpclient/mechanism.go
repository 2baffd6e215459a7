package smtpclient

import (
	"crypto/tls"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/scram"
)

// mechanism is a SASL mechanism that a next hop offers.
type mechanism struct {
	name     string
	client   func() (auth.Client, error) // the client's side of one exchange
	harmless bool                        // its first response has no secret
}

// mechanisms returns the offered mechanisms with which this server can log on, the best first:
// with a token OAUTHBEARER and XOAUTH2; with a password SCRAM, LOGIN as Exchange does, and
// PLAIN.
func (c *Conn) mechanisms(offered []string) []mechanism {
	var all []mechanism
	add := func(m mechanism) {
		if slices.Contains(offered, m.name) {
			all = append(all, m)
		}
	}
	if c.cfg.Token != nil {
		for _, name := range []string{auth.OAuthBearer, auth.XOAuth2} {
			t := *c.cfg.Token
			t.Mechanism = name
			add(mechanism{name: name, client: func() (auth.Client, error) { return auth.NewTokenClient(t) }})
		}
		return all
	}
	password, exporter := *c.cfg.Auth, c.exporter()
	if exporter != nil {
		add(mechanism{auth.ScramPlus, func() (auth.Client, error) { return scram.NewClient(password, exporter, true) }, true})
	}
	bindable := exporter != nil && !slices.Contains(offered, auth.ScramPlus)
	add(mechanism{auth.Scram, func() (auth.Client, error) { return scram.NewClient(password, nil, bindable) }, true})
	for _, name := range []string{auth.Login, auth.Plain} {
		add(mechanism{name: name, client: func() (auth.Client, error) { return auth.NewClient(name, password) }})
	}
	return all
}

// exporter returns the tls-exporter of the connection; nil if it has none.
func (c *Conn) exporter() []byte {
	if tc, ok := c.nc.(*tls.Conn); ok {
		return certificate.Exporter(tc.ConnectionState())
	}
	return nil
}
