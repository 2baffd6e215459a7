package delivery

import (
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/hopreply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/event"
)

// probeTime is how long after a pause one attempt alone may show whether the host accepts the
// account again.
const probeTime = 5 * time.Minute

// breaker leaves hosts alone that have refused this server's account: the logon, or all mail of
// the account. After a pause one attempt may go there; if it fails as before, the next pause is
// longer. The zero breaker is ready to use.
type breaker struct {
	any    atomic.Bool // there may be pauses
	mu     sync.Mutex
	paused map[string]*pause // by linkKey.String
}

// pause is the state of a host that has refused the account of a connector.
type pause struct {
	account account
	meaning hopreply.Meaning // of the last refusal
	refusal error            // the last one
	logon   bool             // it was the answer to AUTH
	times   int              // how often the host has refused, one after the other
	until   time.Time
	probing bool // until is the end of an attempt's time
}

// account identifies credentials without having them. Tokens change each hour and after a
// refusal, so an account that uses them has their source in place of a secret.
type account struct {
	user   string
	secret [sha256.Size]byte
	tokens TokenSource // nil: there is no source, or it can't be compared
}

// account returns the account with which h is logged on to at c; zero if it isn't.
func (s *Sender) account(h *NextHop, c candidate) account {
	if own := h.credentials(c); own != nil {
		return account{user: own.Username, secret: sha256.Sum256([]byte(own.Password.Reveal()))}
	}
	if !h.usesTokens() {
		return account{}
	}
	a := account{user: c.credential.UserName}
	if source, err := s.tokens(h.out, c.smart); err == nil && reflect.ValueOf(source).Comparable() {
		a.tokens = source
	}
	return a
}

// concerns reports whether p is about a as well: a refused logon says nothing of another password
// or of another source of tokens.
func (p *pause) concerns(a account) bool {
	return p.account == a || !p.logon && p.account.user == a.user
}

// admit returns a pauseError if the host of k is left alone now. Otherwise an attempt may be made
// there; if there was a pause, it alone.
func (b *breaker) admit(k linkKey, a account, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.paused[k.String()]
	switch {
	case p == nil:
		return nil
	case !p.concerns(a):
		delete(b.paused, k.String())
		return nil
	case now.Before(p.until):
		return &pauseError{until: p.until, refusal: p.refusal, earlier: true}
	}
	p.probing, p.until = true, now.Add(probeTime)
	return nil
}

// refused notes that the host of k has refused a with err, the answer to the command at. It returns the end of the pause,
// and whether this is the first refusal of its kind.
func (b *breaker) refused(k linkKey, a account, meaning hopreply.Meaning, at smtpclient.Stage, err error, now time.Time) (until time.Time, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.any.Store(true)
	if b.paused == nil {
		b.paused = make(map[string]*pause)
	}
	makeRoom(b.paused, func(p *pause) bool { return p.until.Before(now) })
	p := b.paused[k.String()]
	if p == nil || !p.concerns(a) {
		p = &pause{}
		b.paused[k.String()] = p
	}
	first = p.times == 0 || p.meaning != meaning
	if p.probing || !now.Before(p.until) { // attempts that began together count once
		p.times++
		p.until = now.Add(meaning.Pause(p.times))
	}
	p.account, p.meaning, p.refusal, p.logon, p.probing = a, meaning, err, at == smtpclient.StageAuth, false
	return p.until, first
}

// accepted notes that the host of k has accepted the logon or, if whole is set, a message.
func (b *breaker) accepted(k linkKey, whole bool) {
	if !b.any.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.paused[k.String()]; p != nil && (whole || p.logon) {
		delete(b.paused, k.String())
	}
}

// reset ends all pauses.
func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = nil
}

// pauseError is a refusal because of which a host is left alone for a while.
type pauseError struct {
	until   time.Time
	refusal error
	earlier bool // the refusal is that of an earlier attempt, and the host wasn't called
}

// Error returns the host's words and, if they are old ones, how long it is left alone.
func (e *pauseError) Error() string {
	if !e.earlier {
		return e.refusal.Error()
	}
	return e.begin() + e.refusal.Error()
}

// begin returns how long the host is left alone, before the refusal that caused it.
func (e *pauseError) begin() string {
	return "left alone until " + e.until.UTC().Format("15:04:05") + " UTC after: "
}

// Unwrap returns the refusal.
func (e *pauseError) Unwrap() error { return e.refusal }

// RetryAt returns until when err, an error of [Sender.Send], asks to leave the next hop alone: it
// refuses the logon, or has throttled the account. Before that time Send doesn't call the host.
// Zero: err doesn't ask for a pause, or there is another host.
func RetryAt(err error) time.Time {
	var several *failures
	if errors.As(err, &several) {
		var first time.Time
		for _, e := range several.list {
			at := RetryAt(e)
			if at.IsZero() {
				return at
			}
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
		return first
	}
	var p *pauseError
	if errors.As(err, &p) {
		return p.until
	}
	return time.Time{}
}

// Retry ends all pauses of hosts that have refused the logon or throttled the account, so that the
// next message goes there at once. A Dispatcher calls it when an operator asks for a retry.
func (s *Sender) Retry() { s.breaker.reset() }

// admit returns an error if c is left alone now.
func (s *Sender) admit(h *NextHop, c candidate) error {
	if !s.breaker.any.Load() {
		return nil
	}
	if err := s.breaker.admit(s.linkKey(h, c), s.account(h, c), time.Now()); err != nil {
		return &hostError{c.name, err}
	}
	return nil
}

// note explains err, and begins or extends the pause of the host of k if err is a refusal of the account a
// that asks for one. It returns err as a pauseError then.
func (s *Sender) note(ctx context.Context, k linkKey, a account, err error) error {
	token := k.out.Settings().SmartHostAuthMechanism.Has(auth.OAuth)
	err = explain(hopreply.Caller{SmartHost: k.kind != mailDomain, User: a.user, Token: token}, err)
	row := rowOf(err)
	var e *smtpclient.Error
	if row.Meaning.Pause(1) == 0 || !errors.As(err, &e) {
		return err
	}
	until, first := s.breaker.refused(k, a, row.Meaning, e.Stage, err, time.Now())
	if first && row.Meaning.OfLogon() {
		s.emit(ctx, event.Event{Kind: event.LogonRefused, Connector: k.out.Name(), Host: k.host, Reply: e.Reply.String(),
			Retry: time.Until(until), Advice: row.Advice})
	}
	return &pauseError{until: until, refusal: err}
}

// isPaused reports whether err asks to leave the host alone, at all its addresses.
func isPaused(err error) bool { return errors.As(err, new(*pauseError)) }
