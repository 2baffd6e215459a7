package authres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/authres"

	own "github.com/interchange-smtp/interchange/internal/authres"
)

// FuzzMentions: a comment, a quote, a backslash or a blank in a name never hides it.
func FuzzMentions(f *testing.F) {
	f.Add("x", uint8(5))
	f.Add("(\\) \"", uint8(12))
	f.Fuzz(func(t *testing.T, comment string, at uint8) {
		const name = "mail.contoso.com"
		comment = strings.ReplaceAll(comment, ")", "")
		n := 1 + int(at)%(len(name)-1)
		for _, gap := range []string{"(" + comment + ")", "\"(" + comment + ")\\", " (" + comment + ") "} {
			if value := name[:n] + gap + name[n:] + "; dmarc=pass"; !own.Claims([]byte(value), refuses, []string{name}) {
				t.Errorf("%q doesn't claim to be of %s", value, name)
			}
		}
	})
}

func refuses(name string) bool { return !strings.EqualFold(name, "mail.contoso.com") }

// TestClaims has each way of writing a field that a reader of RFC 8601 takes for this server's.
func TestClaims(t *testing.T) {
	for value, want := range map[string]bool{
		" mail.contoso.com; spf=pass":                                    true,
		"mail.contoso.com;spf=pass":                                      true,
		" MAIL.Contoso.COM; none":                                        true,
		" mail.contoso.com 1; spf=pass":                                  true,
		" mail.contoso.com/1; spf=pass":                                  true,
		" mail.contoso.com.; spf=pass":                                   true,
		" mail.contoso.com":                                              true,
		"\r\n\tmail.contoso.com\r\n\t;\r\n\tspf=pass":                    true,
		" (a comment) mail.contoso.com (;) ; spf=pass":                   true,
		" (a \\) (nested;) comment)mail.contoso.com(x)1(y); spf=pass":    true,
		` "mail.contoso.com"; spf=pass`:                                  true,
		` "mail.con\toso.com"; spf=pass`:                                 true,
		"\"mail.\r\n contoso.com\"; spf=pass":                            true, // the name has a blank
		" mail.(x)contoso.com; dmarc=pass":                               true,
		" (m)mail(a).con(b (c))toso.com; dmarc=pass":                     true,
		" mail.(\\)contoso.com; dmarc=pass":                              true, // the comment has no end
		" mail.((x)contoso.com; dmarc=pass":                              true,
		" mail\\.contoso.com; dmarc=pass":                                true,
		" Mail.\"Contoso\".com; dmarc=pass":                              true,
		` "mail.(x)contoso.com"; dmarc=pass`:                             true,
		" mail.\u00adcontoso.com; dmarc=pass":                            true,
		" mail.contoso.com, x; dmarc=pass":                               true,
		" other.example, x; dmarc=pass":                                  false,
		` "other example"; dmarc=pass`:                                   false,
		" (no end mail.contoso.com; spf=pass":                            true, // can't be read, and mentions it
		` "mail.contoso.com; spf=pass`:                                   true,
		" spf=pass smtp.mailfrom=a.example; Mail.Contoso.com; dkim=fail": true,
		" mail.contoso\r\n .com; spf=pass":                               true,
		" other.example; spf=pass (mail.contoso.com)":                    false,
		" other.example (mail.contoso.com;); spf=pass":                   true,
		" other.example (for lee@contoso.com); spf=pass":                 false,
		` "; mail.contoso.com"; spf=pass`:                                true, // a name that isn't a domain
		" spf=pass smtp.mailfrom=a.example; fabrikam.com; dkim=fail":     false,
		" xmail.contoso.com; spf=pass":                                   false,
		"":                                                               false,
	} {
		if got := own.Claims([]byte(value), refuses, []string{"mail.contoso.com"}); got != want {
			t.Errorf("%q: claims %v, want %v", value, got, want)
		}
	}
}

