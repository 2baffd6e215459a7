package console

import (
	"net/http"
	"strings"
	"testing"
)

// TestReviewAssertions: the review of a change after which an assertion is false says so beside what the change does, and its button is
// disabled; who presses it nevertheless changes nothing.
func TestReviewAssertions(t *testing.T) {
	b := newTester(t, relay+"\nSet-TransportConfig -Assertions '-remote 192.168.5.77 -as anonymous never relays'\n")
	before := b.policy()
	a := b.post("/propose", "title", "Relay", "back", "/server",
		"commands", `Get-ReceiveConnector Printers | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient`)
	b.expect(a, http.StatusOK, "This can't be applied", `"-remote 192.168.5.77 -as anonymous never relays" is false: a session relays; for example 192.168.5.77 to 10.2.3.4:25`, "Allowed afterwards")
	if !strings.Contains(a.body, `<button class="main" disabled>`) {
		t.Errorf("the change can be applied:\n%s", plain(a.body))
	}
	b.expect(b.post(a.page), http.StatusUnprocessableEntity, "The change was not applied", "assertion-false")
	if b.policy() != before {
		t.Errorf("the policy is\n%s", b.policy())
	}
	b.expect(b.get("/parameters?kind=organization"), http.StatusOK, "Assertions", "never relays")
}
