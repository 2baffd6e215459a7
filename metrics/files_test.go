package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// read returns the text of a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../" + name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMetricsPage: docs/metrics.md has a row for each metric, with its type, unit, labels and help, and no other.
func TestMetricsPage(t *testing.T) {
	rows := make(map[string]bool)
	for line := range strings.Lines(read(t, "docs/metrics.md")) {
		if cells := strings.Split(line, "|"); len(cells) == 8 && strings.HasPrefix(line, "| `") {
			rows[strings.Join(cells[1:6], "|")] = true
		}
	}
	for _, f := range families {
		var labels []string
		for _, l := range f.labelNames() {
			labels = append(labels, "`"+l+"`")
		}
		row := fmt.Sprintf(" `%s%s` | %s | %s | %s | %s ", prefix, f.name, f.kind, unit(f.name), strings.Join(labels, " "), f.help)
		if !rows[row] {
			t.Errorf("docs/metrics.md has no row with |%s|", row)
		}
		delete(rows, row)
	}
	for row := range rows {
		t.Errorf("docs/metrics.md has a row of no metric: %s", row)
	}
}

// unit returns the unit that a name says.
func unit(name string) string {
	switch {
	case strings.Contains(name, "timestamp_seconds"):
		return "seconds since 1970"
	case strings.Contains(name, "seconds"):
		return "seconds"
	case strings.Contains(name, "bytes"):
		return "bytes"
	case strings.HasPrefix(name, "queue_") && strings.HasSuffix(name, "_messages"), name == "queue_messages":
		return "messages"
	}
	return "1"
}

var (
	aSelector = regexp.MustCompile(`(interchange_[a-z_]+)(\{[^}]*\})?`)
	aMatcher  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	aGrouping = regexp.MustCompile(`\bby \(([^)]*)\)`)
	aTemplate = regexp.MustCompile(`\$labels\.([a-z_]+)`)
	aLegend   = regexp.MustCompile(`\{\{([a-z_]+)\}\}`)
)

// checkExpression finds metrics and labels in an expression, and labels in the text about it, that don't exist.
func checkExpression(t *testing.T, expr string, used []string) {
	t.Helper()
	known := []string{"instance"}
	if len(aSelector.FindAllString(expr, -1)) == 0 {
		t.Errorf("no metric in %q", expr)
	}
	for _, m := range aSelector.FindAllStringSubmatch(expr, -1) {
		name := strings.TrimPrefix(m[1], prefix)
		at := slices.IndexFunc(families, func(f family) bool {
			return f.name == name || f.kind == histogram && slices.Contains([]string{f.name + "_bucket", f.name + "_sum", f.name + "_count"}, name)
		})
		if at < 0 {
			t.Errorf("there is no metric %s: %s", m[1], expr)
			continue
		}
		labels := append(families[at].labelNames(), "instance")
		if strings.HasSuffix(name, "_bucket") {
			labels = append(labels, "le")
		}
		for _, l := range aMatcher.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(labels, l[1]) {
				t.Errorf("%s has no label %s: %s", m[1], l[1], expr)
			}
		}
		known = append(known, labels...)
	}
	for _, m := range aGrouping.FindAllStringSubmatch(expr, -1) {
		for _, l := range strings.Split(m[1], ",") {
			used = append(used, strings.TrimSpace(l))
		}
	}
	for _, l := range used {
		if !slices.Contains(known, l) {
			t.Errorf("no metric has the label %s: %s", l, expr)
		}
	}
}

