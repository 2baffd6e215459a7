package gosmtp_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// oneOf picks.
func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// randomPolicy compiles, at last.
func randomPolicy(r *rand.Rand) *connector.Policy {
	rare := func() bool { return r.IntN(6) == 0 }
	for {
		cfg := connector.Config{
			Server: "hub.contoso.com", Profile: connector.Profile(r.IntN(2)),
			Accepted:  []routing.AcceptedDomain{{DomainName: "contoso.com"}},
			Transport: connector.Transport{MaxRecipientEnvelopeLimit: oneOf(r, param.Limit(0), 1), MaxReceiveSize: oneOf(r, param.Size(0), 70*param.KB)},
		}
		for i, from := range []string{"0.0.0.0/0", gateway} {
			in := internet()
			in.Name, in.RemoteIPRanges = fmt.Sprint("R", i), []param.Range{param.MustParseRange(from)}
			in.AuthMechanism = param.Value(oneOf(r, auth.TLS|auth.BasicAuth, auth.TLS|auth.BasicAuth|auth.BasicAuthRequireTLS, auth.TLS|auth.ExternalAuthoritative))
			in.PermissionGroups = param.Value(permission.ExchangeServers | oneOf(r, permission.AnonymousUsers, permission.AnonymousUsers|permission.ExchangeUsers, permission.ExchangeUsers))
			in.RequireTLS = rare() && !in.AuthMechanism.Or(0).Has(auth.ExternalAuthoritative)
			in.RejectReservedSecondLevelRecipientDomains, in.RejectReservedTopLevelRecipientDomains, in.RejectSingleLabelRecipientDomains = rare(), rare(), rare()
			in.EnhancedStatusCodesEnabled = param.Value(!rare())
			in.MaxMessageSize, in.MaxHeaderSize, in.MaxHopCount, in.MaxLocalHopCount = 64*param.KB, param.KB, 2, param.Value(r.IntN(3))
			in.MaxRecipientsPerMessage = oneOf(r, 1, 2, 100)
			in.MaxProtocolErrors, in.MaxLogonFailures = param.Value(param.Unlimited), param.Value(0)
			in.AddMissingHeadersEnabled = param.Value(!rare())
			for range r.IntN(3) {
				g := permission.Grant{To: oneOf(r, permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDExternallySecured)}
				right := permission.SetOf(oneOf(r, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.Submit, permission.BypassMessageSizeLimit))
				if rare() {
					g.Deny = right
				} else {
					g.Allow = right
				}
				in.Permissions = append(in.Permissions, g)
			}
			cfg.Receive = append(cfg.Receive, in)
		}
		if p, err := connector.Compile(cfg); err == nil {
			return p
		}
	}
}

// side is one of the two servers that a conversation is held with.
type side struct {
	dial    func(from string) *relaytest.Client
	client  *relaytest.Client
	message func() string // the last that was accepted
}

// hold sends a line to both sides and returns the code, which must be the same, as must
// the text of a refusal.
func hold(t *testing.T, said *[]string, line string, sides ...*side) int {
	t.Helper()
	*said = append(*said, fmt.Sprintf("%.100q", line))
	var codes []int
	var texts []string
	for _, s := range sides {
		s.client.SendRaw(line + "\r\n")
		code, text := s.client.Reply()
		codes, texts = append(codes, code), append(texts, text)
	}
	if codes[0] != codes[1] || codes[0] >= 400 && texts[0] != texts[1] {
		t.Fatalf("relay.Server: %d %s\ngosmtp: %d %s\n%s", codes[0], texts[0], codes[1], texts[1], strings.Join(*said, "\n"))
	}
	return codes[0]
}

// withoutIDs removes from a message what is different each time.
func withoutIDs(text string) string {
	_, text, _ = strings.Cut(text, ";") // of Received
	_, text, _ = strings.Cut(text, "\r\n")
	lines := strings.Split(text, "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Message-ID:") || strings.HasPrefix(line, "Date:") {
			lines[i], _, _ = strings.Cut(line, ":")
		}
	}
	return strings.Join(lines, "\r\n")
}

