package delivery

import (
	"cmp"
	"errors"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// scope is the thing that an error concerns.
type scope uint8

const (
	ofMessage    scope = iota // the message or its recipients; also without an error
	ofConnection              // this connection; another one may succeed
	ofHost                    // the host, and all messages to it
)

// ofContent are the errors that are found in a message here, besides *conversion.Error.
var ofContent = []error{smtpclient.ErrUTF8, smtpclient.ErrTooBig, smtpclient.ErrBareCRLF}

// scopeOf returns the scope of err, an answer in a transaction or before it.
func scopeOf(err error) scope {
	if err == nil {
		return ofMessage
	}
	var e *smtpclient.Error
	if !errors.As(err, &e) {
		return ofHost
	}
	if errors.As(err, new(*conversion.Error)) {
		return ofMessage
	}
	for _, content := range ofContent {
		if errors.Is(err, content) {
			return ofMessage
		}
	}
	switch e.Stage {
	case smtpclient.StageGreeting, smtpclient.StageHello, smtpclient.StageTLS, smtpclient.StageAuth:
		return ofHost
	case smtpclient.StageReset:
		return ofConnection
	}
	switch {
	case e.Reply.Code == 0, e.Reply.Code == 421, errors.Is(err, smtpclient.ErrNoBDAT):
		return ofConnection
	case concernsHost(err), wantsLogon(e.Reply.Code), e.Stage == smtpclient.StageMail && isFull(e.Reply):
		return ofHost
	}
	return ofMessage
}

// concernsHost reports whether a reply concerns all mail to the host: too much comes at once, or the host
// accepts nothing from this server's account now.
func concernsHost(err error) bool { return isCrowded(err) || meaningOf(err).OfHost() }

// isFull reports whether a next hop has no room for any message (RFC 3463: X.3.1), as Exchange under
// back pressure.
func isFull(r smtpclient.Reply) bool {
	return r.Enhanced == [3]int{4, 3, 1} || r.Code == 452 && r.Enhanced[0] == 0
}

// wantsLogon reports whether a reply asks for authentication or encryption (RFC 4954 section 6).
func wantsLogon(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// isCrowded reports whether a next hop replies that too much comes at once: with 432, as Microsoft 365
// does, with the status code of a system that accepts nothing now (RFC 3463: X.3.2), or in words.
func isCrowded(err error) bool {
	if err == nil {
		return false
	}
	var e *smtpclient.Error
	if !errors.As(err, &e) || e.Reply.Code/100 != 4 {
		return false
	}
	text := strings.ToLower(e.Reply.Text())
	return e.Reply.Code == 432 || e.Reply.Enhanced == [3]int{4, 3, 2} ||
		slices.ContainsFunc(crowdWords, func(w string) bool { return strings.Contains(text, w) })
}

// crowdWords are words in replies about too much at once.
var crowdWords = []string{"concurren", "simultaneous", "too many connections", "too many sessions", "throttl"}

// IsCrowded reports whether err, an error of [Sender.Send], means that too much comes at once: over
// fewer connections the next hop may accept the message.
func IsCrowded(err error) bool { return isCrowded(err) }

// answersDoubtConnection reports whether the refusal of a transaction may concern the connection alone:
// it is temporary, and not about a mailbox (450 to RCPT).
func answersDoubtConnection(answers []error, err error) bool {
	if err != nil {
		return doubtsConnection(err)
	}
	doubt := false
	for _, err := range answers {
		if err == nil {
			return false
		}
		doubt = doubt || doubtsConnection(err)
	}
	return doubt
}

// refusalIn returns err, or else the first refusal of a recipient.
func refusalIn(answers []error, err error) error { return cmp.Or(err, cmp.Or(answers...)) }

func doubtsConnection(err error) bool {
	var e *smtpclient.Error
	return errors.As(err, &e) && e.Reply.Code/100 == 4 && !(e.Stage == smtpclient.StageRcpt && e.Reply.Code == 450)
}

// afterMail reports whether err came after the next hop had accepted MAIL.
func afterMail(err error) bool {
	var e *smtpclient.Error
	return errors.As(err, &e) &&
		(e.Stage == smtpclient.StageRcpt || e.Stage == smtpclient.StageData || e.Stage == smtpclient.StageBody)
}

// hostError is an error of one host.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string {
	if text := e.err.Error(); strings.HasPrefix(text, e.host) {
		return text // the host is an address
	}
	return e.host + ": " + e.err.Error()
}
func (e *hostError) Unwrap() error { return e.err }

// hopError is a failure of a next hop as a whole, before it replied about the message.
type hopError struct{ err error }

func (e *hopError) Error() string { return e.err.Error() }
func (e *hopError) Unwrap() error { return e.err }

// dialError is the error of a connection that could not be made.
type dialError struct {
	to  string
	err error
}

// Error returns the cause without the names of system calls.
func (e *dialError) Error() string {
	why := e.err
	var sys *os.SyscallError
	var op *net.OpError
	switch {
	case isTimeout(e.err):
		return e.to + ": no answer to the call"
	case errors.As(e.err, &sys):
		why = sys.Err
	case errors.As(e.err, &op):
		why = op.Err
	}
	return e.to + ": " + why.Error()
}

func (e *dialError) Unwrap() error { return e.err }

// isTimeout reports whether err is a timeout, or the deadline of a context.
func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// dnsError is the error of a look-up without a usable result.
type dnsError struct {
	reason reply.Reason
	err    error
}

// Error returns the cause; the reason has the reply.
func (e *dnsError) Error() string { return e.err.Error() }

func (e *dnsError) Unwrap() error { return e.err }
