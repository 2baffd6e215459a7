package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/routing"
)

// hostTimeout is how long the logon at one smart host may take.
const hostTimeout = 2 * time.Minute

// oauthResult is the outcome of gateway oauth test.
type oauthResult struct {
	Connector string       `json:"connector"`
	User      string       `json:"user"`
	Account   string       `json:"account,omitempty"` // of the token
	Rights    []string     `json:"rights,omitempty"`
	Expires   time.Time    `json:"expires,omitzero"`
	Error     string       `json:"error,omitempty"` // why there is no token, or no right to send
	Cause     oauth.Cause  `json:"cause,omitempty"`
	Code      string       `json:"code,omitempty"`  // of the token server
	Words     string       `json:"words,omitempty"` // of the token server
	Fix       string       `json:"fix,omitempty"`
	Hosts     []hostResult `json:"hosts,omitempty"`
}

// hostResult is the outcome at one smart host.
type hostResult struct {
	Host     string         `json:"host"`
	LoggedOn bool           `json:"loggedOn"`
	Reply    string         `json:"reply,omitempty"` // of the host that refuses the logon
	Error    string         `json:"error,omitempty"`
	Cause    delivery.Cause `json:"cause,omitempty"`
	Fix      string         `json:"fix,omitempty"`
}

// test fetches a token and logs on with it at each smart host of the connector that gets it.
func (o *oauthCommand) test(ctx context.Context) int {
	sources, dialing, err := o.sources()
	if err != nil {
		return o.invalid(err)
	}
	o.policyFlags.fqdn = o.machine()
	l, ok := o.policy(&o.policyFlags)
	if !ok {
		return exitInvalid
	}
	out := findSend(l.Policy, o.connector)
	switch {
	case out == nil:
		return o.invalid(fmt.Errorf("the policy has no Send connector %q of this server", o.connector))
	case !out.Settings().SmartHostAuthMechanism.Has(auth.OAuth):
		return o.invalid(fmt.Errorf("the Send connector %q doesn't log on with tokens; set SmartHostAuthMechanism to OAuth", out.Name()))
	}
	hosts, user, err := o.account(out)
	if err != nil {
		return o.invalid(err)
	}
	r := oauthResult{Connector: out.Name(), User: user}
	token, err := sources.Fetch(ctx, o.config, r.User)
	if err == nil {
		r.Account, r.Rights, r.Expires = token.Account, token.Rights, token.Expires
		if missing := o.config.Missing(token); missing != nil {
			err = missing
		}
	}
	r.failed(err)
	if token != nil {
		for _, host := range hosts {
			h := o.tryHost(ctx, dialing, l, host, &fetched{sources, o.config, r.User, token.Access})
			if wrong := o.stranger(r.Account, r.User); wrong != "" && h.Cause == delivery.CauseBadCredentials {
				h.Cause, h.Fix = delivery.Cause(oauth.CauseOtherAccount), wrong
			}
			r.Hosts = append(r.Hosts, h)
		}
	}
	if o.json {
		o.printJSON(r)
	} else {
		r.print(o.stdout, err)
	}
	if r.loggedOn() {
		return exitOK
	}
	return exitNo
}

// findSend returns the Send connector of that name that this server has, nil if there is no such one.
func findSend(p *connector.Policy, name string) *connector.Outbound {
	for out := range p.Send() {
		if strings.EqualFold(out.Name(), name) && out.Local() {
			return out
		}
	}
	return nil
}

// fetched has the token of the test. After a refusal it fetches one more, as a gateway does.
type fetched struct {
	sources *oauth.Sources
	config  *oauth.Config
	user    string
	access  auth.Secret
}

// Token implements delivery.TokenSource.
func (f *fetched) Token(context.Context) (auth.Secret, error) { return f.access, nil }

// Renew implements delivery.TokenSource.
func (f *fetched) Renew(ctx context.Context, _ auth.Secret) (auth.Secret, error) {
	t, err := f.sources.Fetch(ctx, f.config, f.user)
	if err != nil {
		return "", err
	}
	return t.Access, nil
}

