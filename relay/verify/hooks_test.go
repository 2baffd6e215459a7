package verify_test

import (
	"context"

	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/verify"
	"github.com/interchange-smtp/interchange/routing"
)

// received are the messages that a Handler got.
type received struct {
	mu       sync.Mutex
	messages []string
	events   []event.Event
}

func (r *received) handle(_ context.Context, _ *relay.Envelope, body io.Reader) error {
	text, err := io.ReadAll(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, string(text))
	return err
}

func (r *received) read(_ context.Context, e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// internet is a connector for mail from the Internet.
func internet(change ...func(*connector.Receive)) connector.Receive {
	in := connector.Receive{Name: "Internet", Usage: param.UsageInternet, Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")}, Fqdn: "mail.contoso.com",
		TarpitInterval: param.Value[time.Duration](0)}
	for _, f := range change {
		f(&in)
	}
	return in
}

func mode(m param.AuthenticationMode) func(*connector.Receive) {
	return func(in *connector.Receive) { in.MessageAuthenticationMode = param.Value(m) }
}

// serve starts a server with a Verifier that asks z.
func serve(t *testing.T, z *zone, receive ...connector.Receive) (*relaytest.Server, *received) {
	t.Helper()
	policy, err := connector.Compile(connector.Config{Receive: receive, Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := new(received)
	v := &verify.Verifier{Resolver: z, Events: []event.Reader{got.read}}
	return relaytest.NewServer(t, policy, relay.HandlerFunc(got.handle), func(s *relay.Server) { s.Hooks = []relay.Hooks{v.Hooks()} }), got
}

// send sends a message and returns the reply to it.
func send(s *relaytest.Server, client, from, text string) string {
	c := s.Dial(client)
	defer c.Close()
	c.Do("EHLO mail.example.com", 250)
	c.Do("MAIL FROM:<"+from+">", 250)
	c.Do("RCPT TO:<lee@contoso.com>", 250)
	c.Do("DATA", 354)
	c.SendRaw(text + ".\r\n")
	code, reply := c.Reply()
	return strings.TrimSpace(strings.Join([]string{strconv.Itoa(code), reply}, " "))
}

// front returns the fields that the server wrote in front of its Received.
func front(message string) string {
	fields, _, _ := strings.Cut(message, "Received:")
	return fields
}

// TestModes: what follows from results on the wire, mode by mode.
func TestModes(t *testing.T) {
	k := rsaKey(t, 1024)
	z := newZone("example.com TXT v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com TXT v=DMARC1; p=reject", "s._domainkey.example.com TXT "+k.record,
		"_dmarc.quarantine.example TXT v=DMARC1; p=quarantine", "_dmarc.none.example TXT v=DMARC1; p=none", "_dmarc.testing.example TXT v=DMARC1; p=reject; t=y",
		"_dmarc.down.example TXT !", "down.reject.example TXT !", "_dmarc.reject.example TXT v=DMARC1; p=reject", "_dmarc.down.none.example TXT v=DMARC1; p=none", "down.none.example TXT !")
	const (
		queued  = "250 "
		refused = "550 5.7.26 Neither SPF nor DKIM passes for the domain of From, and its DMARC policy is reject"
		later   = "451 4.4.3 SPF, DKIM or DMARC can't be checked now"
		unclear = "550 5.7.1 The message must have one From field with an address"
		mark    = "X-Interchange-Quarantine: "
	)
	all := []param.AuthenticationMode{param.AuthenticationOff, param.AuthenticationNote, param.AuthenticationQuarantine, param.AuthenticationReject}
	for _, tt := range []struct {
		name, client, from, text string
		want                     [4]string // by mode: the beginning of the reply, or the mark
	}{
		{"passes", "192.0.2.1", "kim@example.com", mail, [4]string{queued, queued, queued, queued}},
		{"forged", "203.0.113.9", "kim@example.com", mail, [4]string{queued, queued, mark + "dmarc=fail policy=reject", refused}},
		{"signed", "203.0.113.9", "a@example.org", k.sign(t, "example.com", mail), [4]string{queued, queued, queued, queued}},
		{"quarantine", "203.0.113.9", "a@example.org", "From: a@quarantine.example\r\n\r\n", [4]string{queued, queued, mark + "dmarc=fail policy=quarantine", mark + "dmarc=fail policy=quarantine"}},
		{"testing", "203.0.113.9", "a@example.org", "From: a@testing.example\r\n\r\n", [4]string{queued, queued, mark + "dmarc=fail policy=quarantine", mark + "dmarc=fail policy=quarantine"}},
		{"none", "203.0.113.9", "a@example.org", "From: a@none.example\r\n\r\n", [4]string{queued, queued, queued, queued}},
		{"no record", "203.0.113.9", "a@example.org", "From: a@example.org\r\n\r\n", [4]string{queued, queued, queued, queued}},
		{"no answer about DMARC", "203.0.113.9", "a@example.org", "From: a@down.example\r\n\r\n", [4]string{queued, queued, mark + "dmarc=temperror policy=unknown", later}},
		{"no answer about SPF, p=reject", "203.0.113.9", "a@down.reject.example", "From: a@reject.example\r\n\r\n", [4]string{queued, queued, mark + "dmarc=temperror policy=reject", later}},
		{"no answer about SPF, p=none", "203.0.113.9", "a@down.none.example", "From: a@down.none.example\r\n\r\n", [4]string{queued, queued, queued, queued}},
		{"two From fields", "192.0.2.1", "kim@example.com", "From: a@example.com\r\nFrom: b@example.com\r\n\r\n", [4]string{queued, queued, mark + "dmarc=permerror policy=none", unclear}},
	} {
		for i, m := range all {
			s, got := serve(t, z, internet(mode(m)))
			reply := send(s, tt.client, tt.from, "X-Interchange-Quarantine: forged\r\n"+tt.text)
			want := tt.want[i]
			marked := strings.HasPrefix(want, mark)
			if !marked && !strings.HasPrefix(reply, want) || marked && !strings.HasPrefix(reply, queued) {
				t.Errorf("%s, %v: reply %s, want %s", tt.name, m, reply, want)
				continue
			}
			if m == param.AuthenticationOff {
				if len(got.events) > 0 || strings.Contains(got.messages[0], "Authentication-Results") || !strings.Contains(got.messages[0], "forged") {
					t.Errorf("%s: Off has done %v, %q", tt.name, got.events, got.messages)
				}
				continue
			}
			if len(got.events) != 1 || got.events[0].Kind != event.MessageAuthenticated || got.events[0].Result == "" {
				t.Errorf("%s, %v: events %v", tt.name, m, got.events)
			}
			if !strings.HasPrefix(reply, queued) {
				continue
			}
			head := front(got.messages[0])
			if !strings.HasPrefix(head, "Authentication-Results: mail.contoso.com;\r\n\tspf=") || strings.Contains(head, mark) != marked || !strings.Contains(head, strings.TrimSuffix(want, queued)) || strings.Contains(got.messages[0], "forged") {
				t.Errorf("%s, %v: the message begins with\n%s", tt.name, m, head)
			}
		}
	}
}

// TestUnavailableAttack: a sender whose domains cost more questions or time than allowed, or have
// no answer, isn't treated better than one that fails.
func TestUnavailableAttack(t *testing.T) {
	k := ed25519Key(t)
	z := newZone("_dmarc.example.com TXT v=DMARC1; p=reject", "s._domainkey.attacker.com TXT "+k.record, "_dmarc.attacker.com TXT !")
	for _, domain := range []string{"mail.example.com", "m.attacker.net"} {
		record := domain + " TXT v=spf1"
		for d := 'a'; d <= 'i'; d++ {
			name := string(d) + "." + domain
			record += " mx:" + name
			for i := range 10 {
				z.add(name + " MX h" + strconv.Itoa(i) + "." + name)
				z.add("h" + strconv.Itoa(i) + "." + name + " A 198.51.100.1")
			}
		}
		z.add(record + " -all")
	}
	for text, want := range map[string]string{mail: "dmarc=fail policy=reject", k.sign(t, "attacker.com", mail): "dmarc=temperror policy=reject"} {
		s, got := serve(t, z, internet(mode(param.AuthenticationQuarantine)))
		if reply := send(s, "203.0.113.9", "a@m.attacker.net", text); !strings.HasPrefix(reply, "250") {
			t.Fatal(reply)
		}
		if head := front(got.messages[0]); !strings.Contains(head, verify.QuarantineField+": "+want) {
			t.Errorf("want %s, got\n%s", want, head)
		}
	}
}

// TestSlowSenderAttack: a name server that takes all the time of SPF leaves DMARC its own.
func TestSlowSenderAttack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := newZone("_dmarc.example.com TXT v=DMARC1; p=reject")
		v := &verify.Verifier{Resolver: verify.ResolverFunc(func(ctx context.Context, name string, r verify.RecordType) (verify.Records, error) {
			if strings.HasSuffix(name, "attacker.net") {
				<-ctx.Done()
				return verify.Records{}, ctx.Err()
			}
			return z.Lookup(ctx, name, r)
		})}
		r := v.Check(context.Background(), sent("203.0.113.9", "x.attacker.net", "a@attacker.net"), parse(t, mail))
		if got := r.String(); got != "spf=temperror dkim=none dmarc=fail from=example.com policy=reject" {
			t.Error(got)
		}
	})
}

