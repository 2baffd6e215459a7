//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// verifiedDKIM says of the two signatures of a message whether they pass by the records of a domain's keys, as dkimpy
// judges.
func verifiedDKIM(t *testing.T, d *sign.Directory, domain string, message []byte) string {
	t.Helper()
	list, err := d.Keys(t.Context(), routing.MustParseDomain(domain))
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	records := make(map[string]string)
	for _, k := range list {
		records[k.Name()] = k.Record()
	}
	var verdicts []string
	dkimpy(t, verifyTheirs, []letter{{Text: message, Records: records}}, &verdicts)
	return verdicts[0]
}

// TestDKIM: what a Send connector signs verifies by the program of others, after Postfix has relayed it.
func TestDKIM(t *testing.T) {
	s := newStage(t, gatewayConfig{source: securedAddr})
	keys := filepath.Join(publicDir(t), "dkim")
	run(t, exec.Command(buildGateway(t), "dkim", "new", "fabrikam.com", "-keys", keys))
	signing := filepath.Join(t.TempDir(), "signing.ps1")
	if err := os.WriteFile(signing, []byte("Get-SendConnector | Set-SendConnector -DkimSigning Required\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	startHub(t, s.hub, s.ca, append(scenarioFlags(t, guide.Secured), "-config", signing, "-dkim-keys", keys)...)

	d, err := sign.ReadDirectory(keys)
	if err != nil {
		t.Fatal(err)
	}
	verified := func(message []byte) string { return verifiedDKIM(t, d, "fabrikam.com", message) }
	for name, lines := range map[string][]string{
		"short":         {"From: " + annUser, "Subject: a", "", "Hello  there "},
		"empty":         {"From: Ann <" + annUser + ">", "Subject: a  folded", "\tone", ""},
		"dots and MIME": {"From: " + annUser, "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=", "MIME-Version: 1.0", "Content-Type: text/html", "To: carl@example.org", "", ".", "..", " ", "", ""},
	} {
		s.fromOffice(t, "carl@example.org", "--data", messageFile(t, lines...)).accepted(t)
		m := s.internet.next(t)
		if got := verified(m.Data); got != "pass pass" || len(m.fields("DKIM-Signature")) != 2 {
			t.Errorf("%s: %s\n%s", name, got, m.Data)
		}
		if got := verified(append([]byte("Subject: another\r\n"), m.Data...)); got != "fail fail" {
			t.Errorf("%s, with a second Subject: %s", name, got)
		}
	}
}
