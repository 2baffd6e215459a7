package sign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/routing"
)

// week is how long a signature holds if the Signer doesn't say otherwise. Mail that was accepted and is sent
// again to others later is outside of it; mail on its way isn't.
const week = 7 * 24 * time.Hour

// Signer signs messages. Its fields must not change after the first use. It is safe for concurrent use.
type Signer struct {
	Keys Keys // nil: none

	// Lifetime is how long a signature holds (x=). 0: a week; negative: without end.
	Lifetime time.Duration
}

// Sign puts the signatures in front of m; it is a delivery.PrepareFunc. A message that can't be signed is left
// as it is if the DkimSigning of out is IfKeyExists, and is an error if it is Required. A key that can't be used
// is an error in either case. Messages that began here, such as delivery reports, are signed, and those of
// clients if the envelope says that they are Signable: a stranger gets no signature for our domain.
func (s *Signer) Sign(ctx context.Context, out *connector.Outbound, env *envelope.Envelope, m *message.Message) error {
	set := out.Settings()
	if set == nil || set.DkimSigning == param.DkimSigningNone {
		return nil
	}
	unsigned := func(err error) error { // leaves m as it is, unless that is an error
		if set.DkimSigning == param.DkimRequired {
			return err
		}
		return nil
	}
	if isForeign(env) {
		return unsigned(errForeign)
	}
	author, err := signable(m.Header())
	if err != nil {
		return unsigned(unsignable(err))
	}
	keys, err := s.KeysFor(ctx, author, time.Now())
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return unsigned(fmt.Errorf("DkimSigning is Required, and %s has no DKIM key that signs now", author))
	}
	err = s.sign(m, keys)
	if errors.Is(err, content.ErrBlankLines) {
		return unsigned(unsignable(err))
	}
	return err
}

// isForeign reports whether a message came from a client whose mail isn't signed.
func isForeign(env *envelope.Envelope) bool {
	local := env.Report || env.Connector == ""
	known := env.Signable || env.User != "" // earlier versions queued users' messages without Signable
	return !local && !known
}

// errForeign refuses a message that must be signed and comes from such a client.
var errForeign = &relay.Error{
	Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "The message must be signed with DKIM, and mail of this client isn't signed"},
	Err:   errors.New("the client hadn't logged on, may not relay, and lacks ms-Exch-Bypass-Anti-Spam"),
}

// unsignable returns the permanent error of a message that no key can sign.
func unsignable(err error) error {
	return &relay.Error{
		Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 6, 0}, Text: "The message must be signed with DKIM, and its header or body can't be"},
		Err:   err,
	}
}

// signable returns the domain of the addresses in From. The error says why no domain can sign the header.
func signable(h *message.Header) (routing.Domain, error) {
	for f := range h.Fields() {
		if f.Raw[0] == ' ' || f.Raw[0] == '\t' { // it would continue a signature in front of it
			return routing.Domain{}, errors.New("the header begins with a line that belongs to no field")
		}
		break
	}
	list, err := h.From()
	if err != nil {
		return routing.Domain{}, err
	}
	first := list[0].Domain()
	other := func(a routing.Address) bool { return a.Domain() != first }
	if !first.IsValid() || first.IsLiteral() || slices.ContainsFunc(list, other) {
		return routing.Domain{}, errors.New("header field From doesn't name one domain")
	}
	return first, nil
}

// KeysFor returns the keys that sign for an author's domain at a time: its own, or else those of the nearest
// domain above it; an empty list if no domain has one.
func (s *Signer) KeysFor(ctx context.Context, author routing.Domain, now time.Time) ([]Key, error) {
	if s.Keys == nil {
		return nil, nil
	}
	for d, ok := author, true; ok; d, ok = d.Parent() {
		keys, err := s.Keys.Keys(ctx, d)
		if err != nil {
			return nil, fmt.Errorf("the DKIM keys of %s can't be used: %w", d, err)
		}
		if chosen := Signing(keys, now); len(chosen) > 0 {
			return chosen, nil
		}
	}
	return nil, nil
}

// sign puts a signature by each of the keys in front of m, the first on top.
func (s *Signer) sign(m *message.Message, keys []Key) error {
	names := signedFields(m.Header())
	var expires time.Time
	if s.Lifetime >= 0 {
		expires = time.Now().Add(max(s.Lifetime, 0))
		if s.Lifetime == 0 {
			expires = time.Now().Add(week)
		}
	}
	var signers []*dkim.Signer
	var writers []io.Writer
	defer func() {
		for _, one := range signers {
			_ = one.Close() // after the first time it returns nothing
		}
	}()
	for _, k := range keys {
		one, err := dkim.NewSigner(&dkim.SignOptions{
			Domain: k.Domain.String(), Selector: k.Selector, Signer: k.signer(), HeaderKeys: names, Expiration: expires,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		})
		if err != nil {
			return plain(err)
		}
		signers, writers = append(signers, one), append(writers, one)
	}
	if err := write(io.MultiWriter(writers...), m); err != nil {
		if errors.Is(err, content.ErrBlankLines) {
			return err
		}
		return plain(err)
	}
	for _, one := range slices.Backward(signers) {
		if err := one.Close(); err != nil {
			return plain(err)
		}
		if err := m.Header().Prepend(one.Signature()); err != nil {
			return err
		}
	}
	return nil
}

// write writes m, whose header may lack the empty line at its end. The signing package keeps blank lines in
// memory, so their number is limited.
func write(w io.Writer, m *message.Message) error {
	for f := range m.Header().Fields() {
		if _, err := io.WriteString(w, strings.TrimRight(string(f.Raw), "\r\n")+"\r\n"); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "\r\n"); err != nil {
		return err
	}
	_, err := io.Copy(w, content.LimitBlankLines(m.Body()))
	return err
}

// plain returns an error of the signing package without the package's name.
func plain(err error) error {
	return errors.New("the message can't be signed: " + strings.TrimPrefix(err.Error(), "dkim: "))
}