// TestSlowSourceAttack: a source whose name servers don't answer has 16 questions under way
// however many messages it sends, and the messages of others are checked.
func TestSlowSourceAttack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := newZone("example.com TXT v=spf1 ip4:192.0.2.1 -all")
		var slow atomic.Int32
		v := &verify.Verifier{Resolver: verify.ResolverFunc(func(ctx context.Context, name string, r verify.RecordType) (verify.Records, error) {
			if strings.HasSuffix(name, "attacker.net") {
				slow.Add(1)
				<-ctx.Done()
				return verify.Records{}, ctx.Err()
			}
			return z.Lookup(ctx, name, r)
		})}
		var attack sync.WaitGroup
		for i := range 300 {
			m := parse(t, mail)
			attack.Go(func() {
				_ = v.Check(context.Background(), sent("2001:db8::"+strconv.Itoa(i), "x", "a@x"+strconv.Itoa(i)+".attacker.net"), m)
			})
		}
		synctest.Wait()
		if n := slow.Load(); n != 16 {
			t.Errorf("%d questions of one source are under way", n)
		}
		start := time.Now()
		r := v.Check(context.Background(), sent("192.0.2.1", "x", "a@example.com"), parse(t, mail))
		if r.SPF.Value != "pass" || time.Since(start) > 0 {
			t.Errorf("another source's message after %v: %s", time.Since(start), r.String())
		}
		attack.Wait()
	})
}

