//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// verifyDKIM is a program of dkimpy. It reads a message and prints whether each of its signatures verifies, the
// last one first; the argument holds the TXT records.
const verifyDKIM = `
import dkim, json, sys
records = json.loads(sys.argv[1])
lookup = lambda name, timeout=5: records.get(name.decode().rstrip("."), "").encode()
message = sys.stdin.buffer.read()
print([dkim.DKIM(message).verify(idx=i, dnsfunc=lookup) for i in range(2)])
`

// verifiedDKIM prints for the two signatures of a message whether they verify by the records of a domain's keys.
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
	table, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	verify := exec.Command("/usr/bin/python3", "-c", verifyDKIM, string(table))
	verify.Stdin = bytes.NewReader(message)
	out, err := verify.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
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
		if got := verified(m.Data); got != "[True, True]" || len(m.fields("DKIM-Signature")) != 2 {
			t.Errorf("%s: %s\n%s", name, got, m.Data)
		}
		if got := verified(append([]byte("Subject: another\r\n"), m.Data...)); got != "[False, False]" {
			t.Errorf("%s, with a second Subject: %s", name, got)
		}
	}
}
