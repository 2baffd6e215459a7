//go:build linux

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// oldServer is the part of main.cf that each configuration begins with.
const oldServer = `compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/maillog
maillog_file_prefixes = {dir}
myhostname = mx.contoso.com
mydestination =
local_recipient_maps =
alias_maps =
disable_dns_lookups = yes
relay_domains = contoso.com
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_error_sleep_time = 0
`

// oldUsers is a service for users.
const oldUsers = `2525      inet  n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o mynetworks=
  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }
`

// oldServices are the services that every configuration has.
const oldServices = `smtp      inet  n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
error     unix  - - n - - error
retry     unix  - - n - - error
postlog   unix-dgram n - n - 1 postlogd
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
`

// oldConfigurations are configurations that the reader understands as a whole, and the table
// that some of them refer to.
var oldConfigurations = map[string]struct{ main, table string }{
	"networks":    {main: "lan = 10.0.0.0/8\nmynetworks = $lan,\n  # the printers\n  192.168.5.0/24 [2001:db8:1::]/48"},
	"excluded":    {main: "mynetworks = !10.1.2.3, 10.0.0.0/8, !192.168.5.9 192.168.5.0/24"},
	"file":        {main: "mynetworks = {dir}/table", table: "10.0.0.0/24\n!192.168.5.9\n# others\n192.168.5.0/24\n"},
	"cidr":        {main: "mynetworks = cidr:{dir}/table", table: "10.0.0.0/24 any\nif !10.1.0.0/16\n10.0.0.0/8 OK\nendif\n"},
	"hash":        {main: "mynetworks = texthash:{dir}/table", table: "10.0.0.7 x\n10.1 x\n192.168.5.9 x\n"},
	"access":      {main: "mynetworks = 10.0.0.0/8\nsmtpd_client_restrictions = check_client_access texthash:{dir}/table, permit_mynetworks, reject", table: "10.0.0.7 REJECT\n10.1 554 no\n10.1.2 OK\n10.1.2.3 REJECT\n203.0.113 OK\n"},
	"access cidr": {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = check_client_access cidr:{dir}/table, reject_unauth_destination", table: "10.0.0.0/28 OK\n10.0.0.0/16 REJECT\n203.0.113.0/24 permit_mynetworks\n10.1.0.0/16 permit_mynetworks\n"},
	"recipients":  {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination\nsmtpd_sasl_auth_enable = yes"},
	"class":       {main: "mynetworks = 10.0.0.0/8\nsmtpd_restriction_classes = office\noffice = permit_mynetworks, reject\nsmtpd_relay_restrictions = office, reject_unauth_destination"},
	"only warns":  {main: "mynetworks = 10.0.0.0/8\nsmtpd_relay_restrictions = warn_if_reject reject, permit_mynetworks, reject_unauth_destination"},
	"conditional": {main: "mynetworks = ${{$compatibility_level} >=level {3.6} ? {10.0.0.0/8} : {0.0.0.0/0}}\nrelay_domains = contoso.com ${nothing?{x.example}} ${nothing:{fabrikam.com}}"},
	"domains":     {main: "mynetworks = 10.0.0.0/8\nrelay_domains = !contoso.com.example, contoso.com, texthash:{dir}/table\nmydestination = fabrikam.com", table: "tenant.example x\n"},
	"exact":       {main: "mynetworks = 10.0.0.0/8\nparent_domain_matches_subdomains ="},
}

// TestFromPostfix runs Postfix with several configurations, asks it as many clients may, and
// holds the policy that is read from the same files to its replies.
func TestFromPostfix(t *testing.T) {
	h := newNetwork(t).host(t, "old", gatewayAddr)
	clients := strings.Fields("10.0.0.7 10.0.0.77 10.1.2.3 10.1.2.4 10.1.9.9 10.9.9.9 11.0.0.1 192.168.5.9 192.168.5.10 203.0.113.9 2001:db8:1::7 2001:db8:2::7")
	recipients := strings.Fields("kim@contoso.com kim@a.contoso.com kim@lab.contoso.com kim@fabrikam.com kim@a.fabrikam.com kim@tenant.example kim@elsewhere.example")
	for name, cfg := range oldConfigurations {
		t.Run(name, func(t *testing.T) {
			p := &postfix{host: h, dir: filepath.Join(publicDir(t), "postfix")}
			p.log = filepath.Join(p.dir, "maillog")
			p.configureOld(t, cfg.main, oldUsers, cfg.table)
			l, err := load.Files(context.Background(), load.Options{}, filepath.Join(p.dir, "etc", "main.cf"))
			if err != nil {
				t.Fatal(err)
			}
			p.start(t)
			defer p.stop(t)
			for _, port := range []uint16{25, 2525} {
				for _, client := range clients {
					for _, user := range []bool{false, true} {
						answers := h.askAs(t, port, client, user, recipients)
						for i, recipient := range recipients {
							if got := allows(l.Policy, port, client, user, recipient); got != answers[i] {
								t.Errorf("%s, port %d, user %v, to %s: the policy allows it: %v; Postfix: %v", client, port, user, recipient, got, answers[i])
							}
						}
					}
				}
			}
		})
	}
}

// configureOld writes a configuration, with services beside oldServices, and makes the directories.
func (p *postfix) configureOld(t *testing.T, main, services, table string) {
	t.Helper()
	for _, dir := range []string{"queue", "data", "etc"} {
		if err := os.MkdirAll(filepath.Join(p.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"etc/main.cf": oldServer + main + "\n", "etc/master.cf": services + oldServices, "table": table} {
		text = strings.ReplaceAll(text, "{dir}", p.dir)
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, exec.Command("chown", "postfix", p.dir+"/data"))
}

// askAs asks Postfix on h, as a client with another address, for recipients, and returns which it
// accepts.
func (h *host) askAs(t *testing.T, port uint16, client string, user bool, recipients []string) []bool {
	t.Helper()
	c := h.dial(t, "", fmt.Sprintf("127.0.0.1:%d", port))
	defer c.Close()
	r := textproto.NewReader(bufio.NewReader(c))
	ask := func(command string) int {
		t.Helper()
		if command != "" {
			if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
				t.Fatal(err)
			}
		}
		code, text, err := r.ReadResponse(0)
		if err != nil && code == 0 {
			t.Fatalf("%s: %v", command, err)
		}
		if code == 421 || code == 451 || code >= 500 && code < 504 {
			t.Fatalf("%s: %d %s", command, code, text)
		}
		return code
	}
	address := client
	if strings.Contains(client, ":") {
		address = "IPV6:" + client
	}
	login := ""
	if user {
		login = " LOGIN=amy"
	}
	ask("")
	ask("EHLO tester.example")
	if code := ask("XCLIENT NAME=[UNAVAILABLE] ADDR=" + address + login); code != 220 {
		t.Fatalf("XCLIENT: %d", code)
	}
	ask("EHLO client.example")
	ask("MAIL FROM:<sender@sender.example>")
	out := make([]bool, len(recipients))
	for i, recipient := range recipients {
		out[i] = ask("RCPT TO:<"+recipient+">") == 250
	}
	return out
}

// allows reports whether a policy lets a client send to a recipient.
func allows(policy *connector.Policy, port uint16, client string, user bool, recipient string) bool {
	remote, local := netip.MustParseAddr(client), netip.MustParseAddr(gatewayAddr)
	if remote.Is6() {
		local = netip.MustParseAddr("2001:db8::1")
	}
	s := policy.Select(netip.AddrPortFrom(local, port), remote, nil).Open(auth.Channel{TLS: true}, nil)
	if user && s.Auth("PLAIN").Allowed() {
		s, _ = s.Login(auth.Identity{Principal: permission.Authenticated("amy")})
	}
	return s.Mail(connector.Mail{From: routing.MustParseAddress("sender@sender.example")}).Allowed() &&
		s.Rcpt(connector.Rcpt{To: routing.MustParseAddress(recipient)}).Allowed()
}
