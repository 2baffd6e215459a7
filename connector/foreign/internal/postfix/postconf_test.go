package postfix

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mainCF has the forms of names in values.
const mainCF = `compatibility_level = 3.6
myhostname = relay.example.com
mydomain = example.com
office = 10.0.0.0/8
  # the printers
  192.168.5.0/24

	10.9.9.9
empty =
mynetworks = $office, ${office}	$(office)
always_bcc = [${empty?{ x }:{ y }}][${empty:{ x }}][${empty: { x }}][${empty: x }][${office? x }][${office? { x }}][${empty?{ x }: y }]
sender_bcc_maps = [${{$mydomain} == {example.com} ? { eq } : { ne }}][${{$mydomain} == {2}?{ eq }:{ ne }}][${{$mydomain} == {2}:{ ne }}][${{10} > {9}?more}][${{a} < {b}?less}]
recipient_bcc_maps = [${office?{x}}][${office?}][${office:}][${empty?}] $$mydomain ${ mydomain ? { x } : { y } }
relayhost = ${{$compatibility_level} >=level {3.6} ? {[new]:587} : {old}}
relay_domains = $mydestination
smtpd_banner = $myhostname ESMTP ${{1.10} <level {1.9} ? {older} : {newer}}
mydestination = $empty$myhostname.$mydomain-x localhost
`

// TestPostconf holds values to those that Postfix's own program prints.
func TestPostconf(t *testing.T) {
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs Postfix; set INTERCHANGE_E2E=1 to run it")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"main.cf": mainCF, "master.cf": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := &reader{main: map[string]setting{}, referred: map[string]bool{}}
	r.Files = []string{"main.cf"}
	r.readMain("main.cf", []byte(mainCF))
	s := scope{reader: r}
	names := strings.Fields("mynetworks_style smtpd_relay_restrictions smtpd_client_event_limit_exceptions virtual_alias_domains smtp_sasl_tls_security_options")
	for _, name := range append(r.order, names...) {
		if name == "office" || name == "empty" { // postconf prints Postfix's own parameters
			continue
		}
		cmd := exec.Command("/usr/sbin/postconf", "-c", dir, "-x", "-h", name)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(name, err)
		}
		want := strings.Join(strings.Fields(string(out)), " ")
		if got := strings.Join(strings.Fields(s.get(name)), " "); got != want {
			t.Errorf("%s is %q, and postconf prints %q", name, got, want)
		}
	}
	if len(r.errors) > 0 {
		t.Error(r.errors)
	}
}
