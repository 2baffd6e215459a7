package foreign_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// files are the files of an old server by name.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

// convert reads the files of a Postfix server and compiles the policy.
func convert(t *testing.T, f files) (*foreign.Result, *connector.Policy) {
	t.Helper()
	result, err := foreign.Read("etc/main.cf", []byte(f["etc/main.cf"]), f.read)
	if err != nil {
		t.Fatal(err)
	}
	return result, compile(t, result)
}

// compile compiles the policy, with a password for each credential that lacks one.
func compile(t *testing.T, result *foreign.Result) *connector.Policy {
	t.Helper()
	for _, s := range result.Config.Send {
		if c := s.AuthenticationCredential; c != nil && c.Password == "" {
			c.Password = "secret"
		}
	}
	policy, err := connector.Compile(result.Config)
	if err != nil {
		t.Fatalf("%v\n%v", err, result.Account)
	}
	return policy
}

// may reports whether a client may send to a recipient.
func may(policy *connector.Policy, client string, port uint16, user bool, recipient string) bool {
	remote, local := netip.MustParseAddr(client), netip.MustParseAddr("192.0.2.1")
	if remote.Is6() {
		local = netip.MustParseAddr("2001:db8::1")
	}
	in := policy.Select(netip.AddrPortFrom(local, port), remote, nil)
	if in == nil {
		return false
	}
	s := in.Open(auth.Channel{TLS: in.BeginsTLS()}, nil)
	if user {
		if !s.Auth("PLAIN").Allowed() {
			return false
		}
		next, d := s.Login(auth.Identity{Principal: permission.Authenticated("amy")})
		if !d.Allowed() {
			return false
		}
		s = next
	}
	return s.Mail(connector.Mail{From: routing.MustParseAddress("sender@elsewhere.example")}).Allowed() &&
		s.Rcpt(connector.Rcpt{To: routing.MustParseAddress(recipient)}).Allowed()
}

const submission = `smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }
smtp unix - - n - - smtp
relay unix - - n - - smtp
`