// group returns what is in the group of a regular expression, for each match.
func group(r *regexp.Regexp, text string) (all []string) {
	for _, m := range r.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// dashboard is as much of the dashboard as is checked.
type dashboard struct {
	UID           string
	SchemaVersion int
	Templating    struct {
		List []struct{ Name, Definition string }
	}
	Panels []struct {
		Title, Type string
		Datasource  struct{ UID string }
		Links       []struct{ URL string }
		Targets     []struct{ Expr, LegendFormat string }
	}
}

// loadDashboard reads the dashboard.
func loadDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, "metrics/grafana/interchange.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDashboard: the metrics and labels of the dashboard exist, and its links lead to sections.
func TestDashboard(t *testing.T) {
	d, titles := loadDashboard(t), make(map[string]bool)
	if d.UID != "interchange" || d.SchemaVersion < 39 || len(d.Templating.List) != 2 {
		t.Errorf("uid %s, schema %d, %d variables", d.UID, d.SchemaVersion, len(d.Templating.List))
	}
	for _, v := range d.Templating.List {
		checkExpression(t, v.Definition, group(regexp.MustCompile(`, ([a-z]+)\)$`), v.Definition))
	}
	for _, p := range d.Panels {
		if p.Type == "row" {
			continue
		}
		if titles[p.Title] || p.Datasource.UID != "${DS_PROMETHEUS}" || len(p.Links) != 1 || len(p.Targets) == 0 {
			t.Errorf("panel %q", p.Title)
		}
		titles[p.Title] = true
		for _, target := range p.Targets {
			checkExpression(t, target.Expr, group(aLegend, target.LegendFormat))
		}
		for _, l := range p.Links {
			checkLink(t, l.URL)
		}
	}
}

// checkLink finds a link to a page or a section that doesn't exist.
func checkLink(t *testing.T, url string) {
	t.Helper()
	page, section, _ := strings.Cut(strings.TrimPrefix(url, "https://github.com/interchange-smtp/interchange/blob/main/"), "#")
	text := strings.ToLower(read(t, page))
	if section != "" && !strings.Contains(text, "\n## "+section+"\n") {
		t.Errorf("%s has no section %s", page, section)
	}
}

// TestRules: the metrics and labels of the rules exist; each alert has its section in docs/alerts.md and a unit
// test, and each section is about an alert.
func TestRules(t *testing.T) {
	tests, page := read(t, "metrics/prometheus/rules_test.yml"), read(t, "docs/alerts.md")
	var names []string
	for _, rule := range strings.Split(read(t, "metrics/prometheus/rules.yml"), "      - alert: ")[1:] {
		name, rest, _ := strings.Cut(rule, "\n")
		expr, rest, ok := strings.Cut(rest, "        labels:\n")
		if !ok {
			t.Fatalf("%s has no labels", name)
		}
		checkExpression(t, expr, group(aTemplate, rest))
		names = append(names, name)
		url := group(regexp.MustCompile(`runbook_url: (\S+)`), rest)
		if len(url) != 1 || !strings.HasSuffix(url[0], "#"+strings.ToLower(name)) {
			t.Errorf("%s: runbook_url %q", name, url)
			continue
		}
		checkLink(t, url[0])
		if !regexp.MustCompile(`alertname: ` + name + "\n +exp_alerts:").MatchString(tests) {
			t.Errorf("%s has no test in which it fires", name)
		}
	}
	if sections := group(regexp.MustCompile(`(?m)^## (\S+)$`), page); !slices.Equal(sections, names) {
		t.Errorf("docs/alerts.md has the sections %q, the rules are %q", sections, names)
	}
}

// promtool runs Prometheus' promtool, or skips the test if it isn't installed; end-to-end tests need it.
func promtool(t *testing.T, input string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil && os.Getenv("INTERCHANGE_E2E") == "" {
		t.Skip("promtool is not installed (Debian has it in the package prometheus)")
	} else if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("FAILED")) {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestPromtoolMetrics: Prometheus' own checker has nothing to say about names, types and help.
func TestPromtoolMetrics(t *testing.T) {
	w := newWorld(t, policy(t, "In"))
	w.sink()
	w.attack(1)
	w.await(`deliveries_total{connector="In",result="delivered"}`, "1")
	promtool(t, w.text(), "check", "metrics")
}

// TestPromtoolRules: the rules are valid, fire when they should, and are quiet otherwise.
func TestPromtoolRules(t *testing.T) {
	promtool(t, "", "check", "rules", "prometheus/rules.yml")
	promtool(t, "", "test", "rules", "prometheus/rules_test.yml")
}

// TestPromtoolDashboard: the expressions of the dashboard are valid.
func TestPromtoolDashboard(t *testing.T) {
	var b strings.Builder
	b.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	values := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*", "$connector", ".*")
	for i, p := range loadDashboard(t).Panels {
		for j, target := range p.Targets {
			expr, err := json.Marshal(values.Replace(target.Expr))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "      - record: panel:%d:%d\n        expr: %s\n", i, j, expr)
		}
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", file)
}
