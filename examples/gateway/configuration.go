package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/sign"
)

// configuration is the content of the files that serve reads when it begins and at
// every reload.
type configuration struct {
	gateway.Config
	loaded     *loaded         // the policy with its files and lines
	oauth      *oauth.Settings // for tokens of Send connectors; nil: no file is given
	dkim       *sign.Directory // the keys that sign mail; nil: no directory is given
	pairs      []keyPair       // the files of Certificates
	stamp      string          // of these files
	users      userSource
	recipients recipientSource
	found      []checked // by examine
}

// configure reads all files and checks what they say together. The errors say
// everything that is wrong; the configuration is of use only if all of them are nil.
func (r *relayProcess) configure(c *cli) (*configuration, []error) {
	f := r.flags
	next := &configuration{}
	var policyErr, certErr, authoritiesErr error
	next.loaded, policyErr = f.load(c)
	next.stamp = stampOf(f.certs, f.keys) // before they are read: a later change is seen
	next.Certificates, next.pairs, certErr = loadCertificates(f.certs, f.keys)
	next.ClientCAs, authoritiesErr = loadAuthorities(f.clientCA)
	var methods auth.Methods
	var methodsErr error
	next.users, methods, methodsErr = f.loadMethods(r.dial, r.keys)
	var oauthErr, dkimErr error
	next.dkim, dkimErr = loadSigningKeys(f.dkimKeys)
	next.oauth, oauthErr = f.oauth.load()
	var recipientsErr error
	next.recipients, recipientsErr = f.recipients.load(r.dial, r.gateway)
	if mistakes := []error{policyErr, certErr, authoritiesErr, methodsErr, oauthErr, dkimErr, recipientsErr}; errors.Join(mistakes...) != nil {
		return nil, mistakes
	}
	next.Policy = next.loaded.Policy
	if next.dkim != nil {
		next.Sign = (&sign.Signer{Keys: next.dkim}).Sign
	}
	if methods.Passwords != nil || methods.Tokens != nil {
		next.Verifier = methods
	}
	if r.demo != nil {
		r.demo.complete(&next.Config)
	}
	return next, []error{next.Check(), r.examine(next), r.unfitLMTP(next.loaded), r.sockets.unmatched(next.Policy)}
}

// loadMethods reads the users and the file of the identity provider, if they are given.
func (f *serveFlags) loadMethods(dial dialFunc, keys *providerKeys) (users userSource, m auth.Methods, err error) {
	if users, err = f.loadUsers(dial); err != nil {
		return users, m, err
	}
	if users.store != nil {
		m = auth.MethodsOf(users.store)
	}
	if f.clientCA == "" {
		m.Certificates = nil // any public authority could make a certificate with a user's name
	}
	if f.tokens != "" {
		tokens, err := loadTokens(f.tokens, users.store, keys)
		if err != nil {
			return users, m, fmt.Errorf("-tokens: %w", err)
		}
		m.Tokens = tokens
	}
	return users, m, nil
}

// complete adds what the built-in policy needs and no file has.
func (p *demoPeers) complete(c *gateway.Config) {
	c.RootCAs = p.roots
	if c.Verifier == nil {
		c.Verifier = demoVerifier(demoUser, demoPassword)
	}
	if len(c.Certificates) == 0 {
		c.Certificates = []tls.Certificate{p.hub}
	}
}

// close ends the connections to directories. Sessions that go on may still ask them.
func (c *configuration) close() {
	c.users.close()
	c.recipients.close()
}

// askReload makes run reload, and returns the outcome.
func (r *relayProcess) askReload(ctx context.Context) error {
	outcome := make(chan error, 1)
	select {
	case r.asked <- outcome:
		return <-outcome
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// reload reads all files again and serves by them from now on, or logs and returns
// their mistakes and changes nothing.
func (r *relayProcess) reload() error {
	r.tellReloading()
	defer r.tellReady()
	// A password that was typed when the gateway started is used again, not asked for.
	unattended := *r.cli
	unattended.unattended = true
	next, mistakes := r.configure(&unattended)
	if errors.Join(mistakes...) == nil {
		mistakes = append(mistakes, next.loaded.advised(r.gateway.Reload(next.Config)))
	}
	if errors.Join(mistakes...) == nil {
		mistakes = append(mistakes, r.tokens.Set(next.oauth, next.Policy))
	}
	if err := errors.Join(mistakes...); err != nil {
		n := r.logMistakes("reload: error in configuration", mistakes)
		r.report(event.Event{Kind: event.ReloadFailed, Failures: n, Err: err})
		return err
	}
	if next.recipients.Recipients != nil {
		r.recipients.now.Store(&next.recipients)
	}
	r.now.close() // after that, because recipients were looked up in the directories that it closes
	r.now = next
	r.logFindings(next)
	go r.acme.obtain() // for connectors that are new
	return nil
}