// TestFieldOnTop: the whole field, with everything that is checked.
func TestFieldOnTop(t *testing.T) {
	k := rsaKey(t, 1024)
	z := newZone("example.com TXT v=spf1 ip4:192.0.2.1 -all", "mail.example.com TXT v=spf1 -all", "_dmarc.example.com TXT v=DMARC1; p=reject", "s._domainkey.example.com TXT "+k.record)
	s, got := serve(t, z, internet())
	arc := "ARC-Seal: i=1; cv=none\r\nARC-Message-Signature: i=1\r\nARC-Authentication-Results: i=1; mail.contoso.com; spf=pass\r\n"
	signed := k.sign(t, "example.com", mail)
	if reply := send(s, "192.0.2.1", "kim@example.com", arc+signed); !strings.HasPrefix(reply, "250") {
		t.Fatal(reply)
	}
	want := "Authentication-Results: mail.contoso.com;\r\n" +
		"\tspf=pass smtp.mailfrom=example.com;\r\n" +
		"\tspf=fail smtp.helo=mail.example.com;\r\n" +
		"\tdkim=pass header.d=example.com header.s=s header.a=rsa-sha256 header.b="
	head := front(got.messages[0])
	if !strings.HasPrefix(head, want) || !strings.HasSuffix(head, ";\r\n\tdmarc=pass header.from=example.com policy.dmarc=reject\r\n\t(1 ARC sets not checked)\r\n") {
		t.Errorf("got\n%s", head)
	}
	if e := got.events[0]; e.Result != "spf=pass dkim=pass dmarc=pass from=example.com policy=reject (1 ARC sets not checked)" {
		t.Errorf("the event has %s", e.Result)
	}
	if !strings.Contains(got.messages[0], "\r\n"+arc) {
		t.Error("the ARC fields have changed")
	}
	// The message still verifies behind this server.
	lookup := func(string) ([]string, error) { return []string{k.record}, nil }
	if v, err := dkim.VerifyWithOptions(strings.NewReader(got.messages[0]), &dkim.VerifyOptions{LookupTXT: lookup}); err != nil || len(v) != 1 || v[0].Err != nil {
		t.Errorf("the signature behind this server: %v, %+v", err, v)
	}

}

