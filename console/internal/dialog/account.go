package dialog

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// maxAccounts bounds the accounts that are looked up for a page, maybe in a directory.
const maxAccounts = 8

// gatewayAccount is the account with which the gateway logs on at this server. One that can is enough.
func (s *Subject) gatewayAccount(f Facts) Prerequisite {
	p := Prerequisite{Doubtful, "An account must exist with which the SMTP gateway logs on when it delivers mail to this server, and it needs the right to send for others there.",
		"No account has the right ms-Exch-SMTP-Accept-Any-Sender on a connector of this server by an explicit grant."}
	var details []string
	seen := make(map[permission.SID]bool)
	for _, r := range s.Config.Receive {
		here := strings.EqualFold(cmp.Or(r.Server, s.local()), s.local())
		r = r.WithDefaults(&s.Config)
		if !here || !r.AuthMechanism.Or(0).Has(auth.BasicAuth) {
			continue
		}
		for _, g := range r.Permissions {
			if !g.Allow.Has(permission.AcceptAnySender) || g.Group != 0 || seen[g.To] || len(seen) == maxAccounts {
				continue
			}
			seen[g.To] = true
			state, detail := f.account(g.To)
			if p.State != Met && (len(details) == 0 || state != Doubtful) {
				p.State = state
			}
			details = append(details, g.To.Name()+" may send for others at "+r.Name+". "+detail)
		}
	}
	if len(details) > 0 {
		p.Detail = strings.Join(details, " ")
	}
	return p
}

// account says whether an account exists that can log on with a password.
func (f Facts) account(sid permission.SID) (State, string) {
	name := sid.Name()
	switch {
	case sid.IsWellKnown():
		return Unknown, "It is a group, whose accounts the console doesn't know."
	case name == string(sid):
		return Unknown, "The policy has no name for it, so the console can't look it up."
	case f.Logon == nil:
		return Unknown, "The console isn't told the accounts, so it can't see whether that one exists."
	}
	err := f.Logon(name)
	state, detail := AccountState(err)
	if errors.Is(err, auth.ErrNoUser) {
		detail += " If it is a group, one account in it is enough."
	}
	return state, detail
}

// AccountState says what the error of a look-up of an account tells about it.
func AccountState(err error) (State, string) {
	switch {
	case err == nil:
		return Met, "That account exists."
	case errors.Is(err, auth.ErrNoUser):
		return Doubtful, "No account has that name: " + because(err)
	case errors.Is(err, auth.ErrBadCredentials):
		return Doubtful, "That account can't log on with a password: " + because(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("the answer takes too long")
	}
	return Unknown, "Whether that account exists can't be found out: " + because(err)
}

// because returns an error as the end of a sentence.
func because(err error) string {
	return strings.TrimRight(strings.TrimSuffix(err.Error(), ": "+auth.ErrBadCredentials.Error()), ".") + "."
}
