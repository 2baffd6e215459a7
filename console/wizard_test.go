package console

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/permission"
)

// wizard is a browser without scripts on a page of a dialog.
type wizard struct {
	*tester
	answer
}

// hub sets the server and the edition of the guide.
func hub(o *Options) {
	o.Load.FQDN, o.Load.Server = "", "HubA.fabrikam.com"
	o.Load.Profile = param.Value(permission.Exchange2007)
	o.Load.Credentials = filepath.Join(filepath.Dir(o.Files[0]), "credentials")
}

// open opens a dialog, given as names and values of the form.
func (b *tester) open(form ...string) *wizard {
	b.Helper()
	return &wizard{b, b.post("/drafts", form...)}
}

var (
	controls = regexp.MustCompile(`(?s)<input ([^>]*)>|<textarea ([^>]*)>(.*?)</textarea>|<select ([^>]*)>(.*?)</select>`)
	selected = regexp.MustCompile(`<option value="([^"]*)" selected`)
	buttons  = regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	labels   = regexp.MustCompile(`(?s)<label for="([^"]*)">(.*?)</label>`)
)

// attribute returns the value of an attribute of a tag.
func attribute(tag, name string) string {
	m := regexp.MustCompile(`(?:^|\s)` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// form returns the values that the browser would send, and the tags of the controls by their labels.
func (w *wizard) form() (url.Values, map[string]string) {
	values, tags, named := url.Values{}, map[string]string{}, map[string]string{}
	for _, l := range labels.FindAllStringSubmatch(w.body, -1) {
		named[l[1]] = html.UnescapeString(l[2])
	}
	for _, m := range controls.FindAllStringSubmatch(w.body, -1) {
		tag := m[1] + m[2] + m[4]
		name := attribute(tag, "name")
		if label := named[attribute(tag, "id")]; label != "" {
			tags[label] = tag
		}
		switch kind := attribute(tag, "type"); {
		case m[4] != "":
			if o := selected.FindStringSubmatch(m[5]); o != nil {
				values.Set(name, html.UnescapeString(o[1]))
			}
		case m[2] != "":
			values.Set(name, html.UnescapeString(strings.TrimPrefix(m[3], "\n")))
		case (kind == "radio" || kind == "checkbox") && !strings.Contains(tag, " checked"):
		default:
			values.Add(name, attribute(tag, "value"))
		}
	}
	return values, tags
}

// click presses the button with a label, after entering values by the labels of their fields: label=value, or
// label=on and label=off. in is text that the button's tag contains, where several buttons have the label.
func (w *wizard) click(label, in string, entered ...string) {
	w.Helper()
	values, tags := w.form()
	for _, e := range entered {
		name, value, _ := strings.Cut(e, "=")
		tag, ok := tags[name]
		if !ok {
			w.Fatalf("%s: no field %q:\n%s", w.page, name, plain(w.body))
		}
		field := attribute(tag, "name")
		switch {
		case strings.Contains(tag, " disabled"):
			w.Fatalf("%s: %q can't be chosen", w.page, name)
		case value == "off":
			values.Del(field)
		case value == "on":
			values.Set(field, attribute(tag, "value"))
		default:
			values.Set(field, value)
		}
	}
	for _, m := range buttons.FindAllStringSubmatch(w.body, -1) {
		if strings.TrimSuffix(m[2], "…") != label || !strings.Contains(m[1], in) || strings.Contains(m[1], "aria-hidden") {
			continue
		}
		if strings.Contains(m[1], " disabled") {
			w.Fatalf("%s: the button %q is disabled:\n%s", w.page, label, plain(w.body))
		}
		if name := attribute(m[1], "name"); name != "" {
			values.Set(name, attribute(m[1], "value"))
		}
		w.send(values)
		return
	}
	w.Fatalf("%s: no button %q:\n%s", w.page, label, plain(w.body))
}

func (w *wizard) send(values url.Values) {
	w.Helper()
	var pairs []string
	for name, all := range values {
		for _, v := range all {
			pairs = append(pairs, name, v)
		}
	}
	w.answer = w.post(w.page, pairs...)
}

// wait looks again until the page has what it says is being computed.
func (w *wizard) wait() {
	w.Helper()
	if strings.Contains(w.body, "data-wait") {
		w.answer = w.eventually(w.page)
	}
}

// on expects a page with a heading, without mistakes.
func (w *wizard) on(heading string) {
	w.Helper()
	w.wait()
	w.expect(w.answer, http.StatusOK)
	if !strings.Contains(w.body, ">"+heading+"</h2>") || strings.Contains(w.body, `role="alert"`) {
		w.Fatalf("%s isn't the page %q:\n%s", w.page, heading, plain(w.body))
	}
}

// newSend walks through the guide's steps for a Send connector.
func (b *tester) newSend(usage, security string, credential ...string) {
	b.Helper()
	w := b.open("dialog", "send-connector", "back", "/organization")
	w.on("Introduction")
	w.click("Next", "", "Name=ToInternetGateway", "Select the intended use for this connector="+usage)
	w.on("Address Space")
	w.click("Add", "")
	w.click("Next", "", "Address=*")
	w.on("Network Settings")
	w.click("Add", "")
	w.click("OK", "", "IP address or Fully qualified domain name (FQDN)=smtpgateway1.contoso.com")
	w.click("Next", "")
	w.on("Smart host security settings")
	w.click("Next", "", append([]string{security + "=on"}, credential...)...)
	w.on("Source Server")
	w.click("Add", "")
	w.click("OK", "", "HubA=on")
	w.click("Next", "")
	w.on("New Connector")
	w.expect(w.answer, http.StatusOK, "What the change does", `New-SendConnector -Name "ToInternetGateway"`)
	w.click("New", "")
	w.on("Completion")
	w.expect(w.answer, http.StatusOK, `New-SendConnector -Name "ToInternetGateway"`)
	if shown := w.page; strings.TrimSuffix(shown, "/completion") != shown {
		w.expect(w.get(strings.TrimSuffix(shown, "completion")+"introduction"), http.StatusOK, "Completion")
	}
	w.click("Finish", "")
	w.expect(w.get(w.page), http.StatusOK, "ToInternetGateway")
	if w.page != "/organization" {
		w.Errorf("Finish leads to %s", w.page)
	}
}

// same compares the policy in the file with that of the guide's commands.
func (b *tester) same(s guide.Scenario) {
	b.Helper()
	var o Options
	o.Files = []string{b.file}
	hub(&o)
	if s != guide.Basic {
		o.Load.Credentials = "" // there is no such file
	}
	got, err := load.Files(b.Context(), o.Load, b.file)
	if err != nil {
		b.Fatal(err)
	}
	script, err := guide.Script(s)
	if err != nil {
		b.Fatal(err)
	}
	name := filepath.Join(b.TempDir(), "guide.ps1")
	if err := os.WriteFile(name, script, 0o600); err != nil {
		b.Fatal(err)
	}
	o.Load.Credentials, o.Load.Environ = "", []string{load.CredentialEnv("mycred") + "=hub@contoso.com:outbound"}
	want, err := load.Files(b.Context(), o.Load, name)
	if err != nil {
		b.Fatal(err)
	}
	if one, two := got.Policy, want.Policy; one.Fingerprint() != two.Fingerprint() {
		b.Errorf("the policy isn't the guide's:\n%s", b.policy())
	}
	if s == guide.Basic {
		if c := got.Config().Send[0].AuthenticationCredential; c == nil || c.UserName != "hub@contoso.com" || c.Password != "outbound" {
			b.Errorf("the credential is %v", c)
		}
	}
}

func TestWizardBasic(t *testing.T) {
	b := newTester(t, "", hub)
	b.newSend("Custom", "Basic Authentication over TLS", "User name=hub@contoso.com", "Password=outbound")
	b.same(guide.Basic)
	if strings.Contains(b.policy()+b.log.String(), "outbound") {
		t.Errorf("the password is in the script or the log:\n%s\n%s", b.policy(), b.log)
	}
}

// TestWizardSecured: the guide's step 3 in the console leaves TLS on, which its command doesn't.
func TestWizardSecured(t *testing.T) {
	b := newTester(t, "", hub)
	b.newSend("Internal", "Externally Secured (for example with IPsec)")
	w := b.open("dialog", "receive-connector", "server", "HubA", "back", "/server?server=HubA")
	w.on("Introduction")
	w.click("Next", "", "Name=FromInternetGateway", "Select the intended use for this connector=Internal")
	w.on("Remote Network settings")
	w.click("Remove", "")
	w.click("Add", "")
	w.click("OK", "", "IP address=192.168.1.10")
	w.click("Next", "")
	w.on("New Connector")
	w.click("New", "")
	w.on("Completion")
	w.click("Finish", "")
	w = b.open("dialog", "receive-properties", "id", `HubA\FromInternetGateway`, "back", "/server?server=HubA")
	w.click("Authentication", "")
	w.click("OK", "", "Transport Layer Security (TLS)=off", "Basic Authentication=off", "Exchange Server authentication=off", "Externally Secured (for example with IPsec)=on")
	w.expect(w.answer, http.StatusOK, "What the change does")
	w.click("OK", "")
	w.expect(w.answer, http.StatusOK, "Receive Connectors of HubA")
	b.same(guide.Secured)
}

func TestWizardRelay(t *testing.T) {
	b := newTester(t, "", hub)
	b.newSend("Internet", "None")
	w := b.open("dialog", "receive-connector", "server", "HubA", "back", "/server")
	w.click("Next", "", "Name=FromInternetGateway", "Select the intended use for this connector=Custom")
	w.on("Local network settings")
	w.click("Remove", "")
	w.click("Add", "")
	w.click("OK", "", "Specify an IP address=on", "IP address=10.2.3.4")
	w.click("Next", "")
	w.on("Remote Network settings")
	w.click("Remove", "")
	w.click("Add", "")
	w.click("OK", "", "IP address=192.168.5.77")
	w.click("Next", "")
	w.on("New Connector")
	w.click("New", "")
	w.on("Completion")
	w.click("Finish", "")
	w = b.open("dialog", "receive-properties", "id", `HubA\FromInternetGateway`, "back", "/server")
	w.click("Permission Groups", "")
	w.click("OK", "", "Anonymous users=on")
	w.click("OK", "")
	w = b.open("dialog", "relay", "id", `HubA\FromInternetGateway`, "back", "/server")
	w.on("Relay permission")
	w.click("Next", "")
	w.on("Grant")
	w.expect(w.answer, http.StatusOK, "192.168.5.77", `-ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"`)
	w.click("Grant", "")
	w.on("Completion")
	w.expect(b.eventually(w.page), http.StatusOK, "may relay to any domain as any sender without authentication")
	b.same(guide.Relay)
}

// TestWizardConflict: what was reviewed isn't applied to files that have changed since; it is shown again.
func TestWizardConflict(t *testing.T) {
	b := newTester(t, relay)
	w := b.open("dialog", "relay", "id", "Printers", "back", "/server")
	w.click("Next", "")
	w.on("Grant")
	w.expect(w.answer, http.StatusOK, "Who may relay before No client may relay through this connector.", "192.168.5.77 on 10.2.3.4:25 may relay")
	other := relay + "New-AcceptedDomain -Name Fabrikam -DomainName fabrikam.com\n"
	if err := os.WriteFile(b.file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	w.click("Grant", "")
	w.expect(w.answer, http.StatusConflict, "The policy's files were changed meanwhile", "fabrikam.com")
	if b.policy() != other {
		t.Fatalf("a change was applied:\n%s", b.policy())
	}
	w.click("Grant", "")
	w.on("Completion")
	if !strings.HasPrefix(b.policy(), other) || !strings.Contains(b.policy(), "Add-ADPermission") {
		t.Fatalf("lost:\n%s", b.policy())
	}
	made := b.policy()
	w.expect(b.post(strings.Replace(w.page, "completion", "grant", 1), "do", "finish"), http.StatusOK, "Completion")
	if b.policy() != made {
		t.Errorf("the commands were carried out twice:\n%s", b.policy())
	}
}

// TestWizardOfOthers: a draft belongs to its session, and to users who may change the policy.
func TestWizardOfOthers(t *testing.T) {
	b := newTester(t, relay)
	w := b.open("dialog", "send-connector", "back", "//evil.example/")
	w.on("Introduction")
	b.session = "two"
	b.expect(b.get(w.page), http.StatusNotFound)
	b.expect(b.post(w.page, "do", "next"), http.StatusNotFound)
	b.session, b.role = "one", Operate
	b.expect(b.get(w.page), http.StatusForbidden)
	b.expect(b.post(w.page, "do", "next"), http.StatusForbidden)
	b.expect(b.post("/drafts", "dialog", "send-connector"), http.StatusForbidden)
	b.role = Change
	b.expect(b.post("/drafts", "dialog", "none"), http.StatusNotFound, `There is no dialog "none"`)
	b.expect(b.post("/drafts", "dialog", "send-properties", "id", "Gone"), http.StatusNotFound, `There is no Send connector "Gone"`)
	w.click("Cancel", "")
	if w.page != "/" {
		t.Errorf("Cancel leads to %s", w.page)
	}
}

// TestWizardBrokenFiles: while the files have mistakes, the dialog says so, and goes on when they are corrected.
func TestWizardBrokenFiles(t *testing.T) {
	b := newTester(t, relay)
	w := b.open("dialog", "relay", "id", "Printers", "back", "/server")
	put := func(text string) {
		if err := os.WriteFile(b.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(relay + "Set-ReceiveConnector Nothing -Banner 5\n")
	page := w.answer
	w.click("Next", "")
	w.expect(w.answer, http.StatusConflict, "files have mistakes", "Nothing")
	b.expect(b.post("/drafts", "dialog", "relay", "id", "Printers"), http.StatusConflict, "Not possible now", "files have mistakes")
	for _, page := range []string{"/", "/server", "/findings", "/map"} {
		b.expect(b.get(page), http.StatusOK, "The policy's files have mistakes", "These pages show the last policy without mistakes.")
	}
	put(relay)
	w.answer = page
	w.click("Next", "")
	w.on("Grant")
}

// TestBrokenFromTheStart: pages don't pretend that a policy is empty which can't be read.
func TestBrokenFromTheStart(t *testing.T) {
	b := newTester(t, "{{{")
	for _, page := range []string{"/", "/server", "/organization"} {
		b.expect(b.get(page), http.StatusOK, "The policy's files have mistakes", "There is no policy to show until they are corrected.")
	}
}

// TestWizardHostile: names of the policy and of forms are text on every page.
func TestWizardHostile(t *testing.T) {
	const name = `<img src=x onerror=alert(1)>"'`
	b := newTester(t, relay)
	w := b.open("dialog", "send-connector", "back", "/organization")
	w.click("Next", "", "Name="+name)
	w.on("Address Space")
	w.click("Add", "")
	w.click("Next", "", "Address=<b>*")
	w.expect(w.answer, http.StatusOK, "There is a mistake", `Address space "<b>*"`)
	w.click("Next", "", "Address=*")
	w.click("Next", "")
	w.click("Next", "")
	w.on("New Connector")
	w.click("New", "")
	w.on("Completion")
	pages := w.body
	w = b.open("dialog", "send-properties", "id", name, "back", "/organization")
	pages += w.body
	w.click("OK", "", "Comment=</textarea><script>alert(1)</script>")
	w.click("OK", "")
	w = b.open("dialog", "send-properties", "id", name, "back", "/organization")
	for _, tag := range []string{"<img", "<b>", "<script>"} {
		if strings.Contains(pages+w.body, tag) {
			t.Errorf("a page has %s", tag)
		}
	}
	w.click("OK", "")
	w.expect(w.answer, http.StatusOK, name)
	if w.page != "/organization" {
		t.Errorf("OK without a change leads to %s", w.page)
	}
}

// TestPreview: the command for what is typed is shown, and nothing is kept of it.
func TestPreview(t *testing.T) {
	b := newTester(t, relay)
	w := b.open("dialog", "receive-properties", "id", "Printers", "page", "network", "back", "/server")
	w.click("Add", `value="add:ranges"`)
	a := b.post(w.page+"/preview", "row.range", "192.168.5.78\n<b>\u202e", "password", "secret")
	b.expect(a, http.StatusOK, "Set-ReceiveConnector \"Printers\" -RemoteIPRanges \"192.168.5.77\",\"192.168.5.78\",'<b>⟨U+202E⟩'")
	if a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("the preview is %s", a.header.Get("Content-Type"))
	}
	b.expect(b.get(w.page), http.StatusOK, "Nothing is changed yet.")
	if a := b.get(w.page); !strings.Contains(a.body, "<p data-none>") {
		t.Errorf("the preview was kept: %s", plain(a.body))
	}
	b.session = "two"
	b.expect(b.post(w.page+"/preview", "row.range", "x"), http.StatusNotFound)
}
