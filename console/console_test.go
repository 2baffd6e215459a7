package console

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

// relay is a policy in which printers may relay.
const relay = `New-AcceptedDomain -Name Contoso -DomainName contoso.com
New-ReceiveConnector -Name Printers -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.2.3.4:25 -RemoteIPRanges 192.168.5.77
`

// TestShell: commands that only read print, and others are reviewed, applied and undone.
func TestShell(t *testing.T) {
	b := newTester(t, relay)
	b.expect(b.post("/shell", "commands", "Get-ReceiveConnector Printers | Format-List Name"), http.StatusOK, "Name : Printers")
	b.expect(b.post("/shell", "commands", "Set-ReceiveConnector Printers -Banner 5"), http.StatusOK, "Banner")
	b.expect(b.post("/shell", "commands", "Set-ReceiveConnector Printers -Comment changed"), http.StatusOK, "What the change does")

	review := b.post("/shell", "commands", `Get-ReceiveConnector Printers | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient`)
	b.expect(b.eventually(review.page), http.StatusOK, "What the change does", "Allowed afterwards, and not before", "192.168.5.77")
	if b.policy() != relay {
		t.Fatal("a review has changed the file")
	}
	b.expect(b.get(review.page+"/map.svg"), http.StatusOK, "<svg", "changed: Permissions")
	b.expect(b.post(review.page), http.StatusOK, "Applied: Commands of the Management Shell.")
	if !strings.Contains(b.policy(), "Add-ADPermission") || !strings.HasPrefix(b.policy(), relay) {
		t.Fatalf("the commands aren't in the file:\n%s", b.policy())
	}
	b.expect(b.get("/history"), http.StatusOK, "Add-ADPermission", "by anna")
	b.expect(b.get("/history.ps1"), http.StatusOK, "anna: Commands of the Management Shell", "Add-ADPermission")

	b.expect(b.get("/history"), http.StatusOK, `<form method="post" action="/undo">`)
	undo := b.post("/undo")
	b.expect(undo, http.StatusOK, "No longer allowed", "before these commands of anna", "Add-ADPermission")
	b.expect(b.post(undo.page), http.StatusOK, "Applied")
	if b.policy() != relay {
		t.Fatalf("undo left:\n%s", b.policy())
	}
}

// TestShellAsksForCredentials: the guide's commands of the first scenario run in the Management Shell, which asks for what
// Get-Credential needs and never shows a password.
func TestShellAsksForCredentials(t *testing.T) {
	b := newTester(t, relay, func(o *Options) { o.Load.Credentials = filepath.Join(filepath.Dir(o.Files[0]), "passwords") })
	const commands = "$mycred = get-credential\nNew-SendConnector -Name ToInternetGateway -AddressSpaces * -SmartHosts smtpgateway1.contoso.com" +
		" -SmartHostAuthMechanism BasicAuth,BasicAuthRequireTLS -AuthenticationCredential $mycred -DNSRoutingEnabled $false"
	asked := b.post("/shell", "commands", commands)
	b.expect(asked, http.StatusOK, "Credentials for $mycred", "User name", "Password")
	b.expect(b.post("/shell", "commands", commands, "asked", "mycred", "user:mycred", "huba"), http.StatusOK, "Credentials for $mycred")
	review := b.post("/shell", "commands", commands, "asked", "mycred", "user:mycred", "huba", "password:mycred", "Out-bound 1")
	b.expect(review, http.StatusOK, "What the change does", "get-credential")
	b.expect(b.post(review.page), http.StatusOK, "Applied")
	text, err := os.ReadFile(filepath.Join(filepath.Dir(b.file), "passwords"))
	if err != nil || string(text) != "mycred=huba:Out-bound 1\n" {
		t.Errorf("the credentials are %q, %v", text, err)
	}
	for _, shown := range []string{review.body, b.get("/history").body, b.policy()} {
		if strings.Contains(shown, "Out-bound") {
			t.Errorf("the password is shown:\n%s", shown)
		}
	}
}

// TestRefusedChange: the page says why the gateway doesn't take a change.
func TestRefusedChange(t *testing.T) {
	b := newTester(t, relay, func(o *Options) {
		o.Reload = func(context.Context) error { return errors.New("10.2.3.5 is not an address of this machine") }
	})
	review := b.post("/shell", "commands", `Set-ReceiveConnector Printers -Bindings 10.2.3.5:25`)
	b.expect(b.post(review.page), http.StatusUnprocessableEntity, "The change was not applied: the gateway refuses the change: 10.2.3.5 is not an address of this machine",
		`<a href="`+review.page+`">Back to the change</a>`)
	if b.policy() != relay {
		t.Errorf("the file has changed:\n%s", b.policy())
	}
}

