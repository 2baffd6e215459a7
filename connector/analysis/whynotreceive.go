package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// receive returns the place of a Receive connector in the Config and its path.
func (q *refusal) receive(in *connector.Inbound) (int, source.Path) {
	set := in.Settings()
	i := slices.IndexFunc(q.config.Receive, func(r connector.Receive) bool {
		return r.Name == set.Name && r.WithDefaults(&q.config).Server == set.Server
	})
	return i, source.Named("Receive", set.Name)
}

// receiveSuggestion returns a suggestion of an edit to the connector that refused.
func (q *refusal) receiveSuggestion(kind EditKind, field source.Path, text string, edit func(*connector.Receive)) suggestion {
	i, path := q.receive(q.connector())
	return suggestion{
		kind: kind, path: path.Field(field), text: text,
		edit: func(cfg *connector.Config) { edit(&cfg.Receive[i]) },
	}
}

// otherConnectors suggests other Receive connectors that might accept the session:
// those that lack only the client's address or the local one, or that are disabled.
// Those that would accept all of the session come first.
func (q *refusal) otherConnectors() []suggestion {
	byName := map[string]*connector.Inbound{}
	for in := range q.policy.Receive() {
		byName[in.Name()] = in
	}
	var trace connector.Trace
	q.policy.Select(q.dialog.Local, q.dialog.Remote, &trace)
	enabled := q.allEnabled()
	var whole, part []suggestion
	for step := range trace.All() {
		in := byName[step.Candidate()]
		if in == nil || step.Pass {
			continue
		}
		w := in.Walk(q.dialog)
		if other := enabled[in.Name()]; step.Fate() == connector.FateDisabled && other != nil {
			w = other.Walk(q.dialog)
		}
		if step.Fate() != connector.FateDisabled && !q.passesNow(w) {
			continue // it would refuse the session, too
		}
		s, ok := q.selectConnector(in, step.Fate())
		switch {
		case ok && w.Accepted():
			whole = append(whole, s)
		case ok:
			part = append(part, s)
		}
	}
	return append(whole, part...)
}

// allEnabled returns the Receive connectors by name as they would be if all were
// enabled; nil if all are enabled or if that breaks a rule.
func (q *refusal) allEnabled() map[string]*connector.Inbound {
	cfg := q.policy.Config()
	some := false
	for i := range cfg.Receive {
		some = some || !cfg.Receive[i].Enabled.Or(true)
		cfg.Receive[i].Enabled = param.Value(true)
	}
	if !some {
		return nil
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		return nil
	}
	all := map[string]*connector.Inbound{}
	for in := range p.Receive() {
		all[in.Name()] = in
	}
	return all
}

// selectConnector suggests the change by which in is chosen.
func (q *refusal) selectConnector(in *connector.Inbound, fate connector.Fate) (suggestion, bool) {
	i, path := q.receive(in)
	set, d := in.Settings(), q.dialog
	switch fate {
	case connector.FateDisabled:
		return suggestion{
			kind: EditEnable, path: path + ".Enabled", text: "enable Receive connector " + set.Name,
			edit: func(cfg *connector.Config) { cfg.Receive[i].Enabled = param.Value(true) },
		}, true
	case connector.FateOtherRange, connector.FateLargerRange, connector.FateOtherRole, connector.FateLaterName:
		return suggestion{
			kind: EditRange, path: path + ".RemoteIPRanges", text: fmt.Sprintf("add %v to the RemoteIPRanges of %s", d.Remote, set.Name),
			edit: func(cfg *connector.Config) {
				cfg.Receive[i].RemoteIPRanges = append(slices.Clone(set.RemoteIPRanges), param.RangeOf(d.Remote.Unmap()))
			},
		}, true
	case connector.FateOtherBinding, connector.FateWildcard:
		return suggestion{
			kind: EditBinding, path: path + ".Bindings", text: fmt.Sprintf("add %v to the Bindings of %s", d.Local, set.Name),
			edit: func(cfg *connector.Config) {
				cfg.Receive[i].Bindings = append(slices.Clone(set.Bindings), d.Local)
			},
		}, true
	}
	return suggestion{}, false
}

