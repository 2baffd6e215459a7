package smtpclient

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// auth proves who we are by LOGIN, as Exchange does, or by PLAIN where LOGIN
// isn't offered or turns out not to be there. Credentials are never sent a second
// time: that may lock the account.
func (c *Conn) auth() error {
	offered := strings.Fields(c.ext["AUTH"])
	err := error(&Error{Stage: StageAuth, Err: ErrNoAuth})
	if len(offered) > 0 {
		err = &Error{Stage: StageAuth, Err: fmt.Errorf("%w: it has %s", ErrNoAuth, strings.Join(offered, " "))}
	}
	for _, mechanism := range []string{auth.Login, auth.Plain} {
		if !slices.Contains(offered, mechanism) {
			continue
		}
		client, unfit := auth.NewClient(mechanism, *c.cfg.Auth)
		if unfit != nil {
			return &Error{Stage: StageAuth, Err: unfit}
		}
		if err = c.exchange(mechanism, client); !errors.Is(err, errMechanism) {
			return err
		}
	}
	return err
}

// errMechanism says that a hop refuses a mechanism that it offered, before it got
// any credentials.
var errMechanism = errors.New("the mechanism is offered and not there")

// errMore says that a hop wants more than a mechanism has.
var errMore = errors.New("the next hop asks for more than the mechanism has")

// exchange sends AUTH, then client's response to each challenge. Challenges are not
// looked at, for some hops write them without base64: responses go by position. A hop
// that has overlooked the initial response gets it when it asks.
func (c *Conn) exchange(mechanism string, client auth.Client) error {
	initial, err := client.Start()
	if err != nil {
		return &Error{Stage: StageAuth, Err: err}
	}
	line := mechanism
	if initial != nil {
		line += " " + base64.StdEncoding.EncodeToString(initial)
	}
	r, err := c.command(StageAuth, "AUTH ", line)
	if err == nil && initial == nil && (r.Code == 500 || r.Code == 502 || r.Code == 504) {
		return &Error{Stage: StageAuth, Reply: r, Err: errMechanism}
	}
	for err == nil && r.Code/100 == 3 {
		response := initial
		if initial = nil; response == nil || strings.Join(r.Lines, "") != "" {
			if response, err = client.Next(nil); err != nil {
				return &Error{Stage: StageAuth, Err: errMore} // closing cancels the exchange
			}
		}
		r, err = c.command(StageAuth, "", base64.StdEncoding.EncodeToString(response))
	}
	if err == nil && r.Code/100 != 2 {
		err = refusal(StageAuth, r)
	}
	return err
}

// withheld stands for a text that holds our password.
const withheld = "(text withheld: it repeats the password)"

// withhold returns r without its text if that tells the password of c: there
// are hops that repeat what they don't understand. All other words of a hop are
// kept, for they are what tells what to do.
func withhold(r Reply, c auth.Credentials) Reply {
	for _, between := range []string{" ", ""} { // a long echo may be wrapped
		if repeats(strings.Join(r.Lines, between), c) {
			r.Lines = []string{withheld}
			break
		}
	}
	return r
}

// repeats reports whether text holds c's password, in any letter case or in
// base64, whatever is encoded before it.
func repeats(text string, c auth.Credentials) bool {
	password := c.Password.Reveal()
	if strings.Contains(strings.ToLower(text), strings.ToLower(password)) {
		return true
	}
	login := "\x00" + c.Username + "\x00" // of PLAIN, whatever is there of the password
	words := strings.FieldsFunc(text, func(r rune) bool { return !isBase64(r) })
	for _, word := range words {
		for start := range min(4, len(word)) { // something may stand before it
			code := word[start:]
			if len(code)%4 == 1 {
				code = code[:len(code)-1]
			}
			plain, err := base64.RawStdEncoding.DecodeString(code)
			if err == nil && (strings.Contains(string(plain), password) || strings.Contains(string(plain), login)) {
				return true
			}
		}
	}
	return false
}

func isBase64(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/'
}
