package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestOrganization: the lists have what the policy has, and the action pane has the actions on the selected object.
func TestOrganization(t *testing.T) {
	b := newTester(t, relay+`New-SendConnector -Name ToInternet -AddressSpaces "*" -SmartHosts smtpgateway1.contoso.com -DNSRoutingEnabled $false
New-RemoteDomain -Name Fabrikam -DomainName fabrikam.com
`)
	b.expect(b.get("/organization"), http.StatusOK, "New Send Connector…", "ToInternet", "smtpgateway1.contoso.com", "SMTP:*;1")
	selected := b.get("/organization?tab=send-connectors&selected=ToInternet")
	b.expect(selected, http.StatusOK, "Disable", "Remove", "Properties")
	if strings.Contains(b.get("/organization").body, ">Properties<") {
		t.Error("there are properties of nothing")
	}
	b.expect(b.get("/organization?tab=accepted-domains&selected=Contoso"), http.StatusOK, "contoso.com", "Authoritative Domain", "Properties")
	b.expect(b.get("/organization?tab=remote-domains&selected=Fabrikam"), http.StatusOK, "fabrikam.com", "Properties")
	b.expect(b.get("/organization?filter=nothing"), http.StatusOK, "0 of 1")

	review := b.post("/enable", "noun", "SendConnector", "id", "ToInternet", "enabled", "false", "back", "/organization")
	b.expect(review, http.StatusOK, "Disable the Send connector ToInternet", "No longer allowed", "$false")
	b.expect(b.post(review.page), http.StatusOK, "Applied: Disable the Send connector ToInternet.")
	b.expect(b.get("/organization?selected=ToInternet"), http.StatusOK, "Disabled", "Enable")
}

// TestServer: the Receive connectors belong to a server.
func TestServer(t *testing.T) {
	b := newTester(t, relay+"New-ReceiveConnector -Name Other -Server EX02 -Usage Internet -Bindings 10.9.9.9:25\n")
	b.expect(b.get("/server"), http.StatusOK, "Printers", "10.2.3.4:25", "192.168.5.77", "EX02", "New Receive Connector…")
	other := b.get("/server?server=EX02&selected=Other")
	b.expect(other, http.StatusOK, "Receive Connectors of EX02", "10.9.9.9:25", "Allow relay to any domain…")
	if strings.Contains(other.body, "Printers") {
		t.Error("EX02 has a connector of localhost")
	}
	review := b.post("/remove", "noun", "ReceiveConnector", "id", `localhost\Printers`, "back", "/server")
	b.expect(review, http.StatusOK, "Remove the Receive connector localhost\\Printers", "Allowed afterwards, and not before", "Default Frontend localhost")
	b.expect(b.post(review.page), http.StatusOK, "Applied")
	if strings.Contains(b.get("/server").body, "Printers") {
		t.Error("the connector wasn't removed")
	}
}

// TestForgedForm: what a form names is not more than a name.
func TestForgedForm(t *testing.T) {
	b := newTester(t, relay)
	b.expect(b.post("/remove", "noun", "Item", "id", "x"), http.StatusBadRequest)
	b.expect(b.post("/remove", "noun", "ReceiveConnector"), http.StatusBadRequest)
	review := b.post("/remove", "noun", "ReceiveConnector", "id", "x\"; Remove-AcceptedDomain Contoso -Confirm:$false; \"", "back", "//evil.example/")
	b.expect(review, http.StatusOK, "This can't be applied")
	if strings.Contains(review.body, `href="//evil.example/"`) {
		t.Error("Cancel leads to another site")
	}
	b.expect(b.post(review.page), http.StatusUnprocessableEntity)
	if b.policy() != relay {
		t.Fatalf("changed:\n%s", b.policy())
	}
}

// large returns a policy of n connectors.
func large(n int) string {
	var policy strings.Builder
	policy.WriteString("New-AcceptedDomain -Name Contoso -DomainName contoso.com\n")
	for i := range n / 2 {
		fmt.Fprintf(&policy, "New-ReceiveConnector -Name 'From %d' -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.2.3.4:25 -RemoteIPRanges 10.%d.%d.0/24\n", i, 10+i/250, i%250)
		fmt.Fprintf(&policy, "New-SendConnector -Name 'To %d' -AddressSpaces d%d.example -SmartHosts h%d.example.net -DNSRoutingEnabled $false\n", i, i, i)
	}
	return policy.String()
}

// TestLarge: a long list is shown page by page.
func TestLarge(t *testing.T) {
	b := newTester(t, large(1000))
	first := b.get("/organization")
	b.expect(first, http.StatusOK, "Page 1 of 5", "500 in all")
	if n := strings.Count(first.body, "<tr"); n > pageSize+1 {
		t.Errorf("%d rows on a page", n)
	}
	b.expect(b.get("/organization?page=5"), http.StatusOK, "Page 5 of 5")
	b.expect(b.get("/organization?filter=To+77&page=9"), http.StatusOK, "1 of 500", "h77.example.net")
	b.expect(b.get("/server"), http.StatusOK, "Page 1 of 6")
}

