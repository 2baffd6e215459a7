package policytest

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Case is one row of a table: a session and its expected result.
type Case struct {
	Name string // of the sub-test

	Local     string   // where the client connects, such as "10.2.3.4:25"; "": the policy's first binding for its family
	Remote    string   // the client's address
	TLS       bool     // it starts TLS
	PeerNames []string // verified names of its certificate
	User      string   // the user that logs on; "": no login
	Groups    []string // of the user, as Add-ADPermission -User names them
	Addresses []string // the user's; the name is one too if it looks like one
	Domains   []string // of which the user may send as any address: contoso.com, *.contoso.com
	Helo      string   // "": client.example
	From      string   // "": the null sender
	To        []string // one or more
	Size      param.Size

	Want      Outcome
	Connector string // the expected Receive connector; "": any
	Route     string // the expected Send connector of all recipients; "": any
}

// Outcome is the expected result of a session. The zero Outcome matches no
// session, so a row without Want fails.
type Outcome struct {
	kind   outcomeKind
	reason reply.Reason
}

type outcomeKind uint8

const (
	wantNothing outcomeKind = iota
	wantAccepted
	wantLetIn
	wantRefused
)

// Accepted expects the message to be accepted for all its recipients, with a route
// for each.
func Accepted() Outcome { return Outcome{kind: wantAccepted} }

// LetIn expects all recipients to be accepted, with or without routes: it is for
// policies that have no Send connectors.
func LetIn() Outcome { return Outcome{kind: wantLetIn} }

// Refused expects a refusal, the first one for that reason.
func Refused(reason reply.Reason) Outcome {
	return Outcome{kind: wantRefused, reason: reason}
}

// String returns "accepted", "let in" or "refused" with the reason.
func (o Outcome) String() string {
	switch o.kind {
	case wantAccepted:
		return "accepted"
	case wantLetIn:
		return "let in"
	case wantRefused:
		return "refused, " + o.reason.String()
	}
	return "no outcome"
}

// Run runs every case as a sub-test against p. What fails prints with the
// explanation of the whole session.
func Run(t *testing.T, p *connector.Policy, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Helper()
			if err := c.Check(p); err != nil {
				t.Error(err)
			}
		})
	}
}

// CodeCaseFailed is the code of a case with another result than the expected one.
const CodeCaseFailed source.Code = "case-failed"

// Check runs one case, as Run does. The error is source.Diagnostics: the mistakes in the
// case, with its fields as paths, or the expected and the actual result, with the
// explanation of the session as Excerpt.
func (c Case) Check(p *connector.Policy) error {
	d, err := c.dialog(p)
	if err != nil {
		return err
	}
	walk := p.Walk(d)
	var wrong []string
	if got, ok := c.Want.met(walk); !ok {
		wrong = append(wrong, fmt.Sprintf("it is %v, want %v", got, c.Want))
	}
	if in := walk.Session.Inbound().Name(); c.Connector != "" && in != c.Connector {
		wrong = append(wrong, fmt.Sprintf("Receive connector %q takes it, want %q", in, c.Connector))
	}
	for i, r := range walk.Routes {
		if c.Route != "" && r.Outbound.Name() != c.Route {
			wrong = append(wrong, fmt.Sprintf("recipient %d leaves by Send connector %q, want %q", i+1, r.Outbound.Name(), c.Route))
		}
	}
	if c.Route != "" && len(walk.Routes) == 0 {
		wrong = append(wrong, fmt.Sprintf("nothing leaves, want Send connector %q", c.Route))
	}
	if len(wrong) == 0 {
		return nil
	}
	return source.Diagnostics{{
		Severity: source.SeverityError, Code: CodeCaseFailed, Detail: strings.Join(wrong, "; "), Excerpt: walk.String(),
	}}
}

// met returns the result of a session, and whether it is the expected one.
func (o Outcome) met(walk connector.Walkthrough) (got Outcome, ok bool) {
	ways := 0 // recipients with a route
	for _, r := range walk.Routes {
		if r.Outcome == routing.Routed {
			ways++
		}
	}
	got = Accepted()
	for _, s := range walk.Stages {
		// Without a route for any recipient there is no message; the Receive
		// connector didn't refuse it.
		beyond := s.Name == connector.StageRoute || s.Name == connector.StageData && ways == 0 && len(walk.Routes) > 0
		if s.Decision.Allowed() || o.kind == wantLetIn && beyond {
			continue
		}
		got = Refused(s.Decision.Reason)
		break
	}
	return got, got == o || o.kind == wantLetIn && got == Accepted()
}

// dialog makes the session of the case. The error is source.Diagnostics with all mistakes
// in the case.
func (c Case) dialog(p *connector.Policy) (connector.Dialog, error) {
	d := connector.Dialog{
		TLS: c.TLS, PeerNames: c.PeerNames, Helo: c.Helo, Size: max(int64(c.Size), 0),
	}
	var list source.Diagnostics
	missing := func(field source.Path, detail string) {
		list = append(list, source.Mistake(field, source.CodeParameterMissing, "%s", detail))
	}
	check := func(field source.Path, err error) {
		if err != nil {
			list = append(list, source.Wrap(field, source.CodeValueInvalid, err))
		}
	}
	if c.Want.kind == wantNothing {
		missing("Want", "is missing; give the expected result")
	}
	if d.Helo == "" {
		d.Helo = "client.example"
	}
	var err error
	d.Remote, err = netip.ParseAddr(c.Remote)
	check("Remote", err)
	if c.Local != "" {
		d.Local, err = netip.ParseAddrPort(c.Local)
	} else {
		d.Local, err = firstBinding(p, d.Remote)
	}
	check("Local", err)
	if c.From != "" {
		d.From, err = routing.ParseAddress(c.From)
		check("From", err)
	}
	if len(c.To) == 0 {
		missing("To", "give a recipient")
	}
	for i, to := range c.To {
		a, err := routing.ParseAddress(to)
		check(source.Path("To").Index(i), err)
		d.To = append(d.To, a)
	}
	if c.User != "" {
		id, err := c.identity()
		check("User", err)
		d.User = &id
	}
	return d, list.Err()
}

// identity returns the user that AUTH proves.
func (c Case) identity() (auth.Identity, error) {
	var sids []permission.SID
	var errs []error
	for _, name := range c.Groups {
		group, err := permission.ParsePrincipal(name)
		errs = append(errs, err)
		sids = append(sids, group.SIDs...)
	}
	id := auth.Named(c.User, sids...)
	for _, text := range c.Addresses {
		a, err := routing.ParseAddress(text)
		errs = append(errs, err)
		id.Addresses = append(id.Addresses, a)
	}
	for _, text := range c.Domains {
		d, err := auth.ParseSenderDomain(text)
		errs = append(errs, err)
		id.Domains = append(id.Domains, d)
	}
	return id, errors.Join(errs...)
}

// firstBinding returns the local address for a case without Local.
func firstBinding(p *connector.Policy, remote netip.Addr) (netip.AddrPort, error) {
	for _, b := range p.Bindings() {
		if b.Addr().Is4() == remote.Unmap().Is4() {
			return b, nil
		}
	}
	return netip.AddrPort{}, errors.New("the policy has no binding for clients of that family; give an address")
}
