package delivery

import (
	"crypto/tls"
	"errors"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
)

// Replies of ours.
var (
	replyOtherHop  = connector.Reply{Code: 452, Enhanced: [3]int{4, 5, 3}, Text: "Recipient leaves by another route, try it in another transaction"}
	replyAlone     = connector.Reply{Code: 452, Enhanced: [3]int{4, 5, 3}, Text: "Try this recipient in another transaction"}
	replyMixture   = connector.Reply{Code: 451, Enhanced: [3]int{4, 5, 3}, Text: "Next hop takes some recipients only, try again"}
	replyBody      = connector.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "Message could not be read"}
	replyNotRouted = connector.Reply{Code: 451, Enhanced: [3]int{4, 3, 5}, Text: "Recipients were not routed"}
	replyHeader    = connector.Reply{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "Message header size exceeds fixed maximum size"}
	replyBare      = connector.Reply{Code: 550, Enhanced: [3]int{5, 6, 11}, Text: "Message contains bare CR or LF"}
	replyConvert   = connector.Reply{Code: 554, Enhanced: [3]int{5, 6, 3}, Text: "Next hop can't take this body type, and conversion is not done"}
	replyUTF8      = connector.Reply{Code: 550, Enhanced: [3]int{5, 6, 7}, Text: "Next hop doesn't support SMTPUTF8"}
	replyTooBig    = connector.Reply{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "Message size exceeds the next hop's limit"}
	replyCert      = connector.Reply{Code: 451, Enhanced: [3]int{4, 7, 5}, Text: "Next hop could not be reached securely"}
	replySecurity  = connector.Reply{Code: 451, Enhanced: [3]int{4, 7, 0}, Text: "Next hop refused or lacks security that is required"}
	replyConnect   = connector.Reply{Code: 451, Enhanced: [3]int{4, 4, 1}, Text: "Next hop could not be reached"}
	replyLost      = connector.Reply{Code: 451, Enhanced: [3]int{4, 4, 2}, Text: "Connection to the next hop was lost"}
)

// ofMessage are the errors that lie in the message and not in the hop.
var ofMessage = []struct {
	err   error
	reply connector.Reply
}{
	{mailheader.ErrTooLarge, replyHeader},
	{smtpclient.ErrBareCRLF, replyBare},
	{smtpclient.ErrEightBit, replyConvert},
	{smtpclient.ErrBinary, replyConvert},
	{smtpclient.ErrUTF8, replyUTF8},
	{smtpclient.ErrTooBig, replyTooBig},
	{errCertificate, replyCert},
	{smtpclient.ErrHandshake, replyCert},
	{smtpclient.ErrNoTLS, replySecurity},
	{smtpclient.ErrNoAuth, replySecurity},
	{smtpclient.ErrInjected, replySecurity},
}

// failure wraps err with the reply that tells the client of it.
func failure(err error, set *connector.Send) error {
	if known := new(relay.Error); errors.As(err, &known) {
		return err
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
		return replyBody
	case errors.As(err, &dns):
		if set != nil && set.ErrorPolicies&connector.DowngradeDnsFailures != 0 && dns.reply.Code >= 500 {
			return replyDNS
		}
		return dns.reply
	case errors.As(err, &dial):
		return replyConnect
	case errors.As(err, &record):
		return replyCert
	case errors.As(err, &hop) && hop.Reply.Code != 0:
		return passOn(hop)
	}
	for _, m := range ofMessage {
		if errors.Is(err, m.err) {
			return m.reply
		}
	}
	return replyLost
}

// passOn returns the reply that tells the client of the next hop's refusal.
func passOn(e *smtpclient.Error) connector.Reply {
	code, enhanced, text := e.Reply.Code, e.Reply.Enhanced, e.Reply.Text()
	switch {
	case e.Stage == smtpclient.StageAuth || e.Stage == smtpclient.StageTLS:
		return replySecurity // and no word of what was said about our credentials
	case e.Stage == smtpclient.StageRcpt && (code == 552 || code == 452):
		// Too many recipients; 552 is the old code (RFC 5321 section 4.5.3.1.10).
		code, enhanced = 452, class(enhanced, 4, [3]int{4, 5, 3})
	case e.Stage == smtpclient.StageReset, code == 530, code == 534, code == 535, code == 538:
		// The hop wants us to authenticate or encrypt (RFC 4954 section 6). The
		// client can't, and shall not believe that it is asked to.
		return replySecurity
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

// logText returns what the log says of err: the reply to the client and its cause.
func logText(err error) string {
	var e *relay.Error
	if !errors.As(err, &e) || e.Err == nil {
		return err.Error()
	}
	return e.Reply.Text + ": " + e.Err.Error()
}
