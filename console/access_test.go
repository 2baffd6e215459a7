package console

import (
	"encoding/csv"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
)

// TestAccess: the matrix leads to the entries that decide, and those to a session that shows the verdict.
func TestAccess(t *testing.T) {
	b := newTester(t, office+`Get-ReceiveConnector Printers | Add-ADPermission -User 'CONTOSO\<b>interns</b>' -Deny -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient`+"\n")
	page := b.eventually("/access?connector=printers")
	b.expect(page, 200, "Printers", `NT AUTHORITY\ANONYMOUS LOGON`, "✓ allowed", "✗ denied", "Accept-Any-Recipient")
	if strings.Contains(page.body, "<b>interns") || strings.Contains(page.body, "Scanners") {
		t.Errorf("a name is markup, or another connector is shown:\n%s", page.body)
	}
	why := b.eventually(link(t, page, `allowed: NT AUTHORITY\ANONYMOUS LOGON, ms-Exch-SMTP-Accept-Any-Recipient on Printers`))
	b.expect(why, 200, "Verdict allowed", `granted to NT AUTHORITY\ANONYMOUS LOGON by Add-ADPermission (`, "policy.ps1:4)")
	session := regexp.MustCompile(`href="([^"]*)">Explain a session that`).FindStringSubmatch(why.body)
	if session == nil {
		t.Fatal("no session shows it")
	}
	b.expect(b.get(html.UnescapeString(session[1])), 200, `Accepted as NT AUTHORITY\ANONYMOUS LOGON by Receive connector "Printers"`)
	b.expect(b.get(link(t, page, `denied: contoso\<b>interns</b>, ms-Exch-SMTP-Accept-Any-Recipient on Printers`)), 200, "Verdict denied", `denied to contoso\<b>interns</b>`)

	for _, row := range []struct {
		query  string
		status int
		want   string
	}{
		{"connector=nothing", 200, "No row matches."},
		{"principal=nothing", 200, "No row matches."},
		{"right=fly", 400, "Choose a right of the list."},
		{"principal=interns", 200, "denied"},
		{"held=on&right=ms-Exch-SMTP-Accept-Any-Recipient&connector=Scanners", 200, "No row matches."},
	} {
		b.expect(b.get("/access?"+row.query), row.status, row.want)
	}
	b.expect(b.get("/access/why?connector=Printers&principal=S-1-5-7&right=fly"), 404)
	b.expect(b.get("/access/why?connector=nothing&principal=S-1-5-7&right=ms-Exch-SMTP-Submit"), 404, "There is no entry")
}

// link returns the address of the link with a label.
func link(t *testing.T, page answer, label string) string {
	t.Helper()
	for _, m := range regexp.MustCompile(`href="([^"]*)" aria-label="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		if html.UnescapeString(m[2]) == label {
			return html.UnescapeString(m[1])
		}
	}
	t.Fatalf("%s: no link %q", page.page, label)
	return ""
}

// TestAccessFile: the file has a line for each cell.
func TestAccessFile(t *testing.T) {
	b := newTester(t, office)
	a := b.get("/access.csv?connector=Printers&right=ms-Exch-SMTP-Accept-Any-Recipient")
	records, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(records) != 2 || records[1][1] != "Printers" || records[1][3] != "yes" {
		t.Errorf("%v %q", err, records)
	}
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename=access.csv` {
		t.Errorf("Content-Disposition %q", got)
	}
}

// TestAccessPaged: connectors with the same access share a row, and those with other access come in pages.
func TestAccessPaged(t *testing.T) {
	var policy strings.Builder
	for i := range 130 {
		fmt.Fprintf(&policy, "New-ReceiveConnector Same%d -Usage Custom -Bindings 10.2.3.5:25 -RemoteIPRanges 10.3.%d.0/24 -PermissionGroups AnonymousUsers\n", i, i)
		fmt.Fprintf(&policy, "New-ReceiveConnector Other%d -Usage Custom -Bindings 10.2.3.5:25 -RemoteIPRanges 10.4.%d.0/24\n"+
			"Get-ReceiveConnector Other%[1]d | Add-ADPermission -User 'CONTOSO\\user%[1]d' -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient\n", i, i)
	}
	b := newTester(t, policy.String())
	b.expect(b.eventually("/access?connector=same"), 200, "and 129 others with the same access", "1 row.")
	page := b.eventually("/access?connector=other")
	if n := strings.Count(page.body, `<th scope="row">`); n != pageSize {
		t.Errorf("%d rows on the page", n)
	}
	b.expect(page, 200, "130 rows.", "Page 1 of 2", "Next")
	b.expect(b.get("/access?connector=other&page=2"), 200, "Other129", "Previous")
}