// tryHost logs on at one smart host, as the connector would if it had no other.
func (o *oauthCommand) tryHost(ctx context.Context, dialing *detours, l *loaded, host param.SmartHost, tokens delivery.TokenSource) hostResult {
	r := hostResult{Host: host.String()}
	ctx, cancel := context.WithTimeout(ctx, hostTimeout)
	defer cancel()
	cfg := l.Config()
	for i := range cfg.Send {
		if strings.EqualFold(cfg.Send[i].Name, o.connector) {
			send := &cfg.Send[i]
			send.AuthenticationCredential = send.CredentialFor(host)
			send.SmartHosts, send.SmartHostCredentials = []param.SmartHost{host}, nil
		}
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		r.Error, r.Cause = err.Error(), delivery.CauseOther
		return r
	}
	sender := &delivery.Sender{ResolverFor: dialing.resolverFor, Dial: dialing.dial,
		Tokens: func(*connector.Outbound, param.SmartHost) delivery.TokenSource { return tokens }}
	defer sender.Close()
	conn, err := sender.Open(ctx, findSend(p, o.connector), routing.Domain{})
	if err != nil {
		d := delivery.Diagnose(err)
		r.Error, r.Cause, r.Reply, r.Fix = err.Error(), d.Cause, d.Reply, d.Advice
		return r
	}
	r.LoggedOn = true
	_, _ = io.WriteString(conn, "QUIT\r\n") // out of courtesy: the logon is done
	_ = conn.Close()
	return r
}

// stranger returns the cure if a person has logged on who isn't the mailbox that sends; "" otherwise.
func (o *oauthCommand) stranger(account, user string) string {
	if o.config.Grant != oauth.DeviceCode && o.config.Grant != oauth.RefreshToken || account == "" || user == "" || strings.EqualFold(account, user) {
		return ""
	}
	return fmt.Sprintf("the logon is that of %s, but the connector sends as %s: log on again as %s, or give %s the rights FullAccess and SendAs to that mailbox", account, user, user, account)
}

// failed notes why there is no token, or why it will be refused.
func (r *oauthResult) failed(err error) {
	if err == nil {
		return
	}
	e, ok := err.(*oauth.Error)
	if !ok {
		e = &oauth.Error{Detail: err.Error()}
	}
	r.Error, r.Cause, r.Code, r.Words, r.Fix = e.Detail, e.Cause, e.Code, e.Words, e.Cure
}

// loggedOn reports whether every smart host has accepted the logon.
func (r *oauthResult) loggedOn() bool {
	for _, h := range r.Hosts {
		if !h.LoggedOn {
			return false
		}
	}
	return len(r.Hosts) > 0
}

// print prints the result for people. err is that of the token.
func (r *oauthResult) print(w io.Writer, err error) {
	fmt.Fprintf(w, "connector %q sends as %s\n", r.Connector, r.User)
	if !r.Expires.IsZero() {
		fmt.Fprintf(w, "token: valid until %s", r.Expires.Local().Format(time.DateTime))
		if r.Account != "" {
			fmt.Fprintf(w, ", of %s", r.Account)
		}
		if len(r.Rights) > 0 {
			fmt.Fprintf(w, ", with %s", strings.Join(r.Rights, " "))
		}
		fmt.Fprintln(w)
	}
	if err != nil {
		fmt.Fprintf(w, "token: %s\n", why(err))
	}
	for _, h := range r.Hosts {
		if h.LoggedOn {
			fmt.Fprintf(w, "%s: logged on\n", h.Host)
			continue
		}
		if h.Reply == "" {
			fmt.Fprintf(w, "%s: not logged on: %s (%s)\n", h.Host, h.Error, h.Cause)
		} else {
			fmt.Fprintf(w, "%s: logon refused: %s (%s)\n", h.Host, h.Reply, h.Cause)
		}
		if h.Fix != "" {
			fmt.Fprintf(w, "    fix: %s\n", h.Fix)
		}
	}
}