// identity returns the SIDs whose rights decided: for a refused login, those that it
// would have had.
func (q *refusal) identity() []permission.SID {
	if q.stage().Decision.Reason == reply.LoginWithoutSubmit {
		sids := slices.Clone(q.dialog.User.SIDs)
		if !slices.Contains(sids, permission.SIDAuthenticatedUsers) {
			sids = append(sids, permission.SIDAuthenticatedUsers)
		}
		return sids
	}
	return q.walk.Session.Identity().SIDs
}

// grants suggests an explicit grant of a right to each SID of the session.
func (q *refusal) grants(right permission.Right) []suggestion {
	set := permission.SetOf(right)
	var all []suggestion
	for _, sid := range q.identity() {
		s := q.receiveSuggestion(EditGrant, "Permissions", fmt.Sprintf("grant %v to %s", set, sid.Name()), func(r *connector.Receive) {
			r.Permissions = append(r.Permissions, permission.Grant{To: sid, Allow: set})
		})
		s.rank = rankOf(sid)
		all = append(all, s)
	}
	return all
}

// rankOf ranks SIDs by the number of clients that have them.
func rankOf(sid permission.SID) int {
	switch sid {
	case permission.SIDAnonymous, permission.SIDExternallySecured, permission.SIDPartners:
		return 4
	case permission.SIDAuthenticatedUsers:
		return 3
	}
	return 1
}

// denials suggests removing explicit denials.
func (q *refusal) denials() []suggestion {
	i, _ := q.receive(q.connector())
	var all []suggestion
	for step := range q.stage().Trace.All() {
		if step.Pass || !step.Right.IsValid() {
			continue
		}
		for _, g := range step.Grants {
			at := slices.Index(q.config.Receive[i].Permissions, g)
			if at < 0 || !g.Deny.Has(step.Right) {
				continue
			}
			right := step.Right
			all = append(all, q.receiveSuggestion(EditDeny, source.Path("Permissions").Index(at), fmt.Sprintf("no longer deny %v to %s", right, g.To.Name()),
				func(r *connector.Receive) {
					r.Permissions[at].Deny &^= permission.SetOf(right)
					if r.Permissions[at].Deny|r.Permissions[at].Allow == 0 {
						r.Permissions = slices.Delete(r.Permissions, at, at+1)
					}
				}))
		}
	}
	return all
}

// groups suggests each permission group that the connector lacks.
func (q *refusal) groups() []suggestion {
	have := q.connector().Settings().PermissionGroups.Or(0)
	var all []suggestion
	for _, g := range []permission.Group{permission.Partners, permission.ExchangeServers, permission.ExchangeLegacyServers, permission.ExchangeUsers, permission.AnonymousUsers} {
		if have.Has(g) {
			continue
		}
		s := q.receiveSuggestion(EditGroup, "PermissionGroups", "add the permission group "+g.String(), func(r *connector.Receive) {
			r.PermissionGroups = param.Value((have | g) &^ permission.Custom)
		})
		s.rank = 5 // several rights at once
		all = append(all, s)
	}
	return all
}

// mechanisms suggests other values of AuthMechanism.
func (q *refusal) mechanisms(values ...auth.Mechanism) []suggestion {
	have := q.connector().Settings().AuthMechanism.Or(0)
	var all []suggestion
	for _, m := range values {
		if m == have {
			continue
		}
		s := q.receiveSuggestion(EditMechanism, "AuthMechanism", "set AuthMechanism to "+m.String(), func(r *connector.Receive) {
			r.AuthMechanism = param.Value(m)
		})
		s.rank = 6
		all = append(all, s)
	}
	return all
}

