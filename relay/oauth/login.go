package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/interchange-smtp/interchange/auth"
)

// Prompt asks a person to log on.
type Prompt struct {
	URL     string    // the page to open, on any device
	Code    string    // what to enter there
	Expires time.Time // when the code stops working; zero: not known
}

// AnyAccount lets [Sources.Login] store the logon of any account.
const AnyAccount = "*"

// Login gets a refresh token for the grant DeviceCode and stores it in Dir: it calls ask once
// and returns when the person has logged on, or when the code has expired. A gateway that uses
// the directory takes the token up within seconds.
//
// account is the one that must log on, the mailbox that sends; "": that of the stored logon, if there
// is one. The logon of another account is refused, and the stored one stays. An account that the token
// server doesn't name is taken for the right one.
//
// The error is an *Error if the token server has refused the logon, or another account has logged on.
func (s *Sources) Login(ctx context.Context, c *Config, account string, ask func(Prompt)) (*Logon, error) {
	switch {
	case c.Grant != DeviceCode:
		return nil, fmt.Errorf("with Grant %s no person logs on", c.Grant)
	case s.Dir == "":
		return nil, errors.New("there is no directory for refresh tokens")
	}
	e := newEndpoint(c, s.Client)
	ctx = context.WithValue(ctx, oauth2.HTTPClient, e.client)
	identity, err := e.identity()
	if err != nil {
		return nil, err
	}
	options := e.options(identity)
	conf := &oauth2.Config{ClientID: c.ClientID, ClientSecret: identity.secret.Reveal(), Scopes: e.scopes,
		Endpoint: oauth2.Endpoint{TokenURL: e.url, DeviceAuthURL: e.device, AuthStyle: oauth2.AuthStyleInParams}}
	device, err := conf.DeviceAuth(ctx, options...)
	if err != nil {
		return nil, classify(err, identity.secrets()...)
	}
	ask(Prompt{URL: words(device.VerificationURI), Code: words(device.UserCode), Expires: device.Expiry})
	got, err := conf.DeviceAccessToken(ctx, device, options...)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &Error{Cause: CauseLogonNeeded, Detail: "the code has expired before anyone logged on", Cure: cureLogon, Err: err}
	case err != nil:
		return nil, classify(err, append(identity.secrets(), device.DeviceCode)...)
	}
	return s.storeLogon(ctx, e, account, got)
}

// options are the parameters of requests that package oauth2 doesn't know.
func (e *endpoint) options(id identity) []oauth2.AuthCodeOption {
	var list []oauth2.AuthCodeOption
	for name := range id.params {
		list = append(list, oauth2.SetAuthURLParam(name, id.params.Get(name)))
	}
	if e.resource != "" {
		list = append(list, oauth2.SetAuthURLParam("resource", e.resource))
	}
	return list
}

// storeLogon stores the refresh token of a logon, if it is that of the account, as Login has it.
func (s *Sources) storeLogon(ctx context.Context, e *endpoint, account string, got *oauth2.Token) (*Logon, error) {
	if got.RefreshToken == "" {
		return nil, &Error{Cause: CauseRequest, Detail: "the token server gives no refresh token", Cure: "add the scope offline_access, or the one that it has for refresh tokens, to Scopes"}
	}
	who := claimsOf(got.AccessToken).who()
	if id, ok := got.Extra("id_token").(string); ok && who == "" {
		who = claimsOf(id).who()
	}
	at := &store{s.Dir}
	unlock, err := at.lock(ctx, e.config)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if account == "" {
		if before, err := at.load(e.config); err == nil && before != nil { // a logon cures a damaged file
			account = before.User
		}
	}
	if who != "" && account != "" && account != AnyAccount && !strings.EqualFold(who, account) {
		return nil, otherAccount(who, account)
	}
	r := &record{Logon: Logon{User: who, Time: time.Now().UTC().Truncate(time.Second)}, ClientID: e.config.ClientID, TokenURL: e.url, Token: got.RefreshToken}
	if err := at.save(e.config, r); err != nil {
		return nil, err
	}
	return &r.Logon, nil
}

// otherAccount is the error of a logon that isn't that of the account.
func otherAccount(who, account string) *Error {
	return &Error{
		Cause: CauseOtherAccount, Detail: fmt.Sprintf("the logon is that of %s, not that of %s, so it isn't stored", who, words(account)),
		Cure: fmt.Sprintf("log on again as %s; if %s is another name of that account, or has the rights FullAccess and SendAs to the mailbox, give -any-account", words(account), who),
	}
}

// Token is an access token, and what it says about itself if it is a JWT.
type Token struct {
	Access  auth.Secret
	Expires time.Time
	Account string   // the person or the application; "" if it doesn't say
	Rights  []string // the permissions of an application or the scopes of a person; nil if it doesn't say
}

// Missing returns why a smart host will refuse the token, as far as its rights show: a token of
// Microsoft 365 needs SMTP.SendAsApp if it is an application's, and SMTP.Send if it is a
// person's. It returns nil for other tokens.
func (c *Config) Missing(t *Token) *Error {
	if !c.Provider.provider().tenants || t.Rights == nil && t.Account == "" {
		return nil
	}
	right := "SMTP.Send"
	if c.Grant == ClientCredentials {
		right = "SMTP.SendAsApp"
	}
	if slices.Contains(t.Rights, right) {
		return nil
	}
	return &Error{Cause: CausePermission, Detail: "the token doesn't have the permission " + right, Cure: cureConsent}
}

// Fetch fetches one token now, apart from those that Set asks for. user is that of the smart host's
// credential. The error is an *Error.
func (s *Sources) Fetch(ctx context.Context, c *Config, user string) (*Token, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait+requestTimeout)
	defer cancel()
	got, err := s.fetcher(c, user).fetch(ctx)
	if err != nil {
		return nil, classify(err)
	}
	claims := claimsOf(got.access.Reveal())
	return &Token{Access: got.access, Expires: got.expires, Account: claims.who(), Rights: claims.rights()}, nil
}
