package console

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// office is a policy with clients that may relay and others that may not.
const office = `New-AcceptedDomain Contoso -DomainName contoso.com -DomainType Authoritative
New-ReceiveConnector Internet -Usage Internet -Bindings 10.2.3.4:25 -Fqdn mail.contoso.com
New-ReceiveConnector Printers -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 10.2.9.0/24, 10.2.9.7 -PermissionGroups AnonymousUsers -AuthMechanism Tls
Get-ReceiveConnector Printers | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"
New-ReceiveConnector Scanners -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 10.2.10.0/24 -PermissionGroups AnonymousUsers
New-SendConnector Out -AddressSpaces * -SmartHosts relay.contoso.com
`

const scanner = "/ask?remote=10.2.10.7&local=10.2.3.4:25&ehlo=scanner&from=scan%40contoso.com&to=boss%40example.com"

// eventually asks for a page until nothing on it is being computed.
func (b *tester) eventually(page string) answer {
	b.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		a := b.get(page)
		if !strings.Contains(a.body, "being computed") {
			return a
		}
		if time.Now().After(end) {
			b.Fatalf("%s is still being computed", page)
		}
	}
}

// TestAsk: the page explains a refused session with the lines that decide it, and a change that it proposes lets the
// session pass.
func TestAsk(t *testing.T) {
	b := newTester(t, office)
	b.expect(b.get("/ask"), 200, "Describe a session", "A client in the Internet", "Recipients (RCPT TO)")
	page := b.eventually(scanner)
	b.expect(page, 200, `Refused as NT AUTHORITY\ANONYMOUS LOGON by Receive connector "Scanners"`, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
		"no any-recipient: NT AUTHORITY\\ANONYMOUS LOGON lacks ms-Exch-SMTP-Accept-Any-Recipient", "PermissionGroups = AnonymousUsers (", "policy.ps1:5)",
		"Add 10.2.10.7 to the RemoteIPRanges of Printers", "Clients at 10.2.10.7 on 10.2.3.4:25 may now relay to any domain without authentication")
	at := strings.Index(page.body, `name="commands" value="`)
	commands, _, _ := strings.Cut(page.body[at+len(`name="commands" value="`):], `"`)
	review := b.post("/propose", "title", "Add the scanner\nsecond line", "commands", unescape(commands), "back", "/ask")
	b.expect(review, 200, "Add the scanner", "What the change does", "RemoteIPRanges")
	if strings.Contains(review.body, "second line") || strings.Contains(b.policy(), "10.2.10.7") {
		t.Errorf("applied without a review, or with a title of several lines:\n%s", plain(review.body))
	}
	b.post(review.page)
	b.expect(b.get(scanner), 200, `Accepted as NT AUTHORITY\ANONYMOUS LOGON by Receive connector "Printers"`, `by Send connector "Out"`)
}

func unescape(s string) string {
	return strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">", "&#43;", "+").Replace(s)
}

// TestAskPlaces: without an address of the server, each place with another result is named.
func TestAskPlaces(t *testing.T) {
	b := newTester(t, "Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false\n"+office+"New-ReceiveConnector Clients -Usage Client -Bindings 10.2.3.4:587 -RemoteIPRanges 0.0.0.0/0\n")
	b.expect(b.eventually(strings.Replace(scanner, "local=10.2.3.4:25&", "", 1)), 200, "At 10.2.3.4:25", "At 10.2.3.4:587: refused as NT AUTHORITY\\ANONYMOUS LOGON by Receive connector \"Clients\"", "Explain this one")
	b.expect(b.get("/ask?remote=2001:db8::7&to=a@contoso.com"), 200, "2001:db8::7 could connect to")
}

// TestAskMistakes: each wrong field is named with what would be right, and foreign text stays text.
func TestAskMistakes(t *testing.T) {
	b := newTester(t, office)
	for _, row := range []struct{ query, want string }{
		{"remote=printer&to=a@contoso.com", "IP address : Give the client's IP address, as in 192.0.2.1."},
		{"remote=10.0.0.1&to=a", "Recipients (RCPT TO) : "},
		{"remote=10.0.0.1&to=a@contoso.com&local=0.0.0.0:25", "0.0.0.0 stands for all addresses of the server"},
		{"remote=10.0.0.1&to=a@contoso.com&local=[::1]:25", "one is IPv4 and the other IPv6"},
		{"remote=10.0.0.1&to=a@contoso.com&size=-1", "Size in bytes : Give a number, or nothing."},
		{"remote=10.0.0.1&to=a@contoso.com&times=99999999", "Give at most 1048576."},
		{"remote=10.0.0.1&to=a@contoso.com&names=x.example", "choose TLS, too"},
		{"remote=10.0.0.1&to=a@contoso.com&groups=Everyone", "Groups of the user : "},
		{"remote=10.0.0.1&to=a@contoso.com&addresses=b@contoso.com", "Give the user that has these addresses."},
		{"remote=10.0.0.1&to=" + strings.Repeat("a@contoso.com%0A", maxAsked+1), "Give at most 20 recipients."},
		{"remote=%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE&to=a@contoso.com", "IP address : Give"},
	} {
		a := b.get("/ask?" + row.query)
		b.expect(a, 200, "The session can't be explained yet", row.want)
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "\u202e") {
			t.Errorf("%s: foreign text is part of the page", row.query)
		}
	}
}

