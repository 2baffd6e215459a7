package scram

import (
	"context"
	"errors"
	"fmt"

	"github.com/xdg-go/scram"

	"github.com/interchange-smtp/interchange/auth"
)

// Server is the server's side of one exchange.
type Server struct {
	keys    auth.KeyStore
	ctx     context.Context
	ch      auth.Channel
	attempt auth.Attempt

	talk     *scram.ServerConversation
	identity auth.Identity
	unknown  error // of the KeyStore, for a user that it doesn't have
	failed   error // of the KeyStore, which can't be asked
	stage    int   // how many responses of the client were read
	prompted bool
	over     bool
}

// NewServer returns the server's side of an exchange on ch: of SCRAM-SHA-256-PLUS if plus is
// true, for which ch must have an Exporter. It asks keys for the user within ctx, and calls
// attempt once the client has sent its proof.
func NewServer(ctx context.Context, plus bool, keys auth.KeyStore, ch auth.Channel, attempt auth.Attempt) (*Server, error) {
	s := &Server{keys: keys, ctx: ctx, ch: ch, attempt: attempt}
	server, err := scram.SHA256.NewServer(s.lookup)
	if err != nil {
		return nil, err
	}
	if plus && len(ch.Exporter) == 0 {
		return nil, fmt.Errorf("%s needs TLS 1.3, or the extended master secret", auth.ScramPlus)
	}
	s.begin(server, plus)
	return s, nil
}

// begin begins the conversation, with the nonces of server.
func (s *Server) begin(server *scram.Server, plus bool) {
	switch {
	case plus:
		s.talk = server.NewConversationWithChannelBindingRequired(binding(s.ch.Exporter))
	case len(s.ch.Exporter) > 0:
		// -PLUS was offered too, so a client that has not seen it was deceived.
		s.talk = server.NewConversationWithChannelBinding(binding(s.ch.Exporter))
	default:
		s.talk = server.NewConversation()
	}
}

// binding returns the channel binding of a connection.
func binding(exporter []byte) scram.ChannelBinding {
	return scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: exporter}
}

// lookup returns the keys of a user. An unknown user has keys too, so that the exchange goes
// on until its proof turns out wrong.
func (s *Server) lookup(user string) (scram.StoredCredentials, error) {
	k, id, err := s.keys.ScramKeys(s.ctx, user, s.ch)
	switch {
	case err == nil:
		s.identity = id
	case errors.Is(err, auth.ErrBadCredentials):
		s.unknown = err
	default:
		s.failed = err
		return scram.StoredCredentials{}, err
	}
	return scram.StoredCredentials{
		KeyFactors: scram.KeyFactors{Salt: string(k.Salt), Iters: k.Iterations},
		StoredKey:  k.StoredKey[:], ServerKey: k.ServerKey[:],
	}, nil
}

// Next implements auth.Exchange.
func (s *Server) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case s.over:
		return nil, true, auth.ErrMalformed
	case response == nil && !s.prompted && s.stage == 0:
		s.prompted = true
		return []byte{}, false, nil
	}
	s.stage++
	switch s.stage {
	case 1:
		challenge, err = s.first(string(response))
	case 2:
		challenge, err = s.final(string(response))
	default:
		s.over = true // what the client answers to the server's proof doesn't matter
		return nil, true, nil
	}
	s.over = err != nil
	return challenge, s.over, err
}

// first reads the client's first message and returns the server's.
func (s *Server) first(message string) ([]byte, error) {
	text, err := s.talk.Step(message)
	switch {
	case s.failed != nil:
		return nil, s.failed
	case err != nil && text == scram.ErrServerDoesSupportChannelBinding:
		return nil, fmt.Errorf("%w: the client wasn't shown that the server offers %s", auth.ErrBadCredentials, auth.ScramPlus)
	case err != nil:
		return nil, auth.ErrMalformed
	case auth.Credentials{AuthzID: s.talk.AuthzID(), Username: s.talk.Username()}.AsOther():
		return nil, auth.ErrBadCredentials
	}
	return []byte(text), nil
}

// final reads the client's proof and returns the server's.
func (s *Server) final(message string) ([]byte, error) {
	text, err := s.talk.Step(message)
	if err != nil && text == "" {
		return nil, auth.ErrMalformed
	}
	err = s.attempt(s.talk.Username(), func(context.Context) (auth.Identity, error) {
		switch {
		case s.unknown != nil:
			return auth.Identity{}, s.unknown
		case !s.talk.Valid():
			return auth.Identity{}, auth.ErrBadCredentials
		}
		return s.identity, nil
	})
	if err != nil {
		return nil, err
	}
	return []byte(text), nil
}