// TestForgedResultsAttack: what a client writes under the name of a server of the organisation
// doesn't get through, whether messages are checked or not, unless the connector trusts it.
func TestForgedResultsAttack(t *testing.T) {
	filter := connector.Receive{Name: "Filter", Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("192.0.2.8")},
		PermissionGroups: param.Value(permission.AnonymousUsers), Fqdn: "inside.contoso.com", TrustedAuthenticationServices: []string{"Filter.contoso.com"}}
	servers := filter
	servers.Name, servers.RemoteIPRanges, servers.TrustedAuthenticationServices = "Servers", []param.Range{param.MustParseRange("192.0.2.9")}, nil
	servers.AuthMechanism, servers.PermissionGroups = param.Value(auth.ExternalAuthoritative), param.Value(permission.ExchangeServers)
	servers.Permissions = []permission.Grant{{To: permission.SIDExternallySecured, Allow: permission.SetOf(permission.AcceptHeadersOrganization)}}
	s, got := serve(t, newZone(), internet(mode(param.AuthenticationOff)), filter, servers)
	const (
		own     = "Authentication-Results: mail.contoso.com; dmarc=pass\r\n"
		folded  = "authentication-results:\r\n\t(;) \"MAIL.contoso.com\"\r\n\t1; dmarc=pass\r\n"
		broken  = "Authentication-Results: spf=pass (mail.contoso.com\r\n"
		inside  = "Authentication-Results: inside.contoso.com; dmarc=pass\r\n"
		trusted = "Authentication-Results: filter.contoso.com; dmarc=pass\r\n"
		foreign = "Authentication-Results: mx.example.net; dkim=pass (mail.contoso.com)\r\n"
		odd     = "Authentication-Results: spf=pass smtp.mailfrom=a.example; fabrikam.com; dkim=none\r\n"
	)
	for client, keeps := range map[string]string{
		"203.0.113.9": foreign + odd,
		"192.0.2.8":   trusted + foreign + odd,
		"192.0.2.9":   own + folded + broken + inside + trusted + foreign + odd,
	} {
		got.messages = nil
		if reply := send(s, client, "kim@example.com", own+folded+broken+inside+trusted+foreign+odd+mail); !strings.HasPrefix(reply, "250") {
			t.Fatal(reply)
		}
		for _, field := range []string{own, folded, broken, inside, trusted, foreign, odd} {
			if kept := strings.Contains(got.messages[0], field); kept != strings.Contains(keeps, field) {
				t.Errorf("%s: kept %v: %s", client, kept, field)
			}
		}
	}
}

// TestBypass: clients that hold ms-Exch-Bypass-Anti-Spam aren't checked.
func TestBypass(t *testing.T) {
	z := newZone("_dmarc.example.com TXT v=DMARC1; p=reject")
	s, got := serve(t, z, internet(mode(param.AuthenticationReject), func(in *connector.Receive) {
		in.Permissions = []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.BypassAntiSpam)}}
	}))
	if reply := send(s, "203.0.113.9", "kim@example.com", mail); !strings.HasPrefix(reply, "250") || len(got.events) > 0 || len(z.asked) > 0 {
		t.Errorf("%s, %v, %v", reply, got.events, z.asked)
	}
}

// TestSenderAttack: what a client writes into its commands and its header stays one value of one
// field.
func TestSenderAttack(t *testing.T) {
	k := rsaKey(t, 1024)
	s, got := serve(t, newZone("s._domainkey.example.com TXT "+k.record), internet())
	text := "DKIM-Signature: v=1; a=rsa-sha256; d=\"; dmarc=pass; d=x; s=(\";\r\n x=1\"); h=from; bh=; b=\"(;\r\n" + mail
	if reply := send(s, "203.0.113.9", "\"a; dmarc=pass\\\" (\"@example.com", text); !strings.HasPrefix(reply, "250") {
		t.Fatal(reply)
	}
	head := front(got.messages[0])
	for line := range strings.SplitSeq(strings.TrimSuffix(head, "\r\n"), "\r\n") {
		if !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "Authentication-Results: mail.contoso.com;") {
			t.Errorf("a line begins a field: %q", line)
		}
	}
	if n := strings.Count(head, "dmarc=pass"); n > 0 && !strings.Contains(head, `"; dmarc=pass`) && !strings.Contains(head, `\"; dmarc=pass`) {
		t.Errorf("a result of the client's: %s", head)
	}
	if !strings.Contains(head, "\r\n\tdmarc=none header.from=example.com\r\n") {
		t.Errorf("got %s", head)
	}
}
