package oauth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
)

// refreshGrant is the grant of a refresh token (RFC 6749, section 6), for DeviceCode and
// RefreshToken. It is used by one goroutine at a time.
type refreshGrant struct {
	*endpoint
	store    *store // nil: there is no directory
	reporter reporter

	onDisk  string  // the stored token when it was read last; "": there was none
	unsaved *record // a token that could not be stored, in place of onDisk

	dead      string    // the token that the token server has refused
	deadUntil time.Time // it is not sent again before
	refused   *Error    // why
}

// askAgain is how long a refused refresh token is not sent again. A policy of the tenant may
// have changed then.
const askAgain = time.Hour

// fetch uses the stored refresh token while no other process does. The token server may give
// another one, which is stored before anything else can fail.
func (g *refreshGrant) fetch(ctx context.Context) (*token, error) {
	if g.store == nil {
		return nil, &Error{Cause: CauseUnreadable, Detail: "there is no directory for refresh tokens", Cure: "give -data or -oauth-tokens"}
	}
	var lost event.Event
	defer func() { g.reporter.emit(lost) }() // when other processes can go on
	unlock, err := g.store.lock(ctx, g.config)
	if err != nil {
		return nil, unreadable(err)
	}
	defer unlock()
	now, err := g.present()
	if err != nil {
		return nil, err
	}
	if now.Token == g.dead && time.Now().Before(g.deadUntil) {
		return nil, g.refused
	}
	got, err := g.request(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {now.Token}})
	if err != nil {
		return nil, g.mark(now.Token, err)
	}
	if refresh := cmp.Or(got.RefreshToken, now.Token); refresh != now.Token || g.unsaved != nil {
		if err := g.keep(now, refresh); err != nil {
			lost = event.Event{Kind: event.TokenNotStored, Err: err}
		}
	}
	return accept(got.AccessToken, got.TokenType, got.Expiry)
}

// present returns the record to use: one that could not be stored if the stored one is still
// the one before it, else the stored one, else the RefreshToken of the settings.
func (g *refreshGrant) present() (*record, error) {
	r, err := g.store.load(g.config)
	if err != nil {
		return nil, &Error{Cause: CauseUnreadable, Detail: err.Error(), Err: err}
	}
	before := g.onDisk
	if g.onDisk = ""; r != nil {
		g.onDisk = r.Token
	}
	if g.unsaved != nil && g.onDisk == before {
		return g.unsaved, nil
	}
	g.unsaved = nil
	if g.config.Grant == RefreshToken {
		return g.seeded(r)
	}
	switch {
	case r == nil:
		return nil, &Error{Cause: CauseLogonNeeded, Detail: "no account has logged on for the connector", Cure: "run gateway oauth login " + g.config.flags()}
	case r.ClientID != g.config.ClientID || r.TokenURL != g.url:
		return nil, &Error{Cause: CauseLogonNeeded, Detail: "the stored logon is that of another application or tenant", Cure: cureLogon}
	}
	return r, nil
}

// seeded returns r, which descends from the RefreshToken of the settings, or a new record if
// that was replaced.
func (g *refreshGrant) seeded(r *record) (*record, error) {
	secret, err := g.config.RefreshToken.Read()
	if err != nil {
		return nil, unreadable(err)
	}
	sum := sha256.Sum256([]byte(secret.Reveal()))
	seed := hex.EncodeToString(sum[:])
	if r != nil && r.Seed == seed && r.ClientID == g.config.ClientID && r.TokenURL == g.url {
		return r, nil
	}
	return &record{Logon: Logon{Time: time.Now()}, ClientID: g.config.ClientID, TokenURL: g.url, Seed: seed, Token: secret.Reveal()}, nil
}

// keep stores another refresh token in the record now. If that fails, the token stays in
// memory and is stored with the next one.
func (g *refreshGrant) keep(now *record, refresh string) error {
	next := *now
	next.Token = refresh
	if err := g.store.save(g.config, &next); err != nil {
		g.unsaved = &next
		return err
	}
	g.onDisk, g.unsaved = refresh, nil
	return nil
}

// mark remembers a refusal that only another refresh token can cure.
func (g *refreshGrant) mark(refresh string, err error) error {
	var refused *Error
	if !errors.As(err, &refused) || refused.Cause != CauseLogonNeeded {
		return err
	}
	if g.config.Grant == RefreshToken {
		refused.Cure = strings.ReplaceAll(refused.Cure, cureLogon, "put a new one in the place of RefreshToken")
	}
	g.dead, g.deadUntil, g.refused = refresh, time.Now().Add(askAgain), refused
	return refused
}
