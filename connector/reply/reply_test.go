package reply_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
)

// TestReasons checks every reason to be complete, and every reply to be one
// that RFC 5321 and RFC 3463 allow.
func TestReasons(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range append(reply.Reasons(), reply.Undecided) {
		name := c.String()
		if !kebab.MatchString(name) || seen[name] {
			t.Errorf("name %q is malformed or not unique", name)
		}
		seen[name] = true
		if doc := c.Doc(); !strings.HasSuffix(doc, ".") {
			t.Errorf("%s: doc %q is no sentence", name, doc)
		}
		for _, profile := range []permission.Profile{permission.Current, permission.Exchange2007} {
			checkReply(t, name, c.Reply(profile))
		}
	}
	if beyond := reply.Reason(255); beyond.String() != "Reason(255)" || beyond.Doc() != "" ||
		beyond.Reply(permission.Current) != reply.Undecided.Reply(permission.Current) {
		t.Error("an unknown reason is not undecided")
	}
}

func checkReply(t *testing.T, name string, r reply.Reply) {
	t.Helper()
	if r.Code < 200 || r.Code > 559 {
		t.Errorf("%s: code %d", name, r.Code)
	}
	if r.Enhanced != [3]int{} && r.Enhanced[0] != r.Code/100 {
		t.Errorf("%s: %s: the classes differ", name, r)
	}
	if (r.Code >= 400) != (r.Enhanced[0] >= 4) {
		t.Errorf("%s: %s: a refusal without enhanced code", name, r)
	}
	for _, b := range []byte(r.String()) {
		if b < ' ' || b > '~' {
			t.Errorf("%s: %q is not printable", name, r)
		}
	}
	if len(r.String()) > 510 { // RFC 5321 section 4.5.3.1.5
		t.Errorf("%s: %d bytes", name, len(r.String()))
	}
}

func TestReplyForms(t *testing.T) {
	r := reply.RelayDenied.Reply(permission.Current)
	if got := r.String(); got != "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain" {
		t.Error(got)
	}
	if got := r.Bare().String(); got != "550 SMTP; Unable to relay recipient in non-accepted domain" {
		t.Error(got)
	}
	if got := (reply.Reply{Code: 334}).String(); got != "334" {
		t.Error(got)
	}
	got := reply.Queued("a1>\r\n550 no", "mx].example").String()
	if got != "250 2.6.0 [InternalId=a1550no, Hostname=mx.example] Queued mail for delivery" {
		t.Error(got)
	}
}

func TestCutEnhanced(t *testing.T) {
	for _, tt := range []struct {
		text string
		code [3]int
		rest string
	}{
		{"5.7.54 SMTP; Unable to relay", [3]int{5, 7, 54}, "SMTP; Unable to relay"},
		{" \t5.1.1\tno", [3]int{5, 1, 1}, "no"},
		{"5.7.999", [3]int{5, 7, 999}, ""},
		{"4.7.1 of another class", [3]int{}, "4.7.1 of another class"},
		{"5.7.1000 no", [3]int{}, "5.7.1000 no"},
		{"5.7.1: no", [3]int{}, "5.7.1: no"},
		{"5.7. no", [3]int{}, "5.7. no"},
		{"5..1 no", [3]int{}, "5..1 no"},
		{".5.7.1 no", [3]int{}, ".5.7.1 no"},
		{"5.7.1.1 no", [3]int{}, "5.7.1.1 no"},
		{"5.7 no", [3]int{}, "5.7 no"},
		{"", [3]int{}, ""},
	} {
		if code, rest := reply.CutEnhanced(tt.text, 5); code != tt.code || rest != tt.rest {
			t.Errorf("%q: %v, %q; want %v, %q", tt.text, code, rest, tt.code, tt.rest)
		}
	}
}