// relayTests are configurations, and clients that may relay by them and that may not.
var relayTests = map[string]struct {
	main, file string // of etc/table
	relay, not string // clients at port 25
	users      string // who may relay if they log on
}{
	"networks":                  {main: "mynetworks = 10.0.0.0/8 [2001:db8:1::]/48", relay: "10.1.2.3 2001:db8:1::7", not: "11.0.0.1 127.0.0.1 2001:db8:2::1"},
	"host by default":           {main: "", relay: "127.0.0.1 ::1", not: "10.1.2.3 192.168.0.1"},
	"networks of the machine":   {main: "mynetworks_style = subnet", relay: "127.0.0.1", not: "192.0.2.9"},
	"class":                     {main: "compatibility_level = 0\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination", relay: "127.0.0.1", not: "10.0.0.1"},
	"later wins":                {main: "mynetworks = 0.0.0.0/0\nmynetworks = 10.0.0.1", relay: "10.0.0.1", not: "10.0.0.2"},
	"excluded":                  {main: "mynetworks = !10.1.2.3, 10.0.0.0/8", relay: "10.1.2.4", not: "10.1.2.3"},
	"excluded too late":         {main: "mynetworks = 10.0.0.0/8, !10.1.2.3", relay: "10.1.2.3"},
	"excluded by a name":        {main: "mynetworks = 10.9.0.1, !printer.contoso.com, 10.0.0.0/8", relay: "10.9.0.1", not: "10.1.2.3"},
	"excluded by no table":      {main: "mynetworks = !hash:/etc/postfix/missing, 10.0.0.0/8", not: "10.1.2.3"},
	"bits behind the prefix":    {main: "mynetworks = 10.1.2.3/8, 10.9.0.1", relay: "10.9.0.1", not: "10.1.2.3 10.0.0.1"},
	"file":                      {main: "mynetworks = /etc/postfix/table", file: "# printers\n10.0.0.0/24\n!192.168.0.9\n192.168.0.0/16\n", relay: "10.0.0.9 192.168.0.1", not: "192.168.0.9 10.0.1.1"},
	"cidr":                      {main: "mynetworks = cidr:/etc/postfix/table", file: "10.0.0.0/24 any\nif !10.1.0.0/16\n10.0.0.0/8 OK\nendif\n", relay: "10.0.0.9 10.2.0.1", not: "10.1.0.1 11.0.0.1"},
	"cidr, broken":              {main: "mynetworks = cidr:/etc/postfix/table, 10.9.0.1", file: "10.0.0.0/24 any\nprinter any\n", relay: "10.9.0.1", not: "10.0.0.9"},
	"hash":                      {main: "mynetworks = hash:/etc/postfix/table", file: "10.0.0.9 x\n10.1 x\n", relay: "10.0.0.9", not: "10.1.0.1"},
	"regexp":                    {main: "mynetworks = regexp:/etc/postfix/table", file: "/./ x\n", not: "10.0.0.1"},
	"no guard":                  {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks", not: "10.0.0.1 11.0.0.1"},
	"no permit":                 {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = reject_unauth_destination", not: "10.0.0.1"},
	"recipient restrictions":    {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination", relay: "10.0.0.1", not: "11.0.0.1"},
	"both lists":                {main: "mynetworks = 10.0.0.0/8\nsmtpd_recipient_restrictions = reject", not: "10.0.0.1"},
	"open":                      {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = permit, reject_unauth_destination", relay: "10.0.0.1 203.0.113.1"},
	"policy service first":      {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = check_policy_service unix:private/x, permit_mynetworks, reject_unauth_destination", not: "10.0.0.1"},
	"policy service behind":     {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, check_policy_service unix:private/x, reject_unauth_destination", relay: "10.0.0.1", not: "11.0.0.1"},
	"unknown word":              {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = accept_all, permit_mynetworks, reject_unauth_destination", not: "10.0.0.1"},
	"table as a word":           {main: "mynetworks = 10.0.0.0/8\nsmtpd_client_restrictions = hash:/etc/postfix/table", file: "10.0.0.1 REJECT\n", not: "10.0.0.1 10.0.0.2"},
	"DNS first":                 {main: "mynetworks = 10.0.0.0/8\nsmtpd_client_restrictions = reject_rbl_client zen.example, reject_unknown_client_hostname", relay: "10.0.0.1", not: "11.0.0.1"},
	"only warns":                {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = warn_if_reject reject, permit_mynetworks, reject_unauth_destination", relay: "10.0.0.1", not: "11.0.0.1"},
	"access":                    {main: "mynetworks = 10.0.0.0/8\nsmtpd_client_restrictions = check_client_access hash:/etc/postfix/table, permit_mynetworks, reject", file: "10.0.0.1 REJECT\n10.1 554 no\n10.1.2 OK\n10.1.2.3 REJECT\n11.0.0.1 OK\n", relay: "10.2.0.1 10.1.2.4", not: "10.0.0.1 10.1.1.1 10.1.2.3 11.0.0.1"},
	"access that permits":       {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = check_client_access cidr:/etc/postfix/table, reject_unauth_destination", file: "10.0.0.0/24 OK\n10.0.0.0/16 REJECT\n192.0.2.7 permit_mynetworks\n10.7.0.0/16 permit_mynetworks\n", relay: "10.0.0.9 10.7.0.1", not: "10.0.1.1 192.0.2.7 10.8.0.1"},
	"access by name":            {main: "mynetworks = 10.0.0.0/8\nsmtpd_client_restrictions = check_client_access hash:/etc/postfix/table", file: "bad.example REJECT\n", not: "10.0.0.1"},
	"access by name, permitted": {main: "smtpd_relay_restrictions = check_client_access hash:/etc/postfix/table, reject_unauth_destination", file: "good.example OK\n10.0.0.1 OK\n", relay: "10.0.0.1", not: "10.0.0.2"},
	"access by name, passed":    {main: "smtpd_relay_restrictions = check_client_access hash:/etc/postfix/table, reject_unauth_destination", file: "odd.example DUNNO\n10.0.0.1 OK\n", not: "10.0.0.1"},
	"access, no table":          {main: "mynetworks = 10.0.0.0/8\nsmtpd_client_restrictions = check_client_access pcre:/etc/postfix/table", file: "/x/ REJECT\n", not: "10.0.0.1"},
	"sender that permits":       {main: "smtpd_relay_restrictions = check_sender_access hash:/etc/postfix/table, reject_unauth_destination", file: "contoso.com OK\n", not: "10.0.0.1"},
	"recipient that permits":    {main: "smtpd_relay_restrictions = check_recipient_access hash:/etc/postfix/table, reject_unauth_destination", file: "elsewhere.example OK\n", not: "10.0.0.1"},
	"certificates":              {main: "smtpd_relay_restrictions = permit_tls_clientcerts, permit_tls_all_clientcerts, reject_unauth_destination", not: "10.0.0.1"},
	"restriction class":         {main: "mynetworks = 10.0.0.0/8\nsmtpd_restriction_classes = printers\nprinters = permit_mynetworks, reject\nsmtpd_relay_restrictions = printers, reject_unauth_destination", relay: "10.0.0.1", not: "11.0.0.1"},
	"class of itself":           {main: "mynetworks = 10.0.0.0/8\nsmtpd_restriction_classes = loop\nloop = loop\nsmtpd_relay_restrictions = loop, permit_mynetworks, reject_unauth_destination", not: "10.0.0.1"},
	"users":                     {main: "mynetworks = 10.0.0.1\nsmtpd_sasl_auth_enable = yes\nsmtpd_tls_security_level = may", relay: "10.0.0.1", not: "10.0.0.2", users: "10.0.0.2 203.0.113.1"},
	"users without AUTH":        {main: "mynetworks = 10.0.0.1", not: "10.0.0.2"},
	"users from some networks":  {main: "mynetworks = 10.0.0.1\nsmtpd_sasl_auth_enable = yes\nsmtpd_client_restrictions = check_client_access cidr:/etc/postfix/table", file: "203.0.113.0/24 REJECT\n", users: "10.0.0.2", not: "203.0.113.1"},
	"conditional":               {main: "lan = 10.0.0.0/8\nmynetworks = ${{$compatibility_level} >=level {3.6} ? {$lan} : {0.0.0.0/0}}", relay: "10.0.0.1", not: "11.0.0.1"},
}

// TestPostfixRelays asks who may relay by many configurations. What can't be read or decided lets
// no client relay.
func TestPostfixRelays(t *testing.T) {
	const base = "compatibility_level = 3.6\nmyhostname = mx.contoso.com\nrelay_domains = contoso.com\n"
	for name, test := range relayTests {
		t.Run(name, func(t *testing.T) {
			_, policy := convert(t, files{"etc/main.cf": base + test.main + "\n", "etc/table": test.file, "etc/master.cf": submission})
			for client := range strings.FieldsSeq(test.relay) {
				if !may(policy, client, 25, false, "kim@elsewhere.example") {
					t.Errorf("%s may not relay", client)
				}
			}
			for client := range strings.FieldsSeq(test.not) {
				if may(policy, client, 25, false, "kim@elsewhere.example") {
					t.Errorf("%s may relay", client)
				}
			}
			for client := range strings.FieldsSeq(test.users) {
				if !may(policy, client, 25, true, "kim@elsewhere.example") {
					t.Errorf("a user at %s may not relay", client)
				}
			}
			if may(policy, "10.0.0.1", 587, false, "kim@elsewhere.example") || may(policy, "10.0.0.1", 587, false, "amy@contoso.com") {
				t.Error("a client may send by submission without a logon")
			}
		})
	}
}

// TestPostfixVersion2 reads a file without compatibility_level and restrictions: all versions of
// Postfix 2 let the clients of mynetworks relay.
func TestPostfixVersion2(t *testing.T) {
	_, policy := convert(t, files{"etc/main.cf": "myhostname = mx.contoso.com\nmynetworks = 10.0.0.0/8\nsmtpd_sasl_auth_enable = yes\n"})
	if !may(policy, "10.0.0.1", 25, false, "kim@elsewhere.example") || may(policy, "11.0.0.1", 25, false, "kim@elsewhere.example") || may(policy, "11.0.0.1", 25, true, "kim@elsewhere.example") {
		t.Error("others than the clients of mynetworks may relay, or these may not")
	}
}

// TestPostfixDisabled switches services off.
func TestPostfixDisabled(t *testing.T) {
	for disabled, want := range map[string]int{"": 3, "submission.inet": 2, "smtp.inet": 1, "inet": 0, "smtp.unix": 3} {
		result, _ := convert(t, files{"etc/main.cf": "compatibility_level = 3.6\nmynetworks = 10.0.0.0/8\nmaster_service_disable = " + disabled, "etc/master.cf": submission})
		if got := len(result.Config.Receive); got != want {
			t.Errorf("without %q there are %d connectors, want %d", disabled, got, want)
		}
	}
}

// TestPostfixDomains asks for which domains every client may send.
func TestPostfixDomains(t *testing.T) {
	for name, test := range map[string]struct{ main, accepted, not string }{
		"names":            {"mydestination = $myhostname, localhost", "mx.contoso.com localhost", "contoso.com a.localhost"},
		"below":            {"relay_domains = fabrikam.com", "fabrikam.com a.b.fabrikam.com", "xfabrikam.com com"},
		"not below":        {"relay_domains = fabrikam.com\nparent_domain_matches_subdomains =", "fabrikam.com", "a.fabrikam.com"},
		"excluded":         {"relay_domains = !lab.fabrikam.com, fabrikam.com", "fabrikam.com", "lab.fabrikam.com a.lab.fabrikam.com"},
		"excluded, itself": {"relay_domains = !fabrikam.com, fabrikam.com, a.fabrikam.com", "", "fabrikam.com a.fabrikam.com"},
		"table":            {"relay_domains = hash:/etc/postfix/table", "fabrikam.com", "x.example"},
		"no table":         {"relay_domains = ldap:x, fabrikam.com", "fabrikam.com", "x.example"},
		"exclusion unread": {"relay_domains = contoso.com, !ldap:x, fabrikam.com", "contoso.com", "fabrikam.com"},
		"virtual":          {"virtual_alias_maps = inline:{ { @aliased.example = x }, { virtual.example = x} }", "virtual.example", "aliased.example"},
		"old default":      {"compatibility_level = 1\nmydestination = fabrikam.com", "fabrikam.com a.fabrikam.com", ""},
		"new default":      {"mydestination = fabrikam.com", "fabrikam.com", "a.fabrikam.com"},
	} {
		t.Run(name, func(t *testing.T) {
			f := files{"etc/main.cf": "compatibility_level = 3.6\nmyhostname = mx.contoso.com\nmynetworks =\n" + test.main, "etc/table": "fabrikam.com x\n"}
			result, policy := convert(t, f)
			for d := range strings.FieldsSeq(test.accepted) {
				if !may(policy, "203.0.113.1", 25, false, "kim@"+d) {
					t.Errorf("no mail for %s is taken: %v", d, result.Account)
				}
			}
			for d := range strings.FieldsSeq(test.not) {
				if may(policy, "203.0.113.1", 25, false, "kim@"+d) {
					t.Errorf("mail for %s is taken", d)
				}
			}
		})
	}
}

// TestPostfixRoutes asks which Send connector's next hops mail takes.
func TestPostfixRoutes(t *testing.T) {
	f := files{
		"etc/main.cf": "compatibility_level = 3.6\nmyhostname = mx.contoso.com\nrelay_domains = contoso.com, mailboxes.example\nrelayhost = [smart.example]:587\n" +
			"transport_maps = hash:/etc/postfix/transport\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = texthash:/etc/postfix/passwords\nsmtp_tls_security_level = encrypt\n",
		"etc/transport": "contoso.com smtp:[10.1.1.1]\n.contoso.com relay:[10.1.1.1]:2525\n.below.example :[10.2.2.2]\ndirect.example smtp:\nmailboxes.example lmtp:unix:/x\nkim@vip.example smtp:[10.3.3.3]\n",
		"etc/passwords": "[smart.example]:587 user:pass:word\n[10.1.1.1] other:x\nunused.example a:b\n",
	}
	result, policy := convert(t, f)
	for recipient, want := range map[string]string{
		"a@anywhere.example":  "Internet: smart.example 587 user",
		"a@contoso.com":       "To contoso.com: [10.1.1.1] 25 other",
		"a@x.contoso.com":     "To contoso.com 2: [10.1.1.1] 2525",
		"a@below.example":     "Internet: smart.example 587 user",
		"a@x.below.example":   "To below.example: [10.2.2.2] 25",
		"a@direct.example":    "To direct.example: DNS 25",
		"a@vip.example":       "Internet: smart.example 587 user",
		"a@mailboxes.example": "none",
	} {
		got := "none"
		if out := policy.Route(routing.MustParseAddress(recipient), 0, nil).Outbound; out != nil {
			s := out.Settings()
			hosts := "DNS"
			if len(s.SmartHosts) > 0 {
				hosts = s.SmartHosts[0].String()
			}
			got = fmt.Sprintf("%s: %s %d", s.Name, hosts, s.Port)
			if s.AuthenticationCredential != nil {
				got += " " + s.AuthenticationCredential.UserName
			}
		}
		if got != want {
			t.Errorf("%s leaves by %s, want %s", recipient, got, want)
		}
	}
	for _, d := range result.Account {
		if text := d.String(); strings.Contains(text, "pass:word") || strings.Contains(text, "other") && strings.Contains(text, ":x") {
			t.Errorf("the account shows a password: %s", text)
		}
	}
	if s := fmt.Sprintf("%v %+v", result.Config, result.Config); strings.Contains(s, "pass:word") {
		t.Error("the configuration prints a password")
	}
}

// TestPostfixAccount holds the account to the files: each setting has an entry.
func TestPostfixAccount(t *testing.T) {
	const dir = "testdata/postfix"
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name(), "main.cf")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		result, err := foreign.Read(name, data, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		compile(t, result)
		for _, file := range result.Files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for line := range strings.Lines(string(text)) {
				n++
				if c := line[0]; c == '#' || c == ' ' || c == '\t' || c == '\n' {
					continue
				}
				if !slices.ContainsFunc(result.Account, func(d source.Diagnostic) bool { return d.File == file && d.Line == n }) {
					t.Errorf("%s:%d has no entry in the account: %s", file, n, line)
				}
			}
		}
	}
}

// TestPostfixMistakes reads files that Postfix refuses, and those that would take too much.
func TestPostfixMistakes(t *testing.T) {
	bomb := "a0 = x x x x x x x x x x\n"
	for i := range 30 {
		bomb += fmt.Sprintf("a%d = $a%d $a%d $a%d $a%d $a%d $a%d $a%d $a%d\n", i+1, i, i, i, i, i, i, i, i)
	}
	for name, test := range map[string]struct {
		main, master string
		want         source.Code
	}{
		"no equals sign": {"mynetworks 10.0.0.0/8\n", "", source.CodeSyntax},
		"circle":         {"mynetworks = $a\na = $b\nb = $a\n", submission, source.CodeSyntax},
		"bomb":           {bomb + "mynetworks = $a30\n", submission, source.CodeSyntax},
		"open brace":     {"mynetworks = ${a\n", submission, source.CodeSyntax},
		"short master":   {"mynetworks = 10.0.0.0/8\n", "smtp inet n\n", source.CodeSyntax},
	} {
		f := files{"etc/main.cf": test.main, "etc/master.cf": test.master}
		_, err := foreign.Read("etc/main.cf", []byte(test.main), f.read)
		if !errors.Is(err, source.CodeSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := foreign.Read("etc/master.cf", nil, files{}.read); !errors.Is(err, source.CodeSyntax) {
		t.Error(err)
	}
	if _, err := foreign.Read("main.cf", make([]byte, foreign.MaxFile+1), files{}.read); !errors.Is(err, source.CodeLimitExceeded) {
		t.Error(err)
	}
}

// FuzzPostfix reads anything as the files of a server.
func FuzzPostfix(f *testing.F) {
	f.Add("mynetworks = !10.0.0.1, 10.0.0.0/8 cidr:/etc/postfix/table\nrelayhost=${a?{[b]:25}:{c}}\n", submission, "10.0.0.0/8 OK\nif 1.2.3.4\nendif\n")
	f.Add("smtpd_client_restrictions = check_client_access hash:/etc/postfix/table, permit_mynetworks\ntransport_maps=texthash:/etc/postfix/table", "smtp inet n - n - - smtpd -o {a = b}", "10.1 REJECT\n.x.example smtp:[y]\n")
	f.Fuzz(func(t *testing.T, main, master, table string) {
		files := files{"etc/main.cf": main, "etc/master.cf": master, "etc/table": table}
		result, err := foreign.Read("etc/main.cf", []byte(main), files.read)
		if (err == nil) == (result == nil) {
			t.Fatal(result, err)
		}
		if err == nil {
			connector.Compile(result.Config)
		}
	})
}
