package smtpclient

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// auth authenticates with the best of the mechanisms that the next hop offers. It takes the
// next one if that is refused before the next hop has got a password, a token or a proof; it
// never sends one twice, because that may lock the account.
func (c *Conn) auth() error {
	offered := strings.Fields(c.ext["AUTH"])
	err := error(&Error{Stage: StageAuth, Err: ErrNoAuth})
	if len(offered) > 0 {
		err = &Error{Stage: StageAuth, Err: fmt.Errorf("%w: it has %s", ErrNoAuth, strings.Join(offered, " "))}
	}
	for _, m := range c.mechanisms(offered) {
		client, unfit := m.client()
		if unfit != nil {
			return &Error{Stage: StageAuth, Err: unfit}
		}
		x := &exchange{conn: c, client: client, mechanism: m}
		if err = x.run(); !errors.Is(err, errMechanism) {
			return err
		}
	}
	return err
}

// errMechanism is the error if a next hop refuses a mechanism that it offered, before it
// got any credentials.
var errMechanism = errors.New("the mechanism is offered but not supported")

// errMore is the error if a next hop asks for more responses than a mechanism has.
var errMore = errors.New("the next hop asks for more than the mechanism has")

// errUnproved is the error of a next hop that accepts a logon by SCRAM and doesn't prove that it
// knows the password.
var errUnproved = errors.New("the next hop accepts the logon and doesn't prove that it knows the password")

// maxInitial is the longest line of AUTH with an initial response (RFC 4954, section 4).
const maxInitial = 12288

// exchange is one SASL exchange.
type exchange struct {
	conn   *Conn
	client auth.Client
	mechanism
	initial []byte // the initial response, until it is sent
	steps   int    // how many responses were sent
	reason  string // why the next hop refuses the token, in its words
}

// run sends AUTH, then the client's response to each challenge. A next hop that has ignored the
// initial response gets it when it asks.
func (x *exchange) run() error {
	var err error
	if x.initial, err = x.client.Start(); err != nil {
		return &Error{Stage: StageAuth, Err: err}
	}
	r, err := x.begin()
	for err == nil && r.Code/100 == 3 {
		var response []byte
		if response, err = x.response(strings.Join(r.Lines, "")); err != nil {
			return err // closing cancels the exchange
		}
		x.steps++
		r, err = x.conn.command(StageAuth, "", base64.StdEncoding.EncodeToString(response))
	}
	switch {
	case err != nil:
		return err
	case r.Code/100 != 2 && x.unused(r.Code):
		return &Error{Stage: StageAuth, Reply: r, Err: errMechanism}
	case r.Code/100 != 2:
		return refusal(StageAuth, x.withReason(r))
	}
	if p, ok := x.client.(interface{ Proved() bool }); ok && !p.Proved() {
		return &Error{Stage: StageAuth, Err: errUnproved}
	}
	return nil
}

// begin sends AUTH, with the initial response if it is short enough.
func (x *exchange) begin() (Reply, error) {
	line := x.name
	if x.initial != nil {
		text := "="
		if len(x.initial) > 0 {
			text = base64.StdEncoding.EncodeToString(x.initial)
		}
		if len("AUTH ")+len(line)+len(" ")+len(text)+len("\r\n") <= maxInitial {
			line += " " + text
			x.steps++
		}
	}
	return x.conn.command(StageAuth, "AUTH ", line)
}

// response returns the response to a challenge. Some next hops write challenges of LOGIN and
// PLAIN without base64; their order decides.
func (x *exchange) response(challenge string) ([]byte, error) {
	if initial := x.initial; initial != nil && (x.steps == 0 || challenge == "") {
		x.initial = nil
		return initial, nil
	}
	x.initial = nil
	decoded, _ := base64.StdEncoding.DecodeString(challenge)
	if x.name == auth.OAuthBearer || x.name == auth.XOAuth2 {
		x.reason = string(decoded)
	}
	response, err := x.client.Next(decoded)
	switch {
	case err != nil && x.name != auth.Scram && x.name != auth.ScramPlus:
		return nil, &Error{Stage: StageAuth, Err: errMore}
	case err != nil:
		return nil, &Error{Stage: StageAuth, Err: err}
	}
	return response, nil
}

// maxReason bounds the reason for the refusal of a token, in bytes.
const maxReason = 200

// withReason returns r with the reason for the refusal of a token at its end: JSON with the
// status, and often the scope that the token lacks (RFC 7628, section 3.2.2). The reply after
// it seldom says why.
func (x *exchange) withReason(r Reply) Reply {
	reason := strings.Join(strings.Fields(x.reason), " ")
	switch {
	case reason == "":
		return r
	case repeats(reason, x.conn.cfg.secret()):
		reason = withheld
	}
	r.Lines = append(slices.Clip(r.Lines), reason[:min(len(reason), maxReason)])
	return r
}

// unused reports whether a next hop that refuses with code has got no secret, so that another
// mechanism may be tried: it doesn't know the mechanism or, by SCRAM, has no keys of the user.
func (x *exchange) unused(code int) bool {
	unknown := code == 500 || code == 502 || code == 504
	return x.steps == 0 && unknown || x.harmless && x.steps <= 1 && code/100 == 5
}