// TestConflict: a change isn't applied to files that were changed meanwhile; it is shown again with the difference.
func TestConflict(t *testing.T) {
	b := newTester(t, relay)
	review := b.post("/shell", "commands", `Set-ReceiveConnector Printers -RemoteIPRanges 192.168.5.77,192.168.5.78`)
	other := relay + "New-AcceptedDomain -Name Fabrikam -DomainName fabrikam.com\n"
	if err := os.WriteFile(b.file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	b.expect(b.post(review.page), http.StatusConflict, "The policy's files were changed meanwhile", "fabrikam.com", "192.168.5.78")
	if b.policy() != other {
		t.Fatalf("a change was applied:\n%s", b.policy())
	}
	b.expect(b.post(review.page), http.StatusOK, "Applied")
	if !strings.HasPrefix(b.policy(), other) || !strings.Contains(b.policy(), "192.168.5.78") {
		t.Fatalf("lost:\n%s", b.policy())
	}
}

// TestConflictInTwoTabs: a review that an older tab shows applies nothing that the tab hasn't shown.
func TestConflictInTwoTabs(t *testing.T) {
	b := newTester(t, relay)
	review := b.post("/shell", "commands", `Set-ReceiveConnector Printers -RemoteIPRanges 192.168.5.77,192.168.5.78`)
	base := regexp.MustCompile(`name="base" value="([^"]+)"`)
	old := base.FindStringSubmatch(review.body)
	other := relay + "New-AcceptedDomain -Name Fabrikam -DomainName fabrikam.com\n"
	if err := os.WriteFile(b.file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	again := b.post(review.page, "base", old[1])
	b.expect(again, http.StatusConflict, "fabrikam.com")
	b.expect(b.post(review.page, "base", old[1]), http.StatusConflict, "The policy's files were changed meanwhile", "fabrikam.com")
	if b.policy() != other {
		t.Fatalf("applied:\n%s", b.policy())
	}
	b.expect(b.post(review.page, "base", base.FindStringSubmatch(again.body)[1]), http.StatusOK, "Applied")
}

// TestRoles: a user who may only look can't change anything, and sees no proposal of others.
func TestRoles(t *testing.T) {
	b := newTester(t, relay)
	review := b.post("/shell", "commands", `Remove-ReceiveConnector Printers -Confirm:$false`)
	b.session = "two"
	b.expect(b.get(review.page), http.StatusNotFound)
	b.expect(b.post(review.page), http.StatusNotFound)
	b.role, b.session = View, "one"
	b.expect(b.get(review.page), http.StatusForbidden)
	b.expect(b.post(review.page), http.StatusForbidden)
	b.expect(b.post("/undo"), http.StatusForbidden)
	b.expect(b.post("/shell", "commands", `Remove-ReceiveConnector Printers -Confirm:$false`), http.StatusOK, "on a copy")
	const absent = `$c = Get-Credential hub -PasswordFrom @{File='/nothing/here'}
New-SendConnector -Name Out -AddressSpaces x.example -SmartHosts h.example -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $c`
	viewers := b.post("/shell", "commands", absent)
	b.expect(viewers, http.StatusOK, "on a copy")
	if strings.Contains(viewers.body, "no such file") {
		t.Errorf("a viewer learns that a file is absent:\n%s", plain(viewers.body))
	}
	b.role = Change
	b.expect(b.post("/shell", "commands", absent), http.StatusOK, "no such file")
	b.role = View
	b.expect(b.post("/shell", "commands", `Get-ReceiveConnector Printers | Format-List Name`), http.StatusOK, "Name : Printers")
	b.role = 0
	if a := b.get("/"); a.status == http.StatusOK {
		t.Errorf("a user without a role sees the overview")
	}
	if b.policy() != relay {
		t.Fatalf("changed:\n%s", b.policy())
	}
}

// TestHidden: characters that could make a page say what it doesn't are shown by their names.
func TestHidden(t *testing.T) {
	b := newTester(t, relay)
	a := b.post("/shell", "commands", "Write-Output \"<script>alert(1)</script>\u202egnp.exe\x1b[31m\"")
	b.expect(a, http.StatusOK, "⟨U+202E⟩", "&lt;script&gt;")
	if strings.Contains(a.body, "<script>alert") || strings.ContainsAny(a.body, "\u202e\x1b") {
		t.Errorf("not made harmless:\n%s", a.body)
	}
}

// TestHiddenFields: an object whose name has such characters can be chosen, because forms send the name back as it is.
func TestHiddenFields(t *testing.T) {
	for page, want := range map[string]string{
		"<input type=\"hidden\" name=\"id\" value=\"a\u202eb\x1b\u0085\"> \u202e": `<input type="hidden" name="id" value="a&#8238;b&#27;⟨U+0085⟩"> ⟨U+202E⟩`,
		"<input type=\"hidden\" value=\"\u202e\"><input value=\"\u202e\">":        `<input type="hidden" value="&#8238;"><input value="⟨U+202E⟩">`,
	} {
		if got := string(visible([]byte(page))); got != want {
			t.Errorf("%q becomes %q, want %q", page, got, want)
		}
	}
}

// TestLinkHelp: the logon page says how to get a link, if users log on by links.
func TestLinkHelp(t *testing.T) {
	for _, tt := range []struct {
		role       Role
		help, want string
	}{{View, "Ask anna for it.", "Ask anna for it."}, {View, "", "The program that serves this console prints it."}, {0, "Ask anna for it.", ""}} {
		b := newTester(t, relay, func(o *Options) {
			o.Authenticate, o.LinkRole, o.LinkHelp = nil, tt.role, tt.help
			o.Verifier, o.Secure = auth.VerifierFunc(nil), func(*http.Request) bool { return true }
		})
		page := b.get("/logon")
		b.expect(page, 200, "Password", tt.want)
		if strings.Contains(page.body, "a link that logs you on") != (tt.want != "") {
			t.Errorf("%v: %s", tt.role, plain(page.body))
		}
	}
}
