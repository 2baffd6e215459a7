package delivery

import (
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// scope is what an error concerns.
type scope uint8

const (
	ofMessage    scope = iota // the message or its recipients; also of no error
	ofConnection              // this connection: another one may fare better
	ofHost                    // the host, and all that is sent there
)

// ofContent are the errors that we find in a message, beside a *conversion.Error.
var ofContent = []error{smtpclient.ErrUTF8, smtpclient.ErrTooBig, smtpclient.ErrBareCRLF}

// scopeOf returns what err concerns, as far as it is the answer to a transaction or
// what is said before one.
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
	case isCrowded(err), wantsLogon(e.Reply.Code), e.Stage == smtpclient.StageMail && isFull(e.Reply):
		return ofHost
	}
	return ofMessage
}

// isFull reports whether a hop has no room for any message (RFC 3463: X.3.1), as
// Exchange under back pressure.
func isFull(r smtpclient.Reply) bool {
	return r.Enhanced == [3]int{4, 3, 1} || r.Code == 452 && r.Enhanced[0] == 0
}

// wantsLogon reports whether a hop wants us to authenticate or encrypt (RFC 4954
// section 6).
func wantsLogon(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// isCrowded reports whether a hop says that too much comes at once: by 432, which
// Microsoft 365 has for it, by the status code of a system that takes nothing now
// (RFC 3463: X.3.2), or in words.
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

// crowdWords are what hops say of too much at once.
var crowdWords = []string{"concurren", "simultaneous", "too many connections", "too many sessions", "throttl"}

// IsCrowded reports whether the next hop said, by way of an error of [Sender.Send], that
// too much comes at once: with fewer connections it may take the message.
func IsCrowded(err error) bool { return isCrowded(err) }

// doubted reports whether a transaction was refused in a way that may concern the
// connection alone: for now, and not because of a mailbox (450 to RCPT).
func doubted(answers []error, err error) bool {
	if err != nil {
		return isDoubt(err)
	}
	doubt := false
	for _, err := range answers {
		if err == nil {
			return false
		}
		doubt = doubt || isDoubt(err)
	}
	return doubt
}

func isDoubt(err error) bool {
	var e *smtpclient.Error
	return errors.As(err, &e) && e.Reply.Code/100 == 4 && !(e.Stage == smtpclient.StageRcpt && e.Reply.Code == 450)
}

// afterMail reports whether err came when the hop had accepted MAIL.
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
		return text // an address that is called by itself
	}
	return e.host + ": " + e.err.Error()
}
func (e *hostError) Unwrap() error { return e.err }

// hopError is a failure of a next hop as a whole, before it said anything of
// the message.
type hopError struct{ err error }

func (e *hopError) Error() string { return e.err.Error() }
func (e *hopError) Unwrap() error { return e.err }

// failures are the errors of several hosts. As an error it is the one to report: a
// temporary one, if there is one, because that host may yet take the message.
type failures struct {
	list  []error
	worst error
}

// add adds an error.
func (f *failures) add(err error) {
	f.list = append(f.list, err)
	f.worst = worse(f.worst, err)
}

// maxTold is how many failures are told in words.
const maxTold = 4

// Error returns what went wrong at each host.
func (f *failures) Error() string {
	var told []string
	for i, err := range f.list {
		if i == maxTold {
			told = append(told, "...")
			break
		}
		told = append(told, err.Error())
	}
	return strings.Join(told, "; ")
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
