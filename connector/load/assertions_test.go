package load_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

const doorPolicy = `{"Receive": [{"Name": "Door", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"}]}`

// asserting returns a document with assertions, each on a line of its own from the second on.
func asserting(all ...string) string {
	var lines []string
	for _, text := range all {
		lines = append(lines, fmt.Sprintf("%q", text))
	}
	return "{\"Transport\": {\"Assertions\": [\n" + strings.Join(lines, ",\n") + "]}}"
}

// TestAssertions: assertions of several files add up, and each that isn't proved is a mistake at the file and line
// that added it, whatever is added and removed afterwards.
func TestAssertions(t *testing.T) {
	files := map[string]string{
		"door.json":  doorPolicy,
		"true.json":  asserting("-remote 10.0.0.0/8 always served", "-remote 10.0.0.0/8 -as anonymous always sends", "never relays"),
		"false.json": asserting("-clear never logs-on", "-remote 10.1.0.0/16 -to contoso.com never sends", "-remote 10.1.0.0/16 sometimes relays", "-connector Window never sends"),
		"wrong.json": asserting("never relays", "never flies"),
		"wrong.ps1":  "Set-TransportConfig -Assertions 'never relays', 'never flies'\n",
		"false.ps1":  "\nSet-TransportConfig -Assertions @{Add='-as anonymous never sends'}\n",
		"more.ps1":   "Set-TransportConfig -Assertions @{Add='-as anonymous never sends'}\nSet-TransportConfig -Assertions @{Add='never relays'}\nSet-TransportConfig -MaxSendSize 5MB\n",
		"other.ps1":  "Set-TransportConfig -Assertions @{Remove='-clear never logs-on'; Add='-to contoso.com never served'}\n",
		"again.ps1":  "\nSet-TransportConfig -Assertions '-as anonymous never sends', 'never relays'\nSet-TransportConfig -Assertions @{Remove='never relays'}",
		"less.ps1":   "Set-TransportConfig -Assertions @{Remove='-connector Window never sends', '-remote 10.1.0.0/16 -to contoso.com never sends', '-remote 10.1.0.0/16 sometimes relays'}\n",
	}
	for _, tt := range []struct {
		names string
		want  []string
	}{
		{"door.json true.json", nil},
		{"door.json true.json false.json", []string{
			"false.json:3 assertion-false; for example 10.1.0.", "false.json:4 assertion-false", "false.json:5 assertion-undecided",
		}},
		{"door.json wrong.json", []string{"wrong.json:3 assertion-invalid"}},
		{"door.json wrong.ps1", []string{"wrong.ps1:1 value-invalid"}},
		{"door.json true.json false.ps1", []string{"false.ps1:2 assertion-false; for example 10."}},
		{"door.json false.json less.ps1", nil},
		{"door.json more.ps1", []string{"more.ps1:1 assertion-false"}},
		{"door.json more.ps1 wrong.json", []string{"wrong.json:3 assertion-invalid"}},
		{"door.json false.json other.ps1", []string{"false.json:3 assertion-false", "false.json:4 assertion-false", "false.json:5 assertion-undecided", "other.ps1:1 assertion-false"}},
		{"door.json more.ps1 false.json other.ps1", []string{"more.ps1:1 assertion-false", "false.json:3 assertion-false", "false.json:4 assertion-false", "false.json:5 assertion-undecided", "other.ps1:1 assertion-false"}},
		{"door.json more.ps1 again.ps1 true.json", []string{"again.ps1:2 assertion-false"}},
	} {
		_, err := load.Files(context.Background(), reading(files), strings.Fields(tt.names)...)
		var got source.Diagnostics
		if err != nil && !errors.As(err, &got) {
			t.Fatal(err)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v, want %q", tt.names, err, tt.want)
			continue
		}
		for i, d := range got {
			place, detail, _ := strings.Cut(tt.want[i], "; ")
			if at := fmt.Sprintf("%s:%d %s", d.File, d.Line, d.Code); at != place || !strings.Contains(d.Detail, detail) || d.Severity != source.SeverityError {
				t.Errorf("%s: %v at %s, want %s", tt.names, d.Detail, at, tt.want[i])
			}
		}
	}
}

// TestFalseAssertionExplained: a policy with a false assertion can be compiled, so that explain and diff show why it is false.
func TestFalseAssertionExplained(t *testing.T) {
	files := map[string]string{"door.json": doorPolicy, "false.json": asserting("-as anonymous never sends")}
	d, err := load.Read(context.Background(), reading(files), "door.json", "false.json")
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.CheckAssertions(); !errors.Is(err, analysis.CodeAssertionFalse) {
		t.Errorf("got %v", err)
	}
}

// TestDoubtfulAssertion: a group that no grant names is a warning of check, and no reason not to serve the policy.
func TestDoubtfulAssertion(t *testing.T) {
	files := map[string]string{"door.json": doorPolicy, "doubtful.json": asserting("-as pritners never relays")}
	l, err := load.Files(context.Background(), reading(files), "door.json", "doubtful.json")
	if err != nil {
		t.Fatal(err)
	}
	if found := analysis.Assertions(l.Policy); len(found) != 1 || found[0].Code != analysis.CodeAssertionDoubtful {
		t.Errorf("got %v", found)
	}
}

// TestTooManyAssertions: not one of them is answered.
func TestTooManyAssertions(t *testing.T) {
	many := make([]string, connector.MaxAssertions+1)
	for i := range many {
		many[i] = "never flies"
	}
	_, err := load.Files(context.Background(), reading(map[string]string{"many.json": asserting(many...)}), "many.json")
	if !errors.Is(err, source.CodeOutOfRange) || !strings.Contains(err.Error(), "give at most 1000") {
		t.Errorf("got %.300v", err)
	}
}
