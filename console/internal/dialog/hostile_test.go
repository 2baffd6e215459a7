package dialog_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// hostile are names that try to end the string in which a command has them.
var hostile = []string{
	`It's`, `say "Hi"`, "$(Remove-ReceiveConnector *)", "`\"; Remove-SendConnector * #", `'; Remove-SendConnector 'x`, "\u2019; exit #", "\u201d; exit #", `a\b*[c]?`,
	"x\x00y", "x\xffy", "<script>alert(1)</script>", "\u202eevil", "$null", "@{Add='x'}", "-Usage", ", 'b'",
}

// FuzzComment puts a text into a field: the connector gets exactly that text, and nothing
// else happens.
func FuzzComment(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("first\nsecond\r\nthird\n'@\n\"@")
	cfg := fresh(permission.Exchange2007)
	f.Fuzz(func(t *testing.T, text string) {
		w := open(t, dialog.ReceiveProperties, dialog.Subject{Config: cfg, ID: "Client HubA"})
		w.do("stay", "comment="+text)
		s, _ := w.draft.Script()
		if s.IsZero() {
			return
		}
		after, err := run(cfg, s.Text(), nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, s.Text())
		}
		got := after.Receive[1].Comment
		want := w.form().Get("comment")
		if got != want {
			t.Errorf("the comment is %q, not %q:\n%s", got, want, s.Text())
		}
		if utf := strings.ToValidUTF8(text, ""); len(utf) < 4000 && visible(got) != visible(utf) {
			t.Errorf("%q became %q", text, got)
		}
		after.Receive[1].Comment = ""
		if fmt.Sprint(after) != fmt.Sprint(cfg) {
			t.Errorf("more than the comment changed:\n%s", s.Text())
		}
	})
}

// visible is the text without spaces and control characters.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// TestHostileNames walks through the wizards with such names: they end as the connectors'
// names, or as mistakes at the field.
func TestHostileNames(t *testing.T) {
	cfg := fresh(permission.Current)
	for _, name := range hostile {
		w := open(t, dialog.SendConnector, dialog.Subject{Config: cfg})
		w.do("next", "name="+name)
		if m := w.mistakes(); len(m) > 0 {
			if m[0].Field != "name" {
				t.Errorf("%q: the mistake is at %q", name, m[0].Field)
			}
			continue
		}
		w.next("address-space", "add:spaces")
		w.next("network-settings", "next", "row.address=*")
		w.next("source-server", "next")
		w.next("new-connector", "next")
		after := w.finish()
		if len(after.Send) != 1 || visible(after.Send[0].Name) != visible(strings.ToValidUTF8(name, "")) || len(after.Receive) != len(cfg.Receive) {
			t.Errorf("%q made %+v", name, after.Send)
		}
		w = open(t, dialog.SendProperties, dialog.Subject{Config: after, ID: after.Send[0].Name})
		w.do("finish", "size=1024")
		if changed := w.finish(); changed.Send[0].MaxMessageSize != 1<<20 {
			t.Errorf("%q: the properties weren't changed", name)
		}
	}
}

// TestForgedForms sends what no page sends.
func TestForgedForms(t *testing.T) {
	w := open(t, dialog.SendConnector, dialog.Subject{Config: fresh(permission.Current)})
	for _, button := range []string{"", "nothing", "edit:spaces:7", "remove:spaces:-1", "add:name", "add:none", "edit:spaces", "ok", "close", "secret:none", "tab:none"} {
		w.do(button, "name=A", "usage=Client", "routing=nowhere", "row.address=x", "server=EVIL")
		if w.page != "introduction" {
			t.Fatalf("%q leads to %q", button, w.page)
		}
	}
	s, _ := w.draft.Script()
	if strings.Contains(s.Text(), "Client") || strings.Contains(s.Text(), "EVIL") || strings.Contains(s.Text(), "nowhere") {
		t.Errorf("a value that can't be chosen is in %s", s.Text())
	}
	w.page = "none"
	if _, ok := w.draft.View(w.page); ok {
		t.Error("there is a page none")
	}
}
