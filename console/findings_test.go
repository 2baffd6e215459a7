package console

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestFindings: findings are grouped, with their lines, sessions and repairs; a repair removes the finding, and an
// acknowledged one is folded away.
func TestFindings(t *testing.T) {
	b := newTester(t, office)
	page := b.eventually("/findings")
	b.expect(page, 200, "Warnings", "Notes", "policy.ps1:3", "relay-anonymous", "For example: 10.2.9.", "docs/findings.md#range-redundant", "Review this change")
	m := regexp.MustCompile(`name="title" value="(Repair range-redundant[^"]*)"><input type="hidden" name="commands" value="([^"]*)"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no repair of range-redundant on the page:\n%s", page.body)
	}
	review := b.post("/propose", "title", unescape(m[1]), "commands", unescape(m[2]), "back", "/findings")
	b.expect(review, 200, "Findings that go away", "RemoteIPRanges")
	b.post(review.page)
	if a := b.eventually("/findings"); strings.Contains(a.body, "range-redundant") {
		t.Errorf("the repair left the finding:\n%s", plain(a.body))
	}

	m = regexp.MustCompile(`name="code" value="(relay-anonymous)"><input type="hidden" name="path" value="([^"]*)"><input type="hidden" name="extent" value="([^"]*)"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("relay-anonymous can't be acknowledged:\n%s", page.body)
	}
	form := []string{"code", unescape(m[1]), "path", unescape(m[2]), "extent", unescape(m[3])}
	b.expect(b.post("/findings/acknowledge", form...), 400, "An acknowledgement needs a reason.")
	form = append(form, "reason", "they can't\r\nlog on ' $(Remove-SendConnector Out)")
	review = b.post("/findings/acknowledge", form...)
	b.expect(review, 200, "Acknowledge relay-anonymous")
	b.post(review.page)
	b.expect(b.eventually("/findings"), 200, "Acknowledged (1)", "Acknowledged: they can't log on ' $(Remove-SendConnector Out)")
	b.expect(b.post("/findings/acknowledge", form...), 404)
}

// TestFindingsPaged: the list is cut in pages, and the filter keeps what has the text.
func TestFindingsPaged(t *testing.T) {
	var policy strings.Builder
	policy.WriteString(office)
	for i := range pageSize + 20 {
		fmt.Fprintf(&policy, "New-ReceiveConnector Relay%d -Usage Custom -Bindings 10.2.3.5:25 -RemoteIPRanges 10.3.%d.0/24 -PermissionGroups AnonymousUsers\n"+
			"Get-ReceiveConnector Relay%[1]d | Add-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient\n", i, i)
	}
	b := newTester(t, policy.String())
	page := b.eventually("/findings?filter=relay-anonymous")
	if n := strings.Count(page.body, `value="Relay`) + strings.Count(page.body, "· relay-anonymous"); n != pageSize {
		t.Errorf("%d findings on the page", n)
	}
	b.expect(page, 200, "Next")
	b.expect(b.eventually("/findings?filter=relay-anonymous&page=2"), 200, "Previous", "Relay119")
	b.expect(b.eventually("/findings?filter=%3Cb%3E"), 200, "No finding has this text.")
}

// TestSurroundings: findings about what the policy is run with are among those about the policy.
func TestSurroundings(t *testing.T) {
	b := newTester(t, relay, func(o *Options) {
		o.Surroundings = func(p *load.Loaded) []source.Diagnostic {
			return []source.Diagnostic{{Severity: source.SeverityWarning, Code: "users-missing", Detail: "the file of users of " + p.Files[0] + " is empty"}}
		}
	})
	b.expect(b.eventually("/findings"), 200, "The file of users of", "is empty")
}
