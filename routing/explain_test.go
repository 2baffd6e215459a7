package routing_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

func TestExplainReasons(t *testing.T) {
	off := route("off", "contoso.com")
	off.Disabled = true
	scoped := route("scoped", "contoso.com from:B1")
	scoped.Scoped = true
	small := route("small", "contoso.com")
	small.MaxSize = 10
	tbl := table(t, abc(), off, scoped, small,
		route("unlinked", "contoso.com from:Z1"),
		route("best", "contoso.com;11"),
		route("later", "contoso.com;11"),
		route("farther", "contoso.com;11 from:A2"),
		route("remote", "contoso.com;1 from:B1"),
		route("costly", "contoso.com;12"),
		route("tree", "*.com"),
		route("all", "*"),
		route("elsewhere", "fabrikam.com"),
	)
	q := routing.Query{Domain: routing.MustParseDomain("contoso.com"), Size: 11, Exact: true}
	const want = `Routed
  "best" SMTP:contoso.com;11 at cost 11 is chosen
  "off" SMTP:contoso.com;1 at cost 1 is disabled
  "small" SMTP:contoso.com;1 at cost 1 is too small for the message
  "unlinked" SMTP:contoso.com;1 has no source server that site links lead to
  "later" SMTP:contoso.com;11 at cost 11 comes later by name
  "farther" SMTP:contoso.com;11 at cost 11 via "A2" is farther away
  "remote" SMTP:contoso.com;1 at cost 11 via "B1" is farther away
  "scoped" SMTP:contoso.com;1 at cost 11 via "B1" is out of scope
  "costly" SMTP:contoso.com;12 at cost 12 has a higher cost
  "tree" SMTP:*.com;1 at cost 1 has a less specific address space
  "all" SMTP:*;1 at cost 1 matches by *, which does not count for an authoritative domain
`
	for range 5 { // the same every time
		if got := lines(tbl.Explain(q)); got != want {
			t.Fatalf("got:\n%swant:\n%s", got, want)
		}
	}
}

// lines returns an answer of Table.Explain: a line for the outcome and one for each candidate.
func lines(m routing.Match, candidates []routing.Candidate) string {
	text := m.Outcome.String() + "\n"
	for _, c := range candidates {
		text += "  " + c.String() + "\n"
	}
	return text
}

func TestFateAndOutcomeText(t *testing.T) {
	seen := map[string]bool{}
	for f := routing.Disabled; f <= routing.LaterName; f++ {
		if s := f.String(); seen[s] || strings.HasPrefix(s, "Fate(") {
			t.Errorf("%d: %q", f, s)
		}
		seen[f.String()] = true
	}
	if got := routing.Fate(0).String(); got != "Fate(0)" {
		t.Errorf("Fate(0) = %q", got)
	}
	if got := routing.Outcome(9).String(); got != "Outcome(9)" {
		t.Errorf("Outcome(9) = %q", got)
	}
}

// A connector's name is the administrator's, but a configuration may come
// from elsewhere: it must not break the lines of a terminal or a log.
func TestExplainEscapesNames(t *testing.T) {
	tbl := table(t, routing.Topology{}, route("evil\n\x1b[31m", "*"))
	text := lines(tbl.Explain(routing.Query{Domain: routing.MustParseDomain("contoso.com")}))
	if strings.Count(text, "\n") != 2 || strings.Contains(text, "\x1b") {
		t.Errorf("not escaped: %q", text)
	}
}
