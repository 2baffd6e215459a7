package policytest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// UpdateVariable is the environment variable that makes GoldenFindings write
// its file instead of comparing with it, if it isn't empty.
const UpdateVariable = "INTERCHANGE_UPDATE"

// GoldenFindings fails the test if the findings of analysis.Check about p differ
// from those in the file, one finding a line, acknowledged ones with their reason.
// A new finding is printed with the session that shows it. The file is written by
//
//	INTERCHANGE_UPDATE=1 go test ./...
//
// and belongs under version control, where a review sees new and removed findings.
func GoldenFindings(t testing.TB, p *connector.Policy, opts analysis.Options, file string) {
	t.Helper()
	found := analysis.Check(p, opts)
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = findingLine(f)
	}
	if os.Getenv(UpdateVariable) != "" {
		if err := os.WriteFile(file, []byte(strings.Join(append(lines, ""), "\n")), 0o666); err != nil {
			t.Errorf("%v", err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%v; set %s=1 to write it", err, UpdateVariable)
		return
	}
	golden := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"), "\n")
	for i, line := range lines {
		if slices.Contains(golden, line) {
			continue
		}
		if found[i].Shown() {
			line += ":\n" + p.Walk(found[i].Witness).String()
		}
		t.Errorf("not in %s: %s", file, line)
	}
	for _, line := range golden {
		if line != "" && !slices.Contains(lines, line) {
			t.Errorf("in %s, and no longer found: %s", file, line)
		}
	}
}

func findingLine(f analysis.Finding) string {
	line := f.String()
	if f.Acknowledged != "" {
		line += ", acknowledged: " + f.Acknowledged
	}
	return strings.Join(strings.Fields(line), " ") // on one line, whatever a comment holds
}
