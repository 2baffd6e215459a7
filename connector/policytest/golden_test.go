package policytest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/policytest"
)

func TestGoldenFindings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "findings.golden")
	open := compile(t, printers)
	closed := compile(t, strings.Replace(printers, "ms-Exch-SMTP-Accept-Any-Recipient", "ms-Exch-Bypass-Anti-Spam", 1))
	failures := func(golden string) []string {
		var r recorder
		p := open
		if golden == "closed" {
			p = closed
		}
		policytest.GoldenFindings(&r, p, analysis.Options{}, file)
		return r.failures
	}

	if got := failures("open"); len(got) != 1 || !strings.Contains(got[0], "set INTERCHANGE_UPDATE=1 to write it") {
		t.Errorf("without a file: %q", got)
	}
	t.Setenv(policytest.UpdateVariable, "1")
	if got := failures("open"); got != nil {
		t.Errorf("writing failed: %q", got)
	}
	t.Setenv(policytest.UpdateVariable, "")
	data, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(data), `Receive["Printers"]`) || !strings.HasSuffix(string(data), "\n") {
		t.Fatalf("%q, %v", data, err)
	}
	if got := failures("open"); got != nil {
		t.Errorf("the same policy: %q", got)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(data), "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := failures("open"); got != nil {
		t.Errorf("checked out with other line ends: %q", got)
	}
	if got := strings.Join(failures("closed"), "\n"); !strings.Contains(got, "no longer found: ") || !strings.Contains(got, "(relay-anonymous)") {
		t.Errorf("who relayed no longer does: %q", got)
	}

	t.Setenv(policytest.UpdateVariable, "1")
	failures("closed")
	t.Setenv(policytest.UpdateVariable, "")
	if got := strings.Join(failures("open"), "\n"); !strings.Contains(got, "not in "+file) || !strings.Contains(got, "RCPT TO:<") {
		t.Errorf("a new relay comes without its session: %q", got)
	}
}