// TestLikeTheRelay holds random conversations under random policies with relay.Server and
// with a go-smtp server. The policy's decisions have the same replies, and what is accepted
// is the same message.
func TestLikeTheRelay(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 29))
	certificate, _ := issue(t, "hub.contoso.com")
	w := serve(t, internet())
	var network relaytest.Network
	accepted := ""
	server := &relay.Server{Policy: compile(t, internet()), Verifier: users, Certificates: []tls.Certificate{certificate},
		Handler: relay.HandlerFunc(func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			text, err := io.ReadAll(body)
			accepted = string(text)
			return err
		})}
	l, err := network.Listen(hub)
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { _ = server.Close() })
	a := &side{message: func() string { return accepted }, dial: func(from string) *relaytest.Client {
		c, err := network.Dial(t.Context(), netip.MustParseAddr(from), netip.MustParseAddrPort(hub))
		if err != nil {
			t.Fatal(err)
		}
		c2 := relaytest.NewClient(t, c)
		c2.Expect(220)
		return c2
	}}
	b := &side{dial: w.client, message: func() string { return w.mailbox.last(t).data }}
	met := map[int]int{}
	for range 300 {
		p := randomPolicy(r)
		if server.SetPolicy(p) != nil || w.backend.SetPolicy(p) != nil {
			t.Fatal("the policy is refused")
		}
		converse(t, r, met, a, b)
	}
	for _, code := range []int{235, 250, 452, 503, 504, 530, 535, 550, 552, 554} {
		if met[code] == 0 {
			t.Errorf("no reply %d came up: %v", code, met)
		}
	}
}

// converse holds one conversation.
func converse(t *testing.T, r *rand.Rand, met map[int]int, sides ...*side) {
	from := oneOf(r, stranger, gateway)
	said := []string{from}
	do := func(format string, args ...any) int {
		t.Helper()
		code := hold(t, &said, fmt.Sprintf(format, args...), sides...)
		met[code]++
		return code
	}
	for _, s := range sides {
		s.client = s.dial(from)
		defer s.client.Close()
	}
	do("EHLO client.example.com")
	if r.IntN(2) == 0 {
		for _, s := range sides {
			s.client.StartTLS(new(tls.Config))
		}
		do("EHLO client.example.com")
	}
	for range r.IntN(3) {
		if do("AUTH PLAIN %s", plain(amy, oneOf(r, password, password, "guess"))) == 235 {
			break // go-smtp itself refuses another
		}
	}
	addresses := []string{amy, inside, elsewhere, "a@example.org", "a@x.test", "a@intranet", `"k m"@contoso.com`, `"nick@example.net"@contoso.com`, "a%b@contoso.com"}
	for range 1 + r.IntN(3) {
		size := ""
		if r.IntN(3) == 0 {
			size = fmt.Sprint(" SIZE=", oneOf(r, 1000, 66_000, 72_000))
		}
		if do("MAIL FROM:<%s>%s", oneOf(r, append(addresses, "")...), size) != 250 {
			continue
		}
		recipients := 0
		for range 1 + r.IntN(3) {
			if r.IntN(8) == 0 {
				do("MAIL FROM:<>")
			}
			if do("RCPT TO:<%s>", oneOf(r, addresses...)) == 250 {
				recipients++
			}
		}
		if recipients == 0 {
			do("RSET")
			continue
		}
		do("DATA")
		if do("%s.", randomMessage(r, addresses)) == 250 {
			if x, y := withoutIDs(sides[0].message()), withoutIDs(sides[1].message()); x != y {
				t.Fatalf("relay.Server took %.500q\ngosmtp took %.500q", x, y)
			}
		}
	}
}

// randomMessage is a message with anything that policies look at.
func randomMessage(r *rand.Rand, addresses []string) string {
	var b strings.Builder
	for range r.IntN(4) {
		fmt.Fprintf(&b, "Received: from x by %s; Mon, 1 Jan 2007 00:00:00 +0000\r\n", oneOf(r, "hub.contoso.com", "mx.example.net"))
	}
	for range r.IntN(3) {
		fmt.Fprintf(&b, "%s: <%s>\r\n", oneOf(r, "From", "From", "Sender"), oneOf(r, addresses...))
	}
	for _, name := range []string{"X-MS-Exchange-Organization-SCL", "X-MS-Exchange-Forest-A", "Resent-From", "Subject"} {
		if r.IntN(3) == 0 {
			fmt.Fprintf(&b, "%s: x\r\n", name)
		}
	}
	if r.IntN(8) == 0 {
		b.WriteString("X-Long: " + strings.Repeat("y", 1100) + "\r\n")
	}
	b.WriteString("\r\ntext\r\n")
	if r.IntN(8) == 0 {
		b.WriteString(strings.Repeat("0123456789\r\n", 68_000/12))
	}
	return b.String()
}