// requirements suggests switching off a parameter that requires or rejects something.
func (q *refusal) requirements() []suggestion {
	off := func(field source.Path, set func(*connector.Receive)) []suggestion {
		return []suggestion{q.receiveSuggestion(EditRequirement, field, "switch off "+string(field), set)}
	}
	switch q.stage().Decision.Reason {
	case reply.HelloDomainRequired:
		return off("RequireEHLODomain", func(r *connector.Receive) { r.RequireEHLODomain = false })
	case reply.StartTLSFirst:
		return off("RequireTLS", func(r *connector.Receive) { r.RequireTLS = false })
	case reply.ReservedTopLevelDomain:
		return off("RejectReservedTopLevelRecipientDomains", func(r *connector.Receive) { r.RejectReservedTopLevelRecipientDomains = false })
	case reply.ReservedSecondLevelDomain:
		return off("RejectReservedSecondLevelRecipientDomains", func(r *connector.Receive) { r.RejectReservedSecondLevelRecipientDomains = false })
	case reply.SingleLabelDomain:
		return off("RejectSingleLabelRecipientDomains", func(r *connector.Receive) { r.RejectSingleLabelRecipientDomains = false })
	case reply.SenderNotAllowed:
		sender, err := param.ParseSender(q.sender().String())
		if err != nil {
			return nil // of an address whose local part is *
		}
		return []suggestion{q.receiveSuggestion(EditSender, "AllowedSenders", "add "+sender.String()+" to the AllowedSenders", func(r *connector.Receive) {
			r.AllowedSenders = append(slices.Clone(r.AllowedSenders), sender)
		})}
	case reply.SecuredSenderDenied:
		return append(off("DomainSecureEnabled", func(r *connector.Receive) { r.DomainSecureEnabled = false }), q.securedDomain()...)
	}
	return nil
}

// securedDomain suggests removing the sender's domain from the list of domains that
// must be proven.
func (q *refusal) securedDomain() []suggestion {
	domain := q.sender().Domain().String()
	const path = "Transport.TLSReceiveDomainSecureList"
	return []suggestion{{
		kind: EditRequirement, path: path, text: "take " + domain + " off TLSReceiveDomainSecureList",
		edit: func(cfg *connector.Config) {
			t := &cfg.Transport
			t.TLSReceiveDomainSecureList = slices.DeleteFunc(t.TLSReceiveDomainSecureList, func(d string) bool { return strings.EqualFold(d, domain) })
		},
	}}
}

// limits suggests the smallest value of a limit that lets the session pass.
func (q *refusal) limits() []suggestion {
	d := q.dialog
	raise := func(field source.Path, value any, set func(*connector.Receive)) suggestion {
		return q.receiveSuggestion(EditLimit, field, fmt.Sprintf("raise %s to %v", field, value), set)
	}
	organization := func(field source.Path, value any, set func(*connector.Transport)) suggestion {
		return suggestion{
			kind: EditLimit, path: "Transport." + field, text: fmt.Sprintf("raise %s to %v", field, value),
			edit: func(cfg *connector.Config) { set(&cfg.Transport) },
		}
	}
	switch q.stage().Decision.Reason {
	case reply.MessageTooLarge:
		size := param.Size(d.Size)
		return []suggestion{
			raise("MaxMessageSize", size, func(r *connector.Receive) { r.MaxMessageSize = size }),
			organization("MaxReceiveSize", size, func(t *connector.Transport) { t.MaxReceiveSize = size }),
		}
	case reply.HeaderTooLarge:
		size := param.Size(d.HeaderSize)
		return []suggestion{raise("MaxHeaderSize", size, func(r *connector.Receive) { r.MaxHeaderSize = size })}
	case reply.HopCountExceeded:
		return []suggestion{
			raise("MaxHopCount", d.Hops, func(r *connector.Receive) { r.MaxHopCount = d.Hops }),
			raise("MaxLocalHopCount", d.LocalHops, func(r *connector.Receive) { r.MaxLocalHopCount = param.Value(d.LocalHops) }),
		}
	case reply.TooManyRecipients:
		n := q.recipients()
		return []suggestion{raise("MaxRecipientsPerMessage", n, func(r *connector.Receive) { r.MaxRecipientsPerMessage = n })}
	case reply.EnvelopeTooLarge:
		n := param.Limit(q.recipients())
		return []suggestion{organization("MaxRecipientEnvelopeLimit", n, func(t *connector.Transport) { t.MaxRecipientEnvelopeLimit = n })}
	}
	return nil
}

// recipients counts the recipients of the message, with the one that was refused.
func (q *refusal) recipients() int {
	n := 1
	for _, s := range q.walk.Stages[:q.refused] {
		if s.Name == connector.StageRoute && s.Decision.Allowed() {
			n++
		}
	}
	return n
}
