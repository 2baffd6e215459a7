package permission_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

func TestRightNamesRoundTrip(t *testing.T) {
	seen := map[string]permission.Right{}
	for r := range permission.AllRights.All() {
		for _, form := range []string{r.String(), strings.ToUpper(r.String()), strings.ToLower(r.String()), " " + r.String() + " "} {
			got, err := permission.ParseRight(form)
			if err != nil || got != r {
				t.Errorf("ParseRight(%q) = %v, %v; want %v", form, got, err, r)
			}
		}
		for _, name := range []string{r.String(), r.LogName()} {
			if other, ok := seen[name]; ok || name == "" {
				t.Errorf("%v and %v share the name %q", r, other, name)
			}
			seen[name] = r
		}
	}
	if n := permission.AllRights.Len(); n != 24 {
		t.Errorf("%d rights, want the 24 of the documentation", n)
	}
}

func TestParseRight(t *testing.T) {
	tests := []struct {
		in   string
		want permission.Right
	}{
		{"ms-Exch-SMTP-Submit", permission.Submit},
		{"Submit Messages to Server", permission.Submit},
		{"submit messages to any recipient", permission.AcceptAnyRecipient},
		{"Accept any Sender", permission.AcceptAnySender},
		{"Accept Authoritative Domain Sender", permission.AcceptAuthoritativeDomainSender},
		{"Accept Forest Headers", permission.AcceptHeadersForest},
		{"ms-Exch-Accept-Exch50", permission.AcceptExch50}, // variant of one page
		{"MS-EXCH-SMTP-ACCEPT-EXCH50", permission.AcceptExch50},
		{"s-Exch-SMTP-Accept-Any-Recipient", 0}, // a misprint in Microsoft's table
		{"ms-Exch-ſMTP-Submit", 0},              // long s folds to S in Unicode only
		{"SMTPSubmit", 0},
		{"", 0},
		{"None", 0},
		{strings.Repeat("x", 1<<16), 0},
	}
	for _, tt := range tests {
		got, err := permission.ParseRight(tt.in)
		if got != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("ParseRight(%.80q) = %v, %v; want %v", tt.in, got, err, tt.want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("ParseRight(%.80q): error of %d bytes", tt.in, len(err.Error()))
		}
	}
}

func TestRightInvalid(t *testing.T) {
	for _, r := range []permission.Right{0, 25, 64, 255} {
		if r.IsValid() || r.LogName() != "" || !strings.HasPrefix(r.String(), "Right(") {
			t.Errorf("Right(%d): valid=%v log=%q string=%q", r, r.IsValid(), r.LogName(), r)
		}
		if b, err := r.MarshalText(); err == nil {
			t.Errorf("Right(%d) marshals as %q", r, b)
		}
		if permission.AllRights.Has(r) || permission.Set(^uint64(0)).Has(r) {
			t.Errorf("a set holds the invalid Right(%d)", r)
		}
	}
	r := permission.Submit
	if err := r.UnmarshalText([]byte("nonsense")); err == nil || r != permission.Submit {
		t.Errorf("after a failed UnmarshalText: %v, %v", r, err)
	}
}
