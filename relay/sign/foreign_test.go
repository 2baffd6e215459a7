package sign_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// TestForeignMessages: a stranger who writes our domain into From gets no signature for it, and mail of known
// clients and of this server does.
func TestForeignMessages(t *testing.T) {
	s := &sign.Signer{Keys: keys{"contoso.com": []sign.Key{key(t, "contoso.com", "s1", time.Time{}, rsaKey())}}}
	receive := func(name, client string, more ...permission.Grant) connector.Receive {
		return connector.Receive{
			Name: name, Bindings: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange(client)},
			PermissionGroups: param.Value(permission.AnonymousUsers), Permissions: more,
		}
	}
	relays := permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}
	from := netip.MustParseAddrPort("203.0.113.1:1025")
	for _, row := range []struct {
		name   string
		env    envelope.Envelope
		signed bool
	}{
		{"stranger", envelope.Envelope{Connector: "Internet", Remote: from}, false},
		{"user at the same connector", envelope.Envelope{Connector: "Internet", Remote: from, User: "kim"}, true},
		{"device that may relay", envelope.Envelope{Connector: "PRINTERS", Remote: from}, true},
		{"connector that is gone", envelope.Envelope{Connector: "Gone", Remote: from}, false},
		{"delivery report about a stranger's message", envelope.Envelope{Connector: "Internet", Remote: from, Report: true}, true},
		{"message of this server", envelope.Envelope{}, true},
	} {
		for _, signing := range []param.DkimSigning{param.DkimIfKeyExists, param.DkimRequired} {
			p, err := connector.Compile(connector.Config{
				Receive: []connector.Receive{receive("Internet", "0.0.0.0/0"), receive("Printers", "192.0.2.0/24", relays)},
				Send:    []connector.Send{{Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, DkimSigning: signing}},
			})
			if err != nil {
				t.Fatal(err)
			}
			m, err := new(message.Pool).Read(strings.NewReader(letter))
			if err != nil {
				t.Fatal(err)
			}
			err = s.Sign(t.Context(), p.Route(routing.MustParseAddress("a@fabrikam.com"), 0, nil).Outbound, &row.env, m)
			signed := m.Header().Has("DKIM-Signature")
			refused := new(relay.Error)
			if wantErr := !row.signed && signing == param.DkimRequired; signed != row.signed || errors.As(err, &refused) != wantErr || wantErr && refused.Reply.Code != 550 {
				t.Errorf("%s, %v: signed is %v, %v", row.name, signing, signed, err)
			}
			_ = m.Close() // it can't fail
		}
	}
}
