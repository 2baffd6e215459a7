package connector_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// table returns the first cells of the table below a heading of docs/explain.md,
// which are codes, each with the rest of its row.
func table(t *testing.T, heading string) (codes []string, rows map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "explain.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("docs/explain.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	rows = map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		codes = append(codes, m[1])
		rows[m[1]] = m[2]
	}
	return codes, rows
}

// TestExplainCodesDocumented checks that docs/explain.md lists all stable codes and
// no others.
func TestExplainCodesDocumented(t *testing.T) {
	want := map[string][]string{"## Where a setting comes from": {}, "### Stages": {}, "### Verdicts": {}, "### Checks": {}, "### Fates": {}, "### Reasons": {}}
	add := func(heading, code string) { want[heading] = append(want[heading], code) }
	for _, s := range []connector.Origin{connector.OriginGiven, connector.OriginPreset, connector.OriginDefault} {
		add("## Where a setting comes from", s.String())
	}
	for _, s := range connector.StageNames() {
		add("### Stages", string(s))
	}
	for _, v := range []connector.Verdict{connector.Accept, connector.Refuse, connector.Close} {
		add("### Verdicts", v.String())
	}
	for _, c := range connector.Checks() {
		add("### Checks", c.String())
	}
	for _, f := range connector.Fates() {
		add("### Fates", string(f))
	}
	for _, c := range reply.Reasons() {
		add("### Reasons", c.String())
	}
	for heading, codes := range want {
		if got, _ := table(t, heading); !slices.Equal(got, codes) {
			t.Errorf("%s lists\n%q\nwant\n%q", heading, got, codes)
		}
	}
	_, rows := table(t, "### Reasons")
	for _, c := range reply.Reasons() {
		if want := strings.TrimSpace(c.Doc() + " | " + c.Reply(connector.Profile(0)).String()); strings.TrimSpace(rows[c.String()]) != want {
			t.Errorf("%v: the page says\n%s\nwant\n%s", c, rows[c.String()], want)
		}
	}
	_, rows = table(t, "### Fates")
	for _, f := range connector.Fates() {
		if rows[string(f)] != f.Doc() {
			t.Errorf("%s: the page says %q, want %q", f, rows[string(f)], f.Doc())
		}
	}
}
