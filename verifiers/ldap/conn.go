package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/interchange-smtp/interchange/auth"
)

const (
	defaultTimeout = 10 * time.Second
	defaultConns   = 4
)

// conn is a connection within TLS.
type conn struct {
	ldap    *ldap.Conn
	timeout time.Duration
	ready   bool // it is bound to search
	kept    bool // it has served a check before
}

func (v *Verifier) init() {
	v.once.Do(func() {
		n := v.Conns
		if n <= 0 {
			n = defaultConns
		}
		v.room = make(chan struct{}, n)
	})
}

// keep takes a connection back after a check, for the next one. No more than Conns are kept,
// because no more are in use.
func (v *Verifier) keep(l *conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		l.close()
		return
	}
	l.kept = true
	v.idle = append(v.idle, l)
}

// kept returns a connection that an earlier check has used, or nil.
func (v *Verifier) kept() *conn {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.idle) > 0 {
		last := len(v.idle) - 1
		l := v.idle[last]
		v.idle = v.idle[:last]
		if !l.ldap.IsClosing() {
			return l
		}
	}
	return nil
}

// with calls f with a connection, and once more with a new one if a kept connection turns out
// to be broken. It ends when ctx does, or at the Timeout.
func (v *Verifier) with(ctx context.Context, f func(*conn) error) error {
	v.init()
	timeout := v.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case v.room <- struct{}{}:
		defer func() { <-v.room }()
	case <-ctx.Done():
		return fmt.Errorf("all %d connections to the directory are in use: %w", cap(v.room), context.Cause(ctx))
	}
	for {
		l, err := v.take(ctx, timeout)
		if err != nil {
			return fmt.Errorf("directory: %w", err)
		}
		stop := context.AfterFunc(ctx, l.close)
		err = f(l)
		whole := stop()
		refused := errors.Is(err, auth.ErrBadCredentials)
		switch {
		case whole && (err == nil || refused):
			v.keep(l)
			return err
		case ctx.Err() != nil:
			l.close()
			return fmt.Errorf("directory: %w", context.Cause(ctx))
		}
		l.close()
		if !l.kept || !broken(err) {
			return fmt.Errorf("directory: %w", err)
		}
	}
}

// broken reports whether err is one of the connection and not an answer.
func broken(err error) bool { return ldap.IsErrorWithCode(err, ldap.ErrorNetwork) }

// take returns a kept connection, or a new one to the first server that answers in its share of
// the time of ctx.
func (v *Verifier) take(ctx context.Context, timeout time.Duration) (*conn, error) {
	if l := v.kept(); l != nil {
		return l, nil
	}
	var failed error // of each server, in one line
	for i, text := range v.URLs {
		u, err := parseURL(text)
		if err == nil {
			var l *ldap.Conn
			if l, err = v.connectFor(ctx, u, len(v.URLs)-i); err == nil {
				l.SetTimeout(timeout)
				return &conn{ldap: l, timeout: timeout}, nil
			}
			err = fmt.Errorf("%s: %w", text, err)
		}
		if failed != nil {
			err = fmt.Errorf("%w; %w", failed, err)
		}
		failed = err
	}
	if failed == nil {
		failed = errors.New("no server is given")
	}
	return nil, failed
}

// parseURL reads one of the URLs. Its errors don't quote what may be a password.
func parseURL(text string) (*url.URL, error) {
	if strings.Contains(text, "@") {
		return nil, errors.New("a URL of a server has no user; give ldaps://HOST, and the account that searches as BindDN")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "":
		return nil, fmt.Errorf("%q: give ldaps://HOST, or ldap://HOST for StartTLS", text)
	case *u != url.URL{Scheme: u.Scheme, Host: u.Host}:
		return nil, fmt.Errorf("%q: give %s://%s, and where users are as BaseDN", text, u.Scheme, u.Host)
	}
	return u, nil
}

// connectFor is connect for the first of n servers, which share the time that ctx has left: one
// that doesn't answer must leave time for the others.
func (v *Verifier) connectFor(ctx context.Context, u *url.URL, n int) (*ldap.Conn, error) {
	if end, ok := ctx.Deadline(); ok && n > 1 {
		share := time.Until(end) / time.Duration(n)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, share, fmt.Errorf("no answer within %v: %w", share.Round(time.Millisecond), context.DeadlineExceeded))
		defer cancel()
	}
	l, err := v.connect(ctx, u)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return l, err
}

// connect dials a server and begins TLS.
func (v *Verifier) connect(ctx context.Context, u *url.URL) (*ldap.Conn, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldap": ldap.DefaultLdapPort, "ldaps": ldap.DefaultLdapsPort}[u.Scheme]
	}
	dial := v.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	raw, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	config := v.config(u.Hostname())
	if u.Scheme == "ldaps" {
		secured := tls.Client(raw, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		l := ldap.NewConn(secured, true)
		l.Start()
		return l, nil
	}
	l := ldap.NewConn(raw, false)
	l.Start()
	if err := l.StartTLS(config); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (v *Verifier) config(host string) *tls.Config {
	config := &tls.Config{}
	if v.TLS != nil {
		config = v.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}

func (l *conn) close() { _ = l.ldap.Close() }

// search returns the entries below base that fit, at most limit. It binds before if it must.
func (l *conn) search(bindDN string, password auth.Secret, base, filter string, limit int, attributes []string) ([]*ldap.Entry, error) {
	if !l.ready {
		if err := l.bindSearcher(bindDN, password); err != nil {
			return nil, err
		}
	}
	result, err := l.ldap.Search(&ldap.SearchRequest{
		BaseDN: base, Scope: ldap.ScopeWholeSubtree, DerefAliases: ldap.NeverDerefAliases,
		SizeLimit: limit, TimeLimit: int(l.timeout / time.Second), Filter: filter, Attributes: attributes,
	})
	if ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) && result != nil {
		return result.Entries, nil
	}
	if err != nil {
		return nil, fmt.Errorf("search below %q: %w", base, err)
	}
	return result.Entries, nil
}

// bindSearcher logs on to search.
func (l *conn) bindSearcher(dn string, password auth.Secret) (err error) {
	if dn == "" {
		err = l.ldap.UnauthenticatedBind("")
	} else if password == "" {
		return fmt.Errorf("bind as %q: the password is missing", dn)
	} else {
		err = l.ldap.Bind(dn, password.Reveal())
	}
	if err != nil {
		return fmt.Errorf("bind as %q: %w", dn, err)
	}
	l.ready = true
	return nil
}

// bindUser checks the password of an entry.
func (l *conn) bindUser(dn string, password auth.Secret) error {
	l.ready = false
	err := l.ldap.Bind(dn, password.Reveal())
	switch {
	case err == nil:
		return nil
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInappropriateAuthentication,
		ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultConstraintViolation, ldap.LDAPResultInvalidDNSyntax):
		return auth.ErrBadCredentials
	}
	return fmt.Errorf("bind as %q: %w", dn, err)
}
