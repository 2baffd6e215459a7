// Package ldaptest is a directory for tests of programs that use package ldap: a server on
// loopback, within TLS, that can bind and search. The package is for tests only.
package ldaptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// Entry is an entry of a Directory. Its attribute userPassword is the password that binds as it.
type Entry struct {
	DN         string
	Attributes map[string][]string
}

// Directory is a server. It is safe for concurrent use.
type Directory struct {
	URL       string            // ldaps://localhost:PORT
	Authority *x509.Certificate // of its certificate

	entries  []Entry
	listener net.Listener
	wait     sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond // of conns
	conns   map[net.Conn]bool
	served  int
	binds   []string
}

// NewDirectory starts a Directory with these entries, which must not change any more.
func NewDirectory(entries ...Entry) (*Directory, error) {
	ca, err := relaytest.NewAuthority("Test Authority")
	if err != nil {
		return nil, err
	}
	cert, err := ca.Issue("localhost")
	if err != nil {
		return nil, err
	}
	l, err := tls.Listen("tcp", "localhost:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := &Directory{URL: "ldaps://localhost:" + port, Authority: ca.Certificate(), entries: entries, listener: l, conns: make(map[net.Conn]bool)}
	d.changed = sync.NewCond(&d.mu)
	d.wait.Go(d.accept)
	return d, nil
}

// Close ends all connections and the server, as if the machine were switched off. Its error is
// always nil.
func (d *Directory) Close() error {
	_ = d.listener.Close()
	d.mu.Lock()
	for c := range d.conns {
		_ = c.Close()
	}
	d.mu.Unlock()
	d.wait.Wait()
	return nil
}

// WaitOpen returns nil once n connections are open, or the cause for which ctx has ended.
func (d *Directory) WaitOpen(ctx context.Context, n int) error {
	defer context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.changed.Broadcast()
	})()
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.conns) != n {
		if ctx.Err() != nil {
			return fmt.Errorf("%d connections are open: %w", len(d.conns), context.Cause(ctx))
		}
		d.changed.Wait()
	}
	return nil
}

// Served returns the number of connections so far.
func (d *Directory) Served() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.served
}

// Binds returns the names that clients tried to bind as, in order.
func (d *Directory) Binds() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.binds)
}

func (d *Directory) accept() {
	for {
		c, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		d.conns[c] = true
		d.served++
		d.changed.Broadcast()
		d.mu.Unlock()
		d.wait.Go(func() { d.serve(c) })
	}
}

// serve answers the requests of one connection.
func (d *Directory) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		d.mu.Lock()
		delete(d.conns, c)
		d.changed.Broadcast()
		d.mu.Unlock()
	}()
	for {
		message, err := ber.ReadPacket(c)
		if err != nil || len(message.Children) < 2 {
			return
		}
		id, request := message.Children[0].Value, message.Children[1]
		var answers []*ber.Packet
		switch request.Tag {
		case ldap.ApplicationBindRequest:
			answers = []*ber.Packet{result(ldap.ApplicationBindResponse, d.bind(text(request, 1), text(request, 2)))}
		case ldap.ApplicationSearchRequest:
			answers = d.search(text(request, 0), request.Children[6])
		default: // an unbind ends the connection
			return
		}
		for _, answer := range answers {
			envelope := ber.NewSequence("")
			envelope.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
			envelope.AppendChild(answer)
			if _, err := c.Write(envelope.Bytes()); err != nil {
				return
			}
		}
	}
}

// text returns the text of a part of a request.
func text(p *ber.Packet, child int) string { return p.Children[child].Data.String() }

// bind returns the code of a bind. Everyone may bind without a name.
func (d *Directory) bind(dn, password string) uint16 {
	d.mu.Lock()
	d.binds = append(d.binds, dn)
	d.mu.Unlock()
	if dn == "" && password == "" {
		return ldap.LDAPResultSuccess
	}
	for _, e := range d.entries {
		if strings.EqualFold(e.DN, dn) && password != "" && slices.Contains(e.Attributes["userPassword"], password) {
			return ldap.LDAPResultSuccess
		}
	}
	return ldap.LDAPResultInvalidCredentials
}

// search returns the entries below base that fit, without passwords, and the end of the answer.
func (d *Directory) search(base string, filter *ber.Packet) []*ber.Packet {
	var answers []*ber.Packet
	for _, e := range d.entries {
		if !strings.HasSuffix(strings.ToLower(e.DN), strings.ToLower(base)) || !e.fits(filter) {
			continue
		}
		entry := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
		entry.AppendChild(octets(e.DN))
		list := ber.NewSequence("")
		for name, values := range e.Attributes {
			if name == "userPassword" {
				continue
			}
			attribute, set := ber.NewSequence(""), ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
			for _, value := range values {
				set.AppendChild(octets(value))
			}
			attribute.AppendChild(octets(name))
			attribute.AppendChild(set)
			list.AppendChild(attribute)
		}
		entry.AppendChild(list)
		answers = append(answers, entry)
	}
	return append(answers, result(ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess))
}

// fits reports whether e fits a filter of and, or, not, equality and presence.
func (e Entry) fits(filter *ber.Packet) bool {
	fits := func(part *ber.Packet) bool { return e.fits(part) }
	switch filter.Tag {
	case ldap.FilterAnd:
		return !slices.ContainsFunc(filter.Children, func(part *ber.Packet) bool { return !e.fits(part) })
	case ldap.FilterOr:
		return slices.ContainsFunc(filter.Children, fits)
	case ldap.FilterNot:
		return !slices.ContainsFunc(filter.Children, fits)
	case ldap.FilterPresent:
		return len(e.Attributes[filter.Data.String()]) > 0
	case ldap.FilterEqualityMatch:
		return slices.ContainsFunc(e.Attributes[text(filter, 0)], func(value string) bool { return strings.EqualFold(value, text(filter, 1)) })
	}
	return false
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

// result is an answer with a code.
func result(tag ber.Tag, code uint16) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, uint64(code), ""))
	p.AppendChild(octets(""))
	p.AppendChild(octets(""))
	return p
}
