package delivery

import (
	"crypto/tls"
	"errors"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
)

// ofMessage are the errors that lie in the message and not in the hop.
var ofMessage = []struct {
	err    error
	reason connector.ReasonCode
}{
	{mailheader.ErrTooLarge, connector.HeaderTooLarge},
	{smtpclient.ErrBareCRLF, connector.BareLinefeed},
	{smtpclient.ErrEightBit, connector.NextHopNeedsConversion},
	{smtpclient.ErrBinary, connector.NextHopNeedsConversion},
	{smtpclient.ErrUTF8, connector.NextHopWithoutUTF8},
	{smtpclient.ErrTooBig, connector.NextHopTooSmall},
	{errCertificate, connector.NextHopInsecure},
	{smtpclient.ErrHandshake, connector.NextHopInsecure},
	{smtpclient.ErrNoTLS, connector.NextHopSecurity},
	{smtpclient.ErrNoAuth, connector.NextHopSecurity},
	{smtpclient.ErrInjected, connector.NextHopSecurity},
}

// hostError is an error of one host.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string { return e.host + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

// hopError is a failure of a next hop as a whole, before it said anything of
// the message.
type hopError struct{ err error }

func (e *hopError) Error() string { return e.err.Error() }
func (e *hopError) Unwrap() error { return e.err }

// afterMail reports whether err came when the hop had accepted MAIL.
func afterMail(err error) bool {
	var e *smtpclient.Error
	return errors.As(err, &e) &&
		(e.Stage == smtpclient.StageRcpt || e.Stage == smtpclient.StageData || e.Stage == smtpclient.StageBody)
}

// reply returns the words for a reason. What is said of next hops is the same
// in every edition.
func reply(reason connector.ReasonCode) connector.Reply { return reason.Reply(permission.Current) }

// failure wraps err with the reply that tells the client of it.
func failure(err error, set *connector.Send) *relay.Error {
	if known, ok := err.(*relay.Error); ok { // only ours; one of the body's is a BodyError's cause
		return known
	}
	return &relay.Error{Reply: replyTo(err, set), Err: err}
}

// replyTo returns what the client is told of err. Only what is known to be
// for good is a 5xx; whatever isn't understood is temporary.
func replyTo(err error, set *connector.Send) connector.Reply {
	var body *smtpclient.BodyError
	var dns *dnsError
	var dial *dialError
	var hop *smtpclient.Error
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &body):
		return reply(connector.TemporaryError)
	case errors.As(err, &dns):
		if set != nil && set.ErrorPolicies&connector.DowngradeDnsFailures != 0 && reply(dns.reason).Code >= 500 {
			return reply(connector.DNSUnavailable)
		}
		return reply(dns.reason)
	case errors.As(err, &dial):
		return reply(connector.NextHopUnreachable)
	case errors.As(err, &record):
		return reply(connector.NextHopInsecure)
	case errors.As(err, &hop) && hop.Reply.Code != 0:
		return passOn(hop)
	}
	for _, m := range ofMessage {
		if errors.Is(err, m.err) {
			return reply(m.reason)
		}
	}
	return reply(connector.NextHopLost)
}

// passOn returns the reply that tells the client of the next hop's refusal.
func passOn(e *smtpclient.Error) connector.Reply {
	code, enhanced, text := e.Reply.Code, e.Reply.Enhanced, e.Reply.Text()
	switch {
	case e.Stage == smtpclient.StageAuth || e.Stage == smtpclient.StageTLS:
		return reply(connector.NextHopSecurity) // and no word of what was said about our credentials
	case e.Stage == smtpclient.StageRcpt && (code == 552 || code == 452):
		// Too many recipients; 552 is the old code (RFC 5321 section 4.5.3.1.10).
		code, enhanced = 452, class(enhanced, 4, [3]int{4, 5, 3})
	case e.Stage == smtpclient.StageReset, code == 530, code == 534, code == 535, code == 538:
		// The hop wants us to authenticate or encrypt (RFC 4954 section 6). The
		// client can't, and shall not believe that it is asked to.
		return reply(connector.NextHopSecurity)
	case code < 500:
		code, enhanced = 451, class(enhanced, 4, [3]int{4, 4, 0})
	}
	if text == "" {
		text = "Refused by the next hop"
	}
	return connector.Reply{Code: code, Enhanced: enhanced, Text: text}
}

// class returns e if it is of the class n, else def.
func class(e [3]int, n int, def [3]int) [3]int {
	if e[0] == n {
		return e
	}
	return def
}

// logText returns what the log says of e: the reply to the client and its cause.
func logText(e *relay.Error) string {
	if e.Err == nil {
		return e.Error()
	}
	return e.Reply.Text + ": " + e.Err.Error()
}
