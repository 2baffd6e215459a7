package smtpclient

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// auth proves who we are by LOGIN, as Exchange does, or by PLAIN where LOGIN
// isn't offered. It never tries a second time: that may lock the account.
func (c *Conn) auth() error {
	offered := strings.Fields(strings.ToUpper(c.ext["AUTH"]))
	for _, mechanism := range []string{auth.Login, auth.Plain} {
		if slices.Contains(offered, mechanism) {
			client, err := auth.NewClient(mechanism, *c.cfg.Auth)
			if err != nil {
				return &Error{Stage: StageAuth, Err: err}
			}
			return c.exchange(mechanism, client)
		}
	}
	return &Error{Stage: StageAuth, Err: ErrNoAuth}
}

// exchange sends AUTH, then client's response to each challenge.
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
	for err == nil && r.Code == 334 {
		var challenge, response []byte
		if challenge, err = base64.StdEncoding.DecodeString(strings.Join(r.Lines, "")); err == nil {
			response, err = client.Next(challenge)
		}
		if err != nil {
			return &Error{Stage: StageAuth, Err: err} // closing cancels the exchange
		}
		r, err = c.command(StageAuth, "", base64.StdEncoding.EncodeToString(response))
	}
	if err == nil && r.Code != 235 {
		// Without the reply's text: there are hops that repeat what they don't
		// understand, and it may be the password.
		err = refusal(StageAuth, Reply{Code: r.Code, Enhanced: r.Enhanced})
	}
	return err
}
