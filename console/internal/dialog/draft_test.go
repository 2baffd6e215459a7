package dialog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// TestDraftsEnd holds the store to its limits, and drafts to their sessions.
func TestDraftsEnd(t *testing.T) {
	now := time.Unix(1e9, 0)
	s := dialog.NewDrafts(func() time.Time { return now })
	add := func(owner string) *dialog.Draft {
		d, v, err := dialog.Open(dialog.AcceptedDomain, dialog.Subject{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Add(owner, d, v, "/")
	}
	has := func(d *dialog.Draft) bool {
		_, ok := s.Get(d.Owner, d.ID)
		return ok
	}
	first := add("anna")
	if _, ok := s.Get("berta", first.ID); ok {
		t.Error("another session gets the draft")
	}
	s.Remove("berta", first.ID)
	if !has(first) {
		t.Error("another session removed the draft")
	}
	other := add("berta")
	for range 50 {
		add("anna")
	}
	if has(first) || !has(other) {
		t.Error("the 51st draft of a session must end its first, and no other")
	}
	for i := range 500 {
		add(fmt.Sprint("session", i/20))
	}
	if has(other) {
		t.Error("more than 500 drafts are kept")
	}
	one, two := add("clara"), add("dora")
	s.Forget("clara")
	if has(one) || !has(two) {
		t.Error("the end of a session must end its drafts, and no others")
	}
	last := add("anna")
	now = now.Add(12*time.Hour + time.Second)
	if has(last) {
		t.Error("a draft lives longer than 12 hours")
	}
}

// TestSecretsStay: a password that was typed doesn't come back, and remains when the form
// has none.
func TestSecretsStay(t *testing.T) {
	cfg := fresh(permission.Current)
	w := sendConnector(t, cfg, "Custom")
	w.next("source-server", "next", "auth=BasicAuth", "user=hub", "password=hunter2hunter2")
	w.next("smart-host-security", "back")
	view, _ := w.draft.View(w.page)
	if text := fmt.Sprintf("%+v", view); strings.Contains(text, "hunter2") {
		t.Errorf("the view has the password: %s", text)
	}
	if f := view.Groups[0].Fields[2]; !f.Set || f.Typed {
		t.Error("the view must say that a password is set, and have no field for it")
	}
	w.next("smart-host-security", "secret:password")
	if view, _ := w.draft.View(w.page); !view.Groups[0].Fields[2].Typed {
		t.Error("the button must bring the field")
	}
	w.next("source-server", "next")
	s, _ := w.draft.Script()
	if strings.Contains(s.Text(), "hunter2") {
		t.Errorf("the commands have the password: %s", s.Text())
	}
	if got := s.Credentials["credToInternetGateway"]; got != (param.Credential{UserName: "hub", Password: "hunter2hunter2"}) {
		t.Errorf("the credential is for %q", got.UserName)
	}
}

// TestTakenVariable: the credential gets a variable that the scripts haven't.
func TestTakenVariable(t *testing.T) {
	cfg := fresh(permission.Current)
	w := open(t, dialog.SendConnector, dialog.Subject{Config: cfg, Taken: func(v string) bool { return v == "credA" }})
	w.next("address-space", "next", "name=A")
	w.next("address-space", "add:spaces")
	w.next("network-settings", "next", "row.address=*")
	w.next("network-settings", "add:hosts")
	w.next("smart-host-security", "next", "row.host=10.2.3.9")
	w.next("source-server", "next", "auth=BasicAuthRequireTLS", "user=hub", "password=secret")
	s, _ := w.draft.Script()
	if !strings.HasPrefix(s.Text(), "$credA_2 = Get-Credential\n") || s.Credentials["credA_2"].UserName != "hub" {
		t.Errorf("the commands are\n%s", s.Text())
	}
}

// TestEntryIsAccepted: every button accepts a row that is being entered, except those that
// leave it.
func TestEntryIsAccepted(t *testing.T) {
	for _, c := range []struct {
		button string
		rows   int
	}{{"next", 1}, {"ok", 1}, {"add:spaces", 1}, {"close", 0}, {"back", 0}} {
		w := open(t, dialog.SendConnector, dialog.Subject{Config: fresh(permission.Current)})
		w.next("address-space", "next", "name=A")
		w.next("address-space", "add:spaces")
		w.do(c.button, "row.address=contoso.com", "row.subdomains=on")
		view, _ := w.draft.View("address-space")
		rows := view.Groups[0].Fields[0].Rows
		if len(rows) != c.rows || c.rows == 1 && rows[0].Cells[1] != "*.contoso.com" {
			t.Errorf("%s: the rows are %+v", c.button, rows)
		}
	}
	w := open(t, dialog.SendConnector, dialog.Subject{Config: fresh(permission.Current)})
	w.next("address-space", "next", "name=A")
	w.next("address-space", "add:spaces")
	w.do("next") // an empty entry is left
	w.at("address-space", "spaces")
	view, _ := w.draft.View(w.page)
	if f := view.Groups[0].Fields[0]; len(f.Rows) != 0 || f.Entry != nil || view.Default != "next" {
		t.Errorf("an entry without content was accepted: %+v", f)
	}
}
