package scram

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/interchange-smtp/interchange/auth"
)

// client is the client's side of one exchange.
type client struct {
	talk    *scram.ClientConversation
	started bool
}

// NewClient returns the client's side of an exchange with the user name and password of c: of
// SCRAM-SHA-256-PLUS if exporter, the tls-exporter of the connection, isn't nil. bindable says
// that the connection has one though the server doesn't offer -PLUS: then a server that does
// offer it finds out that someone has hidden that.
func NewClient(c auth.Credentials, exporter []byte, bindable bool) (auth.Client, error) {
	made, err := scram.SHA256.NewClient(c.Username, c.Password.Reveal(), c.AuthzID)
	if err != nil {
		// RFC 7677 needs names and passwords in SASLprep's form. A password set by a
		// system without that can only be sent as it is.
		if made, err = scram.SHA256.NewClientUnprepped(c.Username, c.Password.Reveal(), c.AuthzID); err != nil {
			return nil, err
		}
	}
	return begin(made, exporter, bindable), nil
}

// begin begins the conversation, with the nonces of made.
func begin(made *scram.Client, exporter []byte, bindable bool) *client {
	switch {
	case exporter != nil:
		return &client{talk: made.NewConversationWithChannelBinding(binding(exporter))}
	case bindable:
		return &client{talk: made.NewConversationAdvertisingChannelBinding()}
	}
	return &client{talk: made.NewConversation()}
}

// maxRounds bounds the hash rounds of a server: fewer than a second of work. A hostile server
// could keep a processor busy with more.
const maxRounds = 1_000_000

// affordable checks the rounds of a server's first message, "r=nonce,s=salt,i=rounds".
func affordable(challenge string) error {
	for field := range strings.SplitSeq(challenge, ",") {
		if n, ok := strings.CutPrefix(field, "i="); ok {
			if rounds, err := strconv.Atoi(n); err != nil || rounds > maxRounds {
				return fmt.Errorf("the server asks for %.20q rounds of hashing; at most %d are made", n, maxRounds)
			}
		}
	}
	return nil
}

// errServer is the error of a server that hasn't proved that it knows the password.
var errServer = errors.New("the server doesn't prove that it knows the password")

// Start implements auth.Client.
func (c *client) Start() ([]byte, error) {
	if c.started {
		return nil, errors.New("the exchange has begun already")
	}
	c.started = true
	return c.step("")
}

// Next implements auth.Client.
func (c *client) Next(challenge []byte) ([]byte, error) {
	if c.talk.Done() && c.talk.Valid() {
		return nil, errors.New("the server asks for more than the mechanism has")
	}
	return c.step(string(challenge))
}

// step passes on one message of the server.
func (c *client) step(challenge string) ([]byte, error) {
	if err := affordable(challenge); err != nil {
		return nil, err
	}
	answer, err := c.talk.Step(challenge)
	if err != nil {
		return nil, err
	}
	if c.talk.Done() && !c.talk.Valid() {
		return nil, errServer
	}
	return []byte(answer), nil
}

// Proved reports whether the server has proved that it knows the password.
func (c *client) Proved() bool { return c.talk.Valid() }
