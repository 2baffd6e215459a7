package oauth

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/withhold"
)

// Cause says why there is no token. Causes are stable, unlike the texts.
type Cause string

// The causes.
const (
	CauseLogonNeeded  Cause = "logon-needed"      // a person must log on, for the first time or again
	CauseOtherAccount Cause = "other-account"     // the person who logged on isn't the account that must
	CauseSecret       Cause = "secret-refused"    // the application's secret or certificate is wrong
	CauseExpired      Cause = "secret-expired"    // it was right and has expired
	CauseApplication  Cause = "application"       // the token server doesn't know the application, the tenant or the mailbox
	CausePermission   Cause = "permission"        // the application or the person lacks a right
	CausePolicy       Cause = "policy"            // a policy of the tenant forbids the logon
	CauseClock        Cause = "clock"             // the clocks of this machine and the token server differ
	CauseRequest      Cause = "request"           // the token server refuses the request for another reason
	CauseThrottled    Cause = "throttled"         // there were too many requests; temporary
	CauseUnavailable  Cause = "unavailable"       // the token server doesn't answer, or has an error; temporary
	CauseUnreadable   Cause = "secret-unreadable" // a secret, a certificate or a stored token can't be read
	CauseCommand      Cause = "command"           // the command fails or prints no token
	CauseTokenRefused Cause = "token-refused"     // the smart host refuses tokens that were just fetched
)

// Error says why there is no token, and what would cure it. It has no secret in it.
type Error struct {
	Cause  Cause
	Code   string // of the token server: AADSTS7000222 or invalid_grant; "" if it gave none
	Detail string // what is wrong, in words
	Cure   string // what to do; "" if waiting is enough
	Words  string // those of the token server, printable and cut; "" if it said nothing

	RetryAfter time.Duration // how long the token server asks to wait; 0: it doesn't
	Err        error         // the error behind it; may be nil
}

// Error returns all of it on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Detail)
	if e.Code != "" {
		b.WriteString(" (" + e.Code + ")")
	}
	if e.Cure != "" {
		b.WriteString("; " + e.Cure)
	}
	if e.Words != "" {
		b.WriteString("; the token server says: " + e.Words)
	}
	return b.String()
}

// Unwrap returns the error behind e.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the next attempt may succeed although nothing is changed.
func (e *Error) Temporary() bool { return e.Cause == CauseThrottled || e.Cause == CauseUnavailable }

// maxWords bounds the words of a token server, in bytes.
const maxWords = 300

// words returns text as one printable line, cut to maxWords. Entra's texts end with the ids of
// the request, on lines of their own.
func words(text string) string {
	text, _, _ = strings.Cut(text, "\r\nTrace ID")
	text, _, _ = strings.Cut(text, " Trace ID:")
	text = ascii.Printable(strings.Join(strings.Fields(text), " "))
	if len(text) > maxWords {
		text = text[:maxWords] + "..."
	}
	return text
}

// refusal is an answer of a token server that has no token.
type refusal struct {
	code        string // of OAuth
	description string
	status      int
	header      http.Header
}

// withheld replaces words that have a secret in them.
const withheld = "(words withheld: they repeat a secret or token)"

// classify returns err, an error of package oauth2 or net/http, as an *Error. The words of the
// token server are withheld if they repeat one of the secrets.
func classify(err error, secrets ...string) *Error {
	e := known(err)
	repeats := func(text string) bool {
		return slices.ContainsFunc(secrets, func(secret string) bool { return withhold.Repeats(text, secret) })
	}
	if e.Words != "" && (repeats(err.Error()) || repeats(e.Words)) {
		e.Words = withheld
	}
	if repeats(e.Code) {
		e.Code = ""
	}
	if e.Err != nil && repeats(e.Detail) { // it has the words of another package
		e.Detail = withheld
	}
	return e
}

// known returns err as an *Error, with all words of the token server.
func known(err error) *Error {
	var made *Error
	var answer *oauth2.RetrieveError
	switch {
	case errors.As(err, &made):
		return made
	case errors.As(err, &answer):
		r := refusal{code: answer.ErrorCode, description: answer.ErrorDescription}
		if answer.Response != nil {
			r.status, r.header = answer.Response.StatusCode, answer.Response.Header
		}
		if r.code == "" { // package oauth2 reads no error of another type than JSON
			r.fromBody(answer.Body)
		}
		return r.classify()
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Cause: CauseUnavailable, Detail: "the token server didn't answer in time", Cure: cureReach, Err: err}
	}
	e := &Error{Cause: CauseUnavailable, Detail: "the token server can't be reached: " + words(plainError(err)), Cure: cureReach, Err: err}
	var certificate *tls.CertificateVerificationError
	switch {
	case strings.HasPrefix(err.Error(), "oauth2: "):
		e.Detail, e.Cure = "the token server's answer can't be understood: "+words(strings.TrimPrefix(err.Error(), "oauth2: ")), cureAddress
	case errors.As(err, &certificate):
		e.Cure = cureRoots
	}
	return e
}

// plainError returns the text of err without the address, which may have an id in it.
func plainError(err error) string {
	var at *url.Error
	if !errors.As(err, &at) {
		return err.Error()
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.Error()
	}
	host := at.URL
	if u, err := url.Parse(at.URL); err == nil {
		host = u.Host
	}
	return host + ": " + at.Err.Error()
}

// fromBody reads the code and the description of an answer as JSON, whatever its type.
func (r *refusal) fromBody(body []byte) {
	var fields struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &fields) == nil {
		r.code, r.description = fields.Error, fields.Description
	}
}

var entraCode = regexp.MustCompile(`AADSTS\d{4,8}`)

// classify finds the cause: by Entra's code, by OAuth's code and the words, by the status.
func (r *refusal) classify() *Error {
	e := &Error{Code: words(r.code), Words: words(r.description), RetryAfter: retryAfter(r.header)}
	if code := entraCode.FindString(r.description); code != "" {
		e.Code = code
	}
	for _, k := range knownRefusals {
		if (k.code == e.Code || k.code == r.code) && strings.Contains(strings.ToLower(r.description), k.words) {
			e.Cause, e.Detail, e.Cure = k.cause, k.detail, k.cure
			return e
		}
	}
	switch {
	case r.status == http.StatusTooManyRequests:
		e.Cause, e.Detail = CauseThrottled, "the token server asks for fewer requests"
	case r.status >= 500 || r.status == http.StatusRequestTimeout:
		e.Cause, e.Detail = CauseUnavailable, "the token server has an error of its own: "+strconv.Itoa(r.status)+" "+http.StatusText(r.status)
	case r.status/100 == 3:
		e.Cause, e.Detail, e.Cure = CauseRequest, "the token server answers with another address", "correct TokenURL"
	default:
		e.Cause, e.Detail, e.Cure = CauseRequest, "the token server refuses the request: "+strconv.Itoa(r.status)+" "+http.StatusText(r.status), cureAddress
		if number, ok := strings.CutPrefix(e.Code, "AADSTS"); ok {
			e.Cure = "https://login.microsoftonline.com/error?code=" + number + " says what the code means, and the sign-in logs of Entra have the request"
		}
	}
	return e
}

// maxRetryAfter bounds the wait that a token server may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads Retry-After: seconds or a time.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxRetryAfter)
}
