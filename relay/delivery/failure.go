package delivery

import (
	"crypto/tls"
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/hopreply"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
)

// reasons are the reasons of replies to the client for errors that are found here.
var reasons = []struct {
	err    error
	reason reply.Reason
}{
	{mailheader.ErrTooLarge, reply.HeaderTooLarge},
	{errTooLarge, reply.MessageTooLarge},
	{smtpclient.ErrBareCRLF, reply.BareLinefeed},
	{content.ErrBareCR, reply.BareLinefeed},
	{content.ErrNUL, reply.BareLinefeed},
	{smtpclient.ErrUTF8, reply.NextHopWithoutUTF8},
	{smtpclient.ErrTooBig, reply.NextHopTooSmall},
	{errCertificate, reply.NextHopInsecure},
	{errPolicy, reply.NextHopInsecure},
	{smtpclient.ErrHandshake, reply.NextHopInsecure},
	{smtpclient.ErrNoTLS, reply.NextHopSecurity},
	{smtpclient.ErrNoAuth, reply.NextHopSecurity},
	{smtpclient.ErrInjected, reply.NextHopSecurity},
}

// replyFor returns the reply for a reason. Replies about next hops are the same in every
// edition.
func replyFor(reason reply.Reason) reply.Reply { return reason.Reply(permission.Current) }

// failure wraps err with the reply to the client.
func failure(err error, set *connector.Send) *relay.Error {
	if known, ok := err.(*relay.Error); ok { // not the cause of a BodyError
		return known
	}
	return &relay.Error{Reply: replyTo(err, set), Err: err}
}

// replyTo returns the reply to the client for err: 5xx only for errors that are known to
// be permanent; unknown errors are temporary.
func replyTo(err error, set *connector.Send) reply.Reply {
	var body *smtpclient.BodyError
	var dns *dnsError
	var dial *dialError
	var hop *smtpclient.Error
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &body) && !errors.Is(err, errTooLarge) && !content.IsLineError(err):
		return replyFor(reply.TemporaryError)
	case errors.As(err, &dns):
		if set != nil && set.ErrorPolicies&param.DowngradeDnsFailures != 0 && replyFor(dns.reason).Code >= 500 {
			return replyFor(reply.DNSUnavailable)
		}
		return replyFor(dns.reason)
	case errors.As(err, &dial):
		return replyFor(reply.NextHopUnreachable)
	case errors.As(err, &record):
		return replyFor(reply.NextHopInsecure)
	case errors.As(err, new(*tokenError)):
		return replyFor(reply.NextHopSecurity)
	case errors.As(err, &hop) && hop.Reply.Code != 0:
		return passOn(hop, meaningOf(err))
	}
	var unfit *conversion.Error
	if errors.As(err, &unfit) {
		r := replyFor(reply.NextHopNeedsConversion)
		r.Text += ": " + unfit.Error()
		return r
	}
	for _, m := range reasons {
		if errors.Is(err, m.err) {
			return replyFor(m.reason)
		}
	}
	return replyFor(reply.NextHopLost)
}

// passOn returns the reply to the client for a refusal by the next hop, with its meaning.
func passOn(e *smtpclient.Error, meaning hopreply.Meaning) reply.Reply {
	code, enhanced, text := e.Reply.Code, e.Reply.Enhanced, e.Reply.Text()
	switch {
	case e.Stage == smtpclient.StageAuth || e.Stage == smtpclient.StageTLS:
		return replyFor(reply.NextHopSecurity) // without the next hop's text, which is about the credentials
	case e.Stage == smtpclient.StageGreeting || e.Stage == smtpclient.StageHello:
		// The next hop refuses this server, not the message, and may not do so later.
		code, enhanced = 451, class(enhanced, 4, [3]int{4, 4, 0})
	case errors.Is(e, smtpclient.ErrNoBDAT):
		code, enhanced = 451, [3]int{4, 4, 0} // the next attempt uses DATA
	case errors.Is(e, smtpclient.ErrTooMany):
		code, enhanced = 452, [3]int{4, 5, 3}
	case e.Stage == smtpclient.StageRcpt && code == 452: // the mailbox has no room
		enhanced = class(enhanced, 4, [3]int{4, 4, 0})
	case e.Stage == smtpclient.StageReset, meaning == hopreply.WantsSecurity, meaning.OfLogon():
		// The next hop asks this server to use TLS or authenticate, not the client.
		return replyFor(reply.NextHopSecurity)
	case code < 500, meaning.OfHost():
		code, enhanced = 451, class(enhanced, 4, [3]int{4, 4, 0})
	case wantsLogon(code): // of a mail exchanger; the client must not take it as a request to itself
		code = 550
	}
	if text == "" {
		text = "Refused by the next hop"
	}
	return reply.Reply{Code: code, Enhanced: enhanced, Text: text}
}

// class returns e if its class is n, else def.
func class(e [3]int, n int, def [3]int) [3]int {
	if e[0] == n {
		return e
	}
	return def
}

// cause returns the text of the error behind e, without one the text of its reply.
func cause(e error) string {
	var known *relay.Error
	if errors.As(e, &known) && known.Err != nil {
		return known.Err.Error()
	} else if known != nil {
		return known.Reply.Text
	}
	return e.Error()
}

// maxCause bounds the text of a cause in logs and Outcomes, in bytes.
const maxCause = 500

// printable returns s, cut to maxCause, with '?' for all but printable ASCII.
func printable(s string) string { return ascii.Printable(s[:min(len(s), maxCause)]) }

// failures are the errors of several hosts. As an error they are the one to report: a
// temporary one, if there is one, because that host may still accept the message.
type failures struct {
	list  []error
	worst error
}

// add adds an error.
func (f *failures) add(err error) {
	f.list = append(f.list, err)
	f.worst = worse(f.worst, err)
}

// last returns the error that was added last; nil without one.
func (f *failures) last() error {
	if len(f.list) == 0 {
		return nil
	}
	return f.list[len(f.list)-1]
}

// maxListed is how many failures are named in an error.
const maxListed = 4

// Error returns the error of each host.
func (f *failures) Error() string {
	var texts []string
	for i, err := range f.list {
		if i == maxListed {
			texts = append(texts, "...")
			break
		}
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the error to report.
func (f *failures) Unwrap() error { return f.worst }

// worse returns the error to report when several hosts failed.
func worse(a, b error) error {
	if a == nil || replyTo(a, nil).Code >= 500 {
		return b
	}
	return a
}