// TestField: what a sender controls stays one value.
func TestField(t *testing.T) {
	const evil = "a\"; dkim=pass\\\r\nX: y(é"
	f := own.Field{Service: "mail.contoso.com", Comment: "2 sets) ; arc=pass", Results: []own.Result{
		{Method: "spf", Value: "pass", Properties: []own.Property{{Name: "smtp.mailfrom", Value: "a.example"}, {Name: "smtp.helo"}}},
		{Method: "dkim", Value: "fail", Reason: evil, Comment: evil, Properties: []own.Property{{Name: "header.d", Value: evil}, {Name: "header.b", Value: "ab/c=="}}},
	}}
	want := "Authentication-Results: mail.contoso.com;\r\n" +
		"\tspf=pass smtp.mailfrom=a.example;\r\n" +
		"\tdkim=fail (a\"; dkim=pass\\\\??X: y\\(?) reason=\"a\\\"; dkim=pass\\\\??X: y(?\" header.d=\"a\\\"; dkim=pass\\\\??X: y(?\" header.b=\"ab/c==\"\r\n" +
		"\t(2 sets\\) ; arc=pass)"
	if got := f.String(); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if got := (own.Field{Service: "mail.contoso.com"}).String(); got != "Authentication-Results: mail.contoso.com; none" {
		t.Errorf("without results: %q", got)
	}
}

// TestFieldIsRead: another implementation reads what is written.
func TestFieldIsRead(t *testing.T) {
	f := own.Field{Service: "mail.contoso.com", Results: []own.Result{
		{Method: "spf", Value: "pass", Properties: []own.Property{{Name: "smtp.mailfrom", Value: "a.example"}}},
		{Method: "dkim", Value: "fail", Reason: "body hash did not verify", Properties: []own.Property{{Name: "header.d", Value: "a.example"}}},
		{Method: "dmarc", Value: "pass", Comment: "p=reject", Properties: []own.Property{{Name: "header.from", Value: "a.example"}}},
	}}
	_, value, _ := strings.Cut(f.String(), ":")
	service, results, err := authres.Parse(strings.NewReplacer("\r\n", "").Replace(value))
	if err != nil || service != "mail.contoso.com" || len(results) != 3 {
		t.Fatalf("%q: %v, %v", service, results, err)
	}
	spf, dkim, dmarc := results[0].(*authres.SPFResult), results[1].(*authres.DKIMResult), results[2].(*authres.DMARCResult)
	if spf.Value != "pass" || spf.From != "a.example" || dkim.Domain != "a.example" || dmarc.Value != "pass" || dmarc.From != "a.example" {
		t.Errorf("%+v, %+v, %+v", spf, dkim, dmarc)
	}
}

// FuzzClaims: white space and comments in front of a name, folds and letter case never hide it,
// and a field that Field has written is of its service whatever its values are.
func FuzzClaims(f *testing.F) {
	f.Add("(a)", "1", "x")
	f.Add("\r\n\t", "(;)", "a\"; b")
	f.Fuzz(func(t *testing.T, before, behind, value string) {
		own.Claims([]byte(before+behind), refuses, []string{"mail.contoso.com"}) // must end
		whole := own.Field{Service: "mail.contoso.com", Comment: value, Results: []own.Result{
			{Method: "dkim", Value: "pass", Reason: value, Comment: value, Properties: []own.Property{{Name: "header.d", Value: value}}},
		}}.String()
		if slices.ContainsFunc(strings.Split(whole, "\r\n")[1:], func(line string) bool { return line == "" || line[0] != '\t' || strings.ContainsAny(line, "\r\n\x00") }) {
			t.Fatalf("%q is more than one field", whole)
		}
		_, text, _ := strings.Cut(whole, ":")
		if !own.Claims([]byte(text), refuses, nil) {
			t.Fatalf("%q isn't of its service", text)
		}
		if name, ok := own.Service([]byte("(" + strings.NewReplacer("(", "", ")", "", "\\", "").Replace(before) + ") \r\n\tMAIL.contoso.com;" + behind)); !ok || refuses(name) {
			t.Fatalf("the name is %q behind the comment %q", name, before)
		}
	})
}
