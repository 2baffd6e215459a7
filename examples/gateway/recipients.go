package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/recipients"
	"github.com/interchange-smtp/interchange/routing"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
)

// recipientFlags say who knows which recipients of authoritative domains exist. One of them may be
// given.
type recipientFlags struct {
	file string
	ldap string
	ask  bool
}

func (f *recipientFlags) register(fs *flag.FlagSet) {
	fs.BoolVar(&f.ask, "recipients-ask", false, "in place of -recipients: ask the next hop, and keep its answers; recipients count as existing while it is away")
	f.registerFiles(fs)
}

// registerFiles registers the flags that need no next hop.
func (f *recipientFlags) registerFiles(fs *flag.FlagSet) {
	fs.StringVar(&f.file, "recipients", "", "refuse recipients of authoritative domains (AddressBookEnabled) that this `FILE` doesn't list, one address on each line")
	fs.StringVar(&f.ldap, "recipients-ldap", "", "in place of -recipients: ask the LDAP directory that this JSON `FILE` describes, as that of -ldap")
}

// check returns an error if several places are given.
func (f *recipientFlags) check() error {
	var given []string
	if f.file != "" {
		given = append(given, "-recipients")
	}
	if f.ldap != "" {
		given = append(given, "-recipients-ldap")
	}
	if f.ask {
		given = append(given, "-recipients-ask")
	}
	if len(given) > 1 {
		return fmt.Errorf("%s: recipients are looked up in one place only; give one of them", strings.Join(given, " and "))
	}
	return nil
}

// recipientSource is the place where recipients are looked up; with the zero recipientSource no recipient is looked up.
type recipientSource struct {
	relay.Recipients
	secrets []secretFile
	closer  io.Closer // nil: there is nothing to close
}

// load returns the place that a flag names. dial connects to a directory; nil: as usual. g has
// the next hops to ask; nil: they aren't asked.
func (f *recipientFlags) load(dial dialFunc, g *gateway.Gateway) (s recipientSource, err error) {
	if err := f.check(); err != nil {
		return s, err
	}
	switch {
	case f.file != "":
		file, err := recipients.Load(f.file)
		if err != nil {
			return s, fmt.Errorf("-recipients: %w", err)
		}
		s.Recipients = file
	case f.ldap != "":
		v, secrets, err := ldap.Load(f.ldap)
		if err != nil {
			return s, fmt.Errorf("-recipients-ldap: %w", err)
		}
		v.Dial = dial
		for _, name := range secrets {
			s.secrets = append(s.secrets, secretFile{name, "the password of -recipients-ldap"})
		}
		s.Recipients, s.closer = &recipients.Cache{Source: v}, v
	case f.ask && g != nil:
		s.Recipients = &recipients.Cache{Source: &recipients.NextHop{Handler: &g.Sender, Policy: g.CurrentPolicy}, AcceptFailed: true}
	}
	return s, nil
}

// close ends the connections to a directory. Sessions that go on may still ask it.
func (s recipientSource) close() {
	if s.closer != nil {
		_ = s.closer.Close() // nothing is lost
	}
}

// currentRecipients are the recipients of the configuration of now, for sessions.
type currentRecipients struct {
	now atomic.Pointer[recipientSource]
}

// Exists implements relay.Recipients.
func (c *currentRecipients) Exists(ctx context.Context, client netip.Addr, to routing.Address) (bool, error) {
	return c.now.Load().Exists(ctx, client, to)
}

// existing returns a function for connector.Dialog.Exists that knows the recipients of all; nil if no
// place is given.
func (f *recipientFlags) existing(all []routing.Address) (func(routing.Address) bool, error) {
	s, err := f.load(nil, nil)
	if err != nil || s.Recipients == nil {
		return nil, err
	}
	defer s.close()
	exists := make(map[routing.Address]bool)
	for _, to := range all {
		if exists[to], err = s.Exists(context.Background(), netip.Addr{}, to); err != nil {
			return nil, err
		}
	}
	return func(to routing.Address) bool { return exists[to] }, nil
}
