package smtpclient

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// auth authenticates with LOGIN, as Exchange does, or with PLAIN if LOGIN isn't offered
// or refused as unknown. It never sends credentials twice, because that may lock the
// account.
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

// errMechanism is the error if a next hop refuses a mechanism that it offered, before it
// got any credentials.
var errMechanism = errors.New("the mechanism is offered but not supported")

// errMore is the error if a next hop asks for more responses than a mechanism has.
var errMore = errors.New("the next hop asks for more than the mechanism has")

// exchange sends AUTH, then client's response to each challenge. It ignores the text of
// challenges, because some hops write them without base64: the order decides. A next hop
// that has ignored the initial response gets it when it asks.
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

// withheld replaces a text that contains the password.
const withheld = "(text withheld: it repeats the password)"

// withhold returns r without its text if the text contains the password of c: some hops
// repeat commands that they don't understand. All other texts are kept, because they
// explain what to do.
func withhold(r Reply, c auth.Credentials) Reply {
	for _, between := range []string{" ", ""} { // a long echo may be wrapped
		if repeats(strings.Join(r.Lines, between), c) {
			r.Lines = []string{withheld}
			break
		}
	}
	return r
}

// repeats reports whether text contains c's password, in any letter case or in base64,
// whatever is encoded before it.
func repeats(text string, c auth.Credentials) bool {
	password := c.Password.Reveal()
	if strings.Contains(strings.ToLower(text), strings.ToLower(password)) {
		return true
	}
	login := "\x00" + c.Username + "\x00" // the beginning of PLAIN, even if the password is cut
	words := strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune(base64Digits, r) })
	for _, word := range words {
		for start := range min(4, len(word)) { // other text may precede it
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

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
