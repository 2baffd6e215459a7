package console

import (
	"strings"
	"testing"
)

// TestMap: the page has the drawing and the same content as tables, for all connectors and for one.
func TestMap(t *testing.T) {
	b := newTester(t, office+"New-ReceiveConnector '<img src=x>\u202e' -Usage Custom -Bindings 10.2.3.4:26 -RemoteIPRanges 10.5.0.0/16\n")
	page := b.eventually("/map")
	b.expect(page, 200, "Printers", "10.2.9.0/24", "relaying without a logon", "Fit the window", "Mermaid, for Markdown", "relay.contoso.com")
	if strings.Contains(page.body, "<img src=x") || strings.Contains(page.body, "\u202e") {
		t.Errorf("a name is markup:\n%s", page.body)
	}
	one := b.eventually("/map?only=Printers&zoom=200")
	b.expect(one, 200, "Printers", "Out", "Draw all")
	if strings.Contains(plain(one.body), "Scanners") || !strings.Contains(one.body, `class="zoom-200" src="/map.svg?only=Printers"`) {
		t.Errorf("other connectors, or another size:\n%s", one.body)
	}
	b.expect(b.eventually("/map?only=nothing"), 200, "There is no connector “nothing”.")
	for _, row := range []struct{ page, kind, text, disposition string }{
		{"/map.svg", "image/svg+xml", "<svg", ""},
		{"/map.svg?download=1", "image/svg+xml", "<svg", `attachment; filename=map.svg`},
		{"/map.dot?only=Printers", "text/plain; charset=utf-8", "digraph", `attachment; filename=map.dot`},
		{"/map.mmd", "text/plain; charset=utf-8", "flowchart", `attachment; filename=map.mmd`},
	} {
		a := b.get(row.page)
		if a.status != 200 || a.header.Get("Content-Type") != row.kind || !strings.Contains(a.body, row.text) || a.header.Get("Content-Disposition") != row.disposition {
			t.Errorf("%s: %d %v", row.page, a.status, a.header)
		}
		if a.header.Get("Content-Security-Policy") == "" || strings.Contains(a.body, "<img src=x") {
			t.Errorf("%s: no Content-Security-Policy, or a name is markup", row.page)
		}
	}
}

// TestMapEmpty: a policy without connectors says what to do first.
func TestMapEmpty(t *testing.T) {
	b := newTester(t, "Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false\n")
	b.expect(b.eventually("/map"), 200, "There is no connector to draw yet.")
	b.expect(b.eventually("/map.svg"), 200, "<svg")
}
