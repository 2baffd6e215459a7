package delivery_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	mail "github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// signer signs what a Sender prepares, and verifies what has arrived.
type signer struct {
	key   ed25519.PrivateKey
	calls int
}

func (s *signer) prepare(_ context.Context, out *connector.Outbound, _ *envelope.Envelope, m *mail.Message) error {
	s.calls++
	sign, err := dkim.NewSigner(&dkim.SignOptions{Domain: "contoso.com", Selector: out.Name(), Signer: s.key})
	if err != nil {
		return err
	}
	if _, err := io.Copy(sign, m.Open()); err != nil {
		return err
	}
	if err := sign.Close(); err != nil {
		return err
	}
	return m.Header().Prepend(sign.Signature())
}

func (s *signer) verify(message []byte) error {
	public := base64.StdEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
	list, err := dkim.VerifyWithOptions(bytes.NewReader(message), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "out._domainkey.contoso.com" {
			return nil, errors.New("another key: " + name)
		}
		return []string{"v=DKIM1; k=ed25519; p=" + public}, nil
	}})
	switch {
	case err != nil:
		return err
	case len(list) != 1:
		return errors.New("not one signature")
	}
	return list[0].Err
}

// TestPrepareSigns: what Prepare signs arrives with its signature intact, behind the header
// firewall, whatever the next hop takes and wherever the message was held.
func TestPrepareSigns(t *testing.T) {
	long := strings.Repeat("gr\u00fc\u00dfe\r\n", 60_000)
	for name, tc := range map[string]struct {
		body string
		typ  envelope.BodyType
		omit []string
	}{
		"short":                   {letter, envelope.SevenBit, nil},
		"without 8BITMIME":        {letter + "gr\u00fc\u00dfe\r\n", envelope.EightBitMIME, []string{"8BITMIME"}},
		"large, without 8BITMIME": {letter + long, envelope.EightBitMIME, []string{"8BITMIME"}},
		"large, with 8BITMIME":    {letter + long, envelope.EightBitMIME, nil},
	} {
		for _, source := range []func() io.Reader{
			func() io.Reader { return strings.NewReader("X-MS-Exchange-Organization-SCL: 1\r\n" + tc.body) },
			func() io.Reader {
				return io.MultiReader(strings.NewReader("X-MS-Exchange-Organization-SCL: 1\r\n"), strings.NewReader(tc.body))
			},
		} {
			w := newWorld(t, toHosts("192.0.2.1"))
			sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: tc.omit})
			s := &signer{key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
			w.sender.Prepare = s.prepare
			env := envelopeTo("b@fabrikam.com")
			env.Body = tc.typ
			outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", env, source())
			if err != nil || outcomes[0].Err != nil {
				t.Fatalf("%s: %v, %v", name, err, outcomes[0].Err)
			}
			env.Policy = w.policy
			_, err = relay.Deliver(t.Context(), &w.sender, env, source())
			expect(t, name, said(t, err), "ok")
			for _, m := range sink.Messages() {
				if err := s.verify(m.Data); err != nil || bytes.Contains(m.Data, []byte("Organization-SCL")) {
					t.Errorf("%s: signature: %v", name, err)
				}
			}
			if n := len(sink.Messages()); n != 2 || s.calls != 2 {
				t.Errorf("%s: %d messages, signed %d times", name, n, s.calls)
			}
		}
	}
}

// TestPrepareFails: the next hop isn't called for a message that can't be prepared, and the
// limit for its size holds.
func TestPrepareFails(t *testing.T) {
	refusal := &relay.Error{Reply: reply.HeaderTooLarge.Reply(permission.Current)}
	for _, tc := range []struct {
		err  error
		want string
	}{{errors.New("no key"), "451 4.3.0"}, {refusal, "552"}, {nil, "552 5.3.4"}} {
		s := toHosts("192.0.2.1")
		body := letter
		if tc.err == nil {
			s.MaxMessageSize = 1 << 10
			body += strings.Repeat("x\r\n", 1<<10)
		}
		w := newWorld(t, s)
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
		w.sender.Prepare = func(context.Context, *connector.Outbound, *envelope.Envelope, *mail.Message) error { return tc.err }
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(body))
		expect(t, "attempt", said(t, outcomes[0].Err), tc.want)
		if err != nil || sink.Connections() > 0 {
			t.Errorf("the hop was called: %v", err)
		}
	}
}

// A Sender signs what leaves by its Send connectors.
func ExampleSender_prepare() {
	_, key, _ := ed25519.GenerateKey(nil)
	sender := &delivery.Sender{
		Prepare: func(_ context.Context, out *connector.Outbound, env *envelope.Envelope, m *mail.Message) error {
			authors, err := m.Header().Authors()
			if err != nil || len(authors) != 1 || authors[0].Domain() != routing.MustParseDomain("contoso.com") {
				return nil // leaves unsigned
			}
			s, err := dkim.NewSigner(&dkim.SignOptions{Domain: "contoso.com", Selector: "mail", Signer: key})
			if err != nil {
				return err
			}
			if _, err := io.Copy(s, m.Open()); err != nil {
				return err
			}
			if err := s.Close(); err != nil {
				return err
			}
			return m.Header().Prepend(s.Signature())
		},
	}
	defer sender.Close()
}

// TestPrepareNoRoom: without room for the message in 7 bits, the attempt is made later; the message doesn't
// leave with content that a next hop may convert behind the signature.
func TestPrepareNoRoom(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	w.sender.Messages = &mail.Pool{Memory: 1, Dir: filepath.Join(t.TempDir(), "absent")}
	w.sender.Prepare = func(context.Context, *connector.Outbound, *envelope.Envelope, *mail.Message) error { return nil }
	env := envelopeTo("b@fabrikam.com")
	env.Body = envelope.EightBitMIME
	outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", env, strings.NewReader(letter+"gr\u00fc\u00dfe\r\n"))
	expect(t, "attempt", said(t, outcomes[0].Err), "451 4.3.0")
	if err != nil || sink.Connections() > 0 {
		t.Errorf("the hop was called: %v", err)
	}
}
