package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// signature says by which DKIM keys a Send connector signs mail of the authors of a domain, for machines.
type signature struct {
	Connector string   `json:"connector"`
	Author    string   `json:"author"`         // domain
	Keys      []string `json:"keys,omitempty"` // the names of their records: s1._domainkey.contoso.com
	Error     string   `json:"error,omitempty"`
	Waits     bool     `json:"waits,omitempty"` // the mail doesn't leave without a signature
}

// signaturesOf returns how the connectors of routes sign mail of authors, in the order of the routes; nil
// without keys. A route by another server is signed there.
func (m *material) signaturesOf(authors []routing.Domain, routes ...connector.Route) (list []signature) {
	if m.dkim == nil {
		return nil
	}
	for _, r := range routes {
		set := r.Outbound.Settings()
		if set == nil || r.Via != nil || set.DkimSigning == param.DkimSigningNone {
			continue
		}
		for _, author := range authors {
			one := m.signatureFor(set, author)
			if !slices.ContainsFunc(list, func(s signature) bool { return s.Connector == one.Connector && s.Author == one.Author }) {
				list = append(list, one)
			}
		}
	}
	return list
}

// signatureFor returns how a connector signs mail of authors of a domain.
func (m *material) signatureFor(set *connector.Send, author routing.Domain) signature {
	one := signature{Connector: set.Name, Author: author.String()}
	signer := sign.Signer{Keys: m.dkim}
	keys, err := signer.KeysFor(context.Background(), author, m.now)
	if err != nil {
		one.Error = err.Error()
	}
	for _, k := range keys {
		one.Keys = append(one.Keys, k.Name())
	}
	one.Waits = err != nil || len(keys) == 0 && set.DkimSigning == param.DkimRequired
	return one
}

// printSignatures prints a line for each connector and domain.
func printSignatures(w io.Writer, list []signature) {
	for _, s := range list {
		fate := "leaves without a signature"
		if s.Waits {
			fate = "waits"
		}
		text := fmt.Sprintf("no key signs now, so it %s", fate)
		switch {
		case s.Error != "":
			text = fmt.Sprintf("%s, so it %s", s.Error, fate)
		case len(s.Keys) > 0:
			text = "signed by " + strings.Join(s.Keys, " and ")
		}
		fmt.Fprintf(w, "DKIM of Send connector %q, mail of authors of %s: %s\n", s.Connector, s.Author, text)
	}
}

// domainsOf returns the domains of addresses, each once.
func domainsOf(addresses []routing.Address) (domains []routing.Domain) {
	for _, a := range addresses {
		if d := a.Domain(); d.IsValid() && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	return domains
}

// authorsOf returns the domains of the authors of a session's message: those of -author or, without the flag,
// the sender, unless RewriteFrom replaces them; none of a session whose messages aren't signed.
func authorsOf(a explain.Answer) []routing.Domain {
	session := a.Walk.Session
	if !session.IsSignable() {
		return nil
	}
	authors := a.Dialog.Authors
	if len(authors) == 0 {
		authors = []routing.Address{a.Dialog.From}
	}
	if from := session.FromOf(authors, true); from.IsValid() {
		authors = []routing.Address{from}
	}
	return domainsOf(authors)
}