// TestAskLarge: a session with as many recipients as a limit needs is explained on a page of bounded size.
func TestAskLarge(t *testing.T) {
	b := newTester(t, office)
	page := b.eventually("/ask?remote=10.2.9.7&local=10.2.3.4:25&ehlo=printer&from=scan%40contoso.com&to=boss%40example.com&times=6000")
	b.expect(page, 200, "Refused")
	if len(page.body) > 200_000 {
		t.Errorf("the page has %d bytes", len(page.body))
	}
}

// TestWitnesses: the session of a finding has the same result on the page that its link leads to.
func TestWitnesses(t *testing.T) {
	b := newTester(t, office)
	v, err := b.console.files.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, f := range v.Loaded.Findings(analysis.Options{}) {
		if !f.Shown() {
			continue
		}
		shown++
		link, err := url.Parse(b.console.witnessPath(f.Witness))
		if err != nil {
			t.Fatal(err)
		}
		q := readQuestion(link.Query())
		d, ok := q.dialog()
		if !ok {
			t.Fatalf("%s: %v", link, q.Mistakes())
		}
		d.Further = f.Witness.Further
		got, want := v.Loaded.Walk(d), v.Loaded.Walk(f.Witness)
		if g, w := outline(got.Accepted(), len(got.Stages), fmt.Sprint(got.Session.Rights())), outline(want.Accepted(), len(want.Stages), fmt.Sprint(want.Session.Rights())); g != w {
			t.Errorf("%s: %s, want %s", f.Code, g, w)
		}
	}
	if shown < 3 {
		t.Errorf("%d findings have a session", shown)
	}
}

func outline(accepted bool, stages int, rights string) string {
	return fmt.Sprint(accepted, " after ", stages, " commands with ", rights)
}

// TestProposeRole: a user who may not change the policy proposes nothing, and is told so beside the button.
func TestProposeRole(t *testing.T) {
	b := newTester(t, office)
	b.role = Operate
	b.expect(b.eventually(scanner), 200, "This needs the role")
	b.expect(b.post("/propose", "commands", "Remove-SendConnector Out"), 403)
	b.role = Change
	b.expect(b.post("/propose", "commands", " \n"), 400, "The change has no commands.")
}

// TestCapital: a sentence may begin with any character.
func TestCapital(t *testing.T) {
	for text, want := range map[string]string{"": "", "it is": "It is", "ärzte may relay": "Ärzte may relay", "“Out” is unused": "“Out” is unused", "\xff is no text": "\xff is no text"} {
		if got := capital(text); got != want {
			t.Errorf("capital(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestAskAccount: for a user of the gateway, a session has the groups and addresses of its account, unless the question has its
// own. A viewer may ask, too.
func TestAskAccount(t *testing.T) {
	asked := 0
	b := newTester(t, office+`New-ReceiveConnector Logons -Usage Custom -Bindings 10.2.3.4:587 -RemoteIPRanges 10.9.9.0/24 -AuthMechanism Tls, BasicAuth -PermissionGroups ExchangeUsers
Get-ReceiveConnector Logons | Add-ADPermission -User CONTOSO\Relays -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient
`, func(o *Options) {
		o.Account = func(ctx context.Context, name string) (auth.Identity, error) {
			asked++
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("a page waits for a directory without end")
			}
			switch name {
			case "SCAN":
				return userfile.Identify("scan", []string{`CONTOSO\Relays`}, []string{"scan@contoso.com", "@*.contoso.com"})
			case "slow":
				return auth.Identity{}, context.DeadlineExceeded
			}
			return auth.Identity{}, fmt.Errorf("the list has %w", auth.ErrNoUser)
		}
	})
	b.role = View
	ask := func(from, more string) string {
		return "/ask?remote=10.9.9.9&local=10.2.3.4:587&ehlo=x&from=" + from + "&to=kim%40example.com&" + more
	}
	page := b.get(ask("scan@contoso.com", "user=SCAN"))
	b.expect(page, 200, "Accepted as scan by Receive connector", "ok : The account SCAN must exist.", "The session has its groups and addresses.", `contoso\relays`)
	at := strings.Index(page.body, `<textarea id="addresses"`)
	if form, _, _ := strings.Cut(page.body[max(at, 0):], "</textarea>"); !strings.Contains(form, "scan@contoso.com\n@*.contoso.com") {
		t.Errorf("the form lacks the addresses:\n%s", form)
	}
	b.expect(b.get(ask("app@dept.contoso.com", "user=SCAN")), 200, "Accepted as scan by Receive connector")
	b.expect(b.get(ask("app@contoso.com", "user=SCAN")), 200, "Refused as scan by Receive connector")
	b.expect(b.get(ask("gone@contoso.com", "user=gone")), 200, "doubtful : The account gone must exist. No account has that name: the list has no such user.", "Refused as gone")
	b.expect(b.get(ask("slow@contoso.com", "user=slow")), 200, "not known : The account slow must exist. Whether that account exists can't be found out: the answer takes too long.", "Refused as slow")
	asked = 0
	scan, err := userfile.Identify("SCAN", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	link := b.console.witnessPath(connector.Dialog{Remote: netip.MustParseAddr("10.9.9.9"), Local: netip.MustParseAddrPort("10.2.3.4:587"), User: &scan}) // as a finding shows it
	b.expect(b.get(link), 200, "Refused as SCAN by Receive connector")
	b.expect(b.get(ask("x@contoso.com", `groups=CONTOSO%5CRelays&user=SCAN`)), 200)
	b.expect(b.get(ask("x@contoso.com", "user=SCAN&addresses=%40contoso.com%0A%40")), 200, "The session can't be explained yet")
	if asked > 0 {
		t.Error("looks an account up in place of the groups and addresses that are given")
	}
}
