//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// exported are the exports that docs/migration.md asks for, by the cmdlets that
// fill them.
var exported = map[string]string{
	"receive":             "Get-ReceiveConnector",
	"send":                "Get-SendConnector",
	"accepted":            "Get-AcceptedDomain",
	"transport":           "Get-TransportConfig",
	"receive-permissions": "Get-ReceiveConnector | Get-ADPermission",
	"send-permissions":    "Get-SendConnector | Get-ADPermission",
}

// forms are the formats of an export, by the extension of its file.
var forms = map[string]string{
	"txt":  "%s | Format-List * | Out-File %s -Width 4096",
	"csv":  "%s | Export-Csv %s",
	"json": "%s | ConvertTo-Json -Depth 4 | Out-File %s",
	"xml":  "%s | Export-Clixml %s",
}

// TestMigration moves an Exchange 2007 server that relays for the gateway. Its
// administrator exports it in every format; each export is checked and converted
// to the same policy, and mail is relayed both with the exports and with the result.
func TestMigration(t *testing.T) {
	requirePeers(t)
	binary := buildGateway(t)
	exports := map[string][]string{} // flags, by form
	for form := range forms {
		exports[form] = exportOldServer(t, binary, form)
	}
	var scripts, documents []string
	for _, form := range slices.Sorted(maps.Keys(exports)) {
		flags := exports[form]
		check := exec.Command(binary, append([]string{"check"}, flags...)...)
		out, _ := check.CombinedOutput()
		if code := check.ProcessState.ExitCode(); code > 1 || bytes.Contains(out, []byte("unknown")) {
			t.Fatalf("check of %s: exit %d\n%s", form, code, out)
		}
		scripts = append(scripts, convert(t, binary, "shell", flags))
		documents = append(documents, convert(t, binary, "json", flags))
	}
	for i := range scripts {
		if scripts[i] != scripts[0] || documents[i] != documents[0] {
			t.Fatalf("two forms of export are converted to\n%s\n%s\nand\n%s\n%s", scripts[0], documents[0], scripts[i], documents[i])
		}
	}

	dir := t.TempDir()
	script, document := filepath.Join(dir, "policy.ps1"), filepath.Join(dir, "policy.json")
	for name, text := range map[string]string{script: scripts[0], document: documents[0]} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, flags := range map[string][]string{
		"exports": exports["xml"],
		"shell":   {"-server", hubName, "-profile", "exchange2007", "-config", script},
		"json":    {"-config", document},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, gatewayConfig{source: gatewayAddr})
			startHub(t, s.hub, s.ca, flags...)
			s.relays(t)
		})
	}
}

// exportOldServer writes the exports of a server that runs the guide's third
// scenario and returns the flags that name them.
func exportOldServer(t *testing.T, binary, form string) []string {
	t.Helper()
	dir := t.TempDir()
	commands := "$FormatEnumerationLimit = -1\n"
	flags := []string{"-server", hubName, "-profile", "exchange2007"}
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		commands += fmt.Sprintf(forms[form], exported[name], name+"."+form) + "\n"
		flags = append(flags, "-config", filepath.Join(dir, name+"."+form))
	}
	export := exec.Command(binary, append([]string{"shell"}, scenarioFlags(t, guide.Relay)...)...)
	export.Dir, export.Stdin = dir, strings.NewReader(commands)
	run(t, export)
	return flags
}

// convert returns a policy in another form.
func convert(t *testing.T, binary, form string, flags []string) string {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"convert", "-to", form}, flags...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("convert -to %s: %v\n%s", form, err, &stderr)
	}
	return string(out)
}
