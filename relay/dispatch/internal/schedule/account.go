package schedule

import (
	"cmp"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/tally"
)

// smtpPort is the port of smart hosts if the Send connector gives none.
const smtpPort = 25

// maxFormer is how many accounts are kept that no connector limits any more.
const maxFormer = tally.MaxAccounts

// account is a user at a smart host. What all Send connectors send there counts together.
type account struct {
	tally.Tally
	host, user string // as a connector names them
	limited    bool   // by a connector of the policy; else it is kept until nothing counts any more
	active     int    // attempts under way

	waiting list[hop]      // for room, in the order of hop.served
	alarm   alarm[account] // when time makes room for one of them
}

// newAccount returns an account that got what t counts.
func newAccount(t tally.Tally) *account {
	a := &account{Tally: t}
	a.alarm.value = a
	return a
}

// accountAt returns the key of the account of a connector at one of its smart hosts, and its user.
func accountAt(set *connector.Send, i int) (key tally.Account, user string) {
	host := set.SmartHosts[i]
	if c := set.CredentialFor(host); c != nil && set.LogsOn() {
		user = c.UserName
	}
	return tally.AccountOf(host.String(), cmp.Or(set.Port, smtpPort), user), user
}

// limitAccounts makes the accounts that the connectors of the policy limit, and forgets others.
func (s *Scheduler) limitAccounts(now time.Time) {
	for _, a := range s.accounts {
		a.limited = false
	}
	for out := range s.policy.Send() {
		set := out.Settings()
		if !out.Local() || limitsOfHosts(set) == (hostLimits{}) {
			continue
		}
		for i, host := range set.SmartHosts {
			key, user := accountAt(set, i)
			if s.accounts[key] == nil {
				s.accounts[key] = newAccount(tally.New())
			}
			a := s.accounts[key]
			a.host, a.user, a.limited = host.String(), user, true
		}
	}
	s.forgetAccounts(now)
}

// forgetAccounts forgets the accounts that no connector limits and for which nothing counts any more.
// If too many are left, those are forgotten that got least.
func (s *Scheduler) forgetAccounts(now time.Time) {
	var former []tally.Account
	for key, a := range s.accounts {
		switch {
		case a.limited || a.active > 0:
		case a.IsEmpty(now):
			delete(s.accounts, key)
		default:
			former = append(former, key)
		}
	}
	if len(former) <= maxFormer {
		return
	}
	slices.SortFunc(former, func(a, b tally.Account) int {
		return s.accounts[b].Recipients.Sum(now) - s.accounts[a].Recipients.Sum(now)
	})
	for _, key := range former[maxFormer:] {
		delete(s.accounts, key)
	}
}

// Restore makes tallies count, those of the process before this one. It must come before Begin.
func (s *Scheduler) Restore(tallies map[tally.Account]tally.Tally) {
	for key, t := range tallies {
		s.accounts[key] = newAccount(t)
	}
}

// Tallies returns the tallies that count at now, for Restore.
func (s *Scheduler) Tallies(now time.Time) map[tally.Account]tally.Tally {
	s.forgetAccounts(now)
	all := make(map[tally.Account]tally.Tally, len(s.accounts))
	for key, a := range s.accounts {
		if !a.IsEmpty(now) {
			all[key] = a.Tally
		}
	}
	return all
}

// enter counts the attempt with t at the accounts of its next hop.
func (q *queues) enter(t *Transfer, now time.Time) {
	t.pace = t.hop.pace
	if t.pace == nil {
		return
	}
	t.begun, t.hop.served = now, q.nextServed()
	for _, a := range t.pace.accounts {
		a.active++
		a.Add(len(t.To), now)
	}
}

// takeBack uncounts the attempt with t, of which no host has heard. It comes before leave.
func (q *queues) takeBack(t *Transfer, now time.Time) {
	if t.pace == nil {
		return
	}
	for _, a := range t.pace.accounts {
		a.Remove(len(t.To), t.begun, now)
	}
}

// leave ends the attempt with t at the accounts at which enter counted it.
func (q *queues) leave(t *Transfer, now time.Time) {
	if t.pace == nil {
		return
	}
	for _, a := range t.pace.accounts {
		a.active--
		q.wakeWaiting(a, now)
	}
	t.pace = nil
}

// wakeWaiting gives the next hops a turn that wait for a and for which there is room now.
func (q *queues) wakeWaiting(a *account, now time.Time) {
	for n := a.waiting.first; n != nil; {
		h := n.value
		n = n.next
		q.wake(h, now)
	}
}

// hasRoom reports whether the limits for smart hosts let an attempt at h start. If they don't, h waits
// for the first account that has no room.
func (q *queues) hasRoom(h *hop, now time.Time) bool {
	a, at := h.pace.full(now)
	if a == nil {
		return true
	}
	q.tellAccount(h, a, at, now)
	if h.room.in != &a.waiting {
		h.room.remove()
		if h.served == 0 {
			h.served = q.nextServed()
		}
		after := a.waiting.last
		for after != nil && after.value.served > h.served {
			after = after.prev
		}
		a.waiting.insert(h, &h.room, after)
	}
	if at.After(now) && (a.alarm.index == 0 || at.Before(a.alarm.at)) {
		q.room.set(&a.alarm, at)
	}
	return false
}

// nextServed returns the next number for hop.served.
func (q *queues) nextServed() uint64 {
	q.served++
	return q.served
}