// TestLargePages: no page grows with the policy.
func TestLargePages(t *testing.T) {
	small, many := newTester(t, large(200)), newTester(t, large(1000))
	for _, page := range []string{"/", "/organization", "/server", "/findings", "/access", "/parameters?kind=send&id=To+7", "/ask?remote=10.10.7.3&to=b%40d7.example", "/shell"} {
		a, b := small.eventually(page), many.eventually(page)
		if len(b.body) > len(a.body)*5/4 {
			t.Errorf("%s has %d bytes with 200 connectors, and %d with 1,000", page, len(a.body), len(b.body))
		}
	}
}

// TestParameters: every parameter has its value and its place, and can be changed.
func TestParameters(t *testing.T) {
	b := newTester(t, relay+`$pass = ConvertTo-SecureString 'Hush-2026' -AsPlainText -Force
$cred = New-Object System.Management.Automation.PSCredential('relay', $pass)
New-SendConnector -Name Out -AddressSpaces "*" -SmartHosts h.example.net -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $cred
`)
	page := "/parameters?kind=receive&id=localhost%5CPrinters"
	b.expect(b.get(page), http.StatusOK, "RemoteIPRanges", "192.168.5.77", "policy.ps1:2", "MaxMessageSize", "36 MB", "default")
	b.expect(b.get(page+"&change=RequireTLS"), http.StatusOK, "Change RequireTLS", "<select")
	b.expect(b.get("/parameters?kind=receive&id=localhost%5CNothing"), http.StatusNotFound)
	b.expect(b.get("/parameters?kind=nothing"), http.StatusNotFound)
	b.expect(b.get("/parameters?kind=organization"), http.StatusOK, "MaxSendSize")
	b.expect(b.get("/parameters?kind=server&id=localhost"), http.StatusOK, "MessageExpirationTimeout")
	send := b.get("/parameters?kind=send&id=Out")
	b.expect(send, http.StatusOK, "h.example.net")
	if strings.Contains(send.body, "Hush-2026") {
		t.Error("the page has the password")
	}

	for _, change := range []struct{ name, value, want string }{
		{"RequireTLS", "True", "-RequireTLS $true"},
		{"RemoteIPRanges", "192.168.5.77,\r\n192.168.5.80", "-RemoteIPRanges '192.168.5.77','192.168.5.80'"},
		{"Banner", "220 it's here; Remove-ReceiveConnector Printers", "-Banner '220 it''s here; Remove-ReceiveConnector Printers'"},
		{"Comment", "", "-Comment $null"},
		{"MaxMessageSize", "10MB", "-MaxMessageSize '10MB'"},
	} {
		review := b.post("/parameters", "kind", "receive", "id", `localhost\Printers`, "parameter", change.name, "value", change.value)
		b.expect(review, http.StatusOK, `Set-ReceiveConnector -Identity 'localhost\Printers' `+change.want)
		b.expect(b.post(review.page), http.StatusOK, "Applied: Change "+change.name)
	}
	b.expect(b.get(page), http.StatusOK, "192.168.5.80", "220 it's here; Remove-ReceiveConnector Printers", "10 MB")
	b.expect(b.post("/parameters", "kind", "receive", "id", `localhost\Printers`, "parameter", "Identity", "value", "x"), http.StatusNotFound)
}

// TestServerByFQDN: a server that the configuration names by its FQDN is the one of the policy's list.
func TestServerByFQDN(t *testing.T) {
	b := newTester(t, relay, func(o *Options) { o.Load.Server = "huba.fabrikam.com" })
	a := b.get("/server")
	b.expect(a, http.StatusOK, "Printers")
	if strings.Contains(a.body, "another server") {
		t.Errorf("this server is taken for another:\n%s", plain(a.body))
	}
	b.expect(b.post("/drafts", "dialog", "receive-connector", "server", "huba"), http.StatusOK, "Introduction")
}

// TestManyRanges: the parameters of a connector with very many ranges are shown.
func TestManyRanges(t *testing.T) {
	var ranges []string
	for i := range 5000 {
		ranges = append(ranges, fmt.Sprintf("10.1.%d.%d", i/250, i%250))
	}
	b := newTester(t, relay+"New-ReceiveConnector -Name Many -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges "+strings.Join(ranges, ",")+"\n")
	b.expect(b.get("/parameters?kind=receive&id=localhost%5CMany"), http.StatusOK, "10.1.19.249", "MaxMessageSize")
}
