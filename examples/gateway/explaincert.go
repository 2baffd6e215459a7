package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay"
)

// clientCertificate returns the client's certificate by -client-cert, as serve would see it,
// or one that proves the names of -cert-name; nil without both.
func (f *explainFlags) clientCertificate() (*auth.Certificate, error) {
	switch {
	case f.clientCert == "" && len(f.certNames) == 0:
		return nil, nil
	case !f.tls && f.clientCert == "":
		return nil, errors.New("-cert-name needs -tls")
	case !f.tls:
		return nil, errors.New("-client-cert needs -tls")
	case f.clientCert == "":
		return &auth.Certificate{Verified: true, Names: f.certNames, Emails: f.certNames}, checkAuthorities(f.clientCA)
	case len(f.certNames) > 0:
		return nil, errors.New("-client-cert has names of its own; leave out -cert-name")
	}
	roots, err := loadAuthorities(f.clientCA)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(f.clientCert)
	if err != nil {
		return nil, fmt.Errorf("-client-cert %w", source.FileError(f.clientCert, err))
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("-client-cert %s: the certificate is damaged (%s)", f.clientCert, strings.TrimPrefix(err.Error(), "x509: "))
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("-client-cert %s: the file has no PEM certificate", f.clientCert)
	}
	return relay.ClientCertificate(chain, roots), nil
}

// proof says what the client's certificate by -client-cert proves; "" without one.
func (f *explainFlags) proof(c *auth.Certificate) string {
	if f.clientCert == "" || c == nil {
		return ""
	}
	text := "-client-cert " + f.clientCert
	names := slices.Concat(c.Emails, c.Names)
	switch {
	case c.Verified && len(names) > 0:
		return text + " proves " + strings.Join(names, ", ")
	case c.Verified:
		return text + " proves nothing: it has neither an address nor a DNS name"
	case f.clientCA == "":
		return text + " proves nothing: it isn't valid now, or its authority is not one of the system's; give the partner's authority with -client-ca, to serve, too"
	}
	return text + " proves nothing: it isn't valid now, or its authority is not in -client-ca " + f.clientCA
}

// external reports whether the client logs on with its certificate.
func (f *explainFlags) external() bool { return strings.EqualFold(f.mechanism, auth.External) }

// checkExternal returns who the client's certificate says it is, by the users file if one is
// given.
func (f *explainFlags) checkExternal(c *auth.Certificate, users userSource) (auth.Identity, error) {
	file := users.usersFile()
	switch {
	case c == nil:
		return auth.Identity{}, errors.New("give the client's certificate with -client-cert FILE, or its names with -cert-name")
	case users.store != nil && file == nil:
		return auth.Identity{}, fmt.Errorf("only users of a -users file log on with certificates, not those of %s", users.flag)
	case f.clientCA == "":
		return auth.Identity{}, errors.New("users log on with certificates of the authorities in -client-ca only; give it, to serve, too")
	case !c.Verified:
		return auth.Identity{}, errors.New("no user logs on with a certificate that proves nothing")
	case users.store == nil:
		return auth.Named(f.user), nil
	}
	id, err := file.VerifyCertificate(context.Background(), f.user, auth.Channel{Certificate: c})
	if err != nil {
		err = fmt.Errorf("%s has no %s whose name the certificate proves", f.users, strings.TrimSpace("user "+f.user))
	}
	return id, err
}
