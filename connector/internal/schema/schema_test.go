package schema_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// sentence is what each row says of its parameter: it begins with a verb and ends
// with a full stop.
var sentence = regexp.MustCompile(`^(Is|[A-Z][a-z]+s) [^\n]+\.$`)

// TestRows checks what every row must have.
func TestRows(t *testing.T) {
	for _, n := range schema.Nouns {
		seen := map[string]schema.Verbs{}
		for _, r := range n.Rows {
			fail := func(format string, args ...any) {
				t.Errorf("%s -%s: "+format, append([]any{n.Names[0], r.Name}, args...)...)
			}
			if r.Name == "" || r.Kind == nil || r.Verbs == 0 {
				fail("the row is incomplete")
				continue
			}
			if !sentence.MatchString(r.Does) {
				fail("%q is not a sentence on what it does", r.Does)
			}
			for _, text := range []string{r.Kept, r.Refused, r.Note, r.Form, r.Derived} {
				if strings.HasSuffix(text, ".") {
					fail("%q ends with a full stop, which is added where it is shown", text)
				}
			}
			if seen[r.Name]&r.Verbs != 0 {
				fail("it has two rows")
			}
			seen[r.Name] |= r.Verbs
			if r.Limits.Min > r.Limits.Max || r.Limits != (schema.Limits{}) && !r.Kind.Number() {
				fail("a %[2]s has no limits such as %[1]v", r.Limits, r.Kind.Name)
			}
			for _, d := range r.Default {
				if r.Kind.Values == nil {
					continue
				}
				for value := range strings.SplitSeq(d.Value, ", ") {
					if !slices.Contains(r.Kind.Values, value) {
						fail("the default %q is not one of %q", value, r.Kind.Values)
					}
				}
			}
			if more := r.Order == schema.MoreIsWider || r.Order == schema.MoreIsStricter; more && (r.List || !r.Kind.Number() && r.Kind != schema.Boolean && r.Kind != schema.TlsVersions) {
				fail("a %s is not more than another", r.Type())
			}
			if k := r.Kind; k.Numbers != nil && len(k.Numbers) != len(k.Values) {
				fail("%d numbers for %d values", len(k.Numbers), len(k.Values))
			}
		}
	}
}

func TestHelp(t *testing.T) {
	for name, want := range map[string]string{
		"MaxHopCount":             "Limits how many servers may have handled a message, by its Received fields; more are a mail loop. Range: 1 to 500. Default: 60.",
		"ConnectionTimeout":       "Closes a connection after so long, even while the client is active. Range: 00:00:01 to 1.00:00:00. Default: 00:10:00; on Edge 00:05:00.",
		"MaxMessageSize":          "Limits the size of a message. Range: 64KB to 2147483647 bytes. Default: 36MB; in 2007 10MB.",
		"MaxInboundConnection":    "Limits how many connections the connector serves at a time. Range: 1 to 2147483647 or unlimited. Default: 5000.",
		"AdvertiseClientSettings": "Shows users the server, port and authentication of this connector in Outlook on the web. Default: $false. No effect here: there is no Outlook on the web.",
		"TemplateInstance":        "Takes the parameters of an existing connector as those of the new one. Not supported: copy the parameters that you need by name.",
	} {
		if got := schema.ReceiveConnector.Row(name).Help(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, tt := range []struct {
		name, usage    string
		in2007, onEdge bool
		want           string
	}{
		{"PermissionGroups", "Custom", false, false, "None"},
		{"PermissionGroups", "Internet", false, false, "AnonymousUsers"},
		{"PermissionGroups", "Internet", true, false, "AnonymousUsers, Partners"},
		{"PermissionGroups", "Internal", true, true, "ExchangeServers"},
		{"MaxHeaderSize", "", true, true, "64KB"},
		{"MessageRateLimit", "Custom", true, true, "600"},
		{"Bindings", "Custom", false, false, ""},
		{"Comment", "", false, false, ""},
	} {
		if got := schema.ReceiveConnector.Row(tt.name).Default.For(tt.usage, tt.in2007, tt.onEdge); got != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
}

func TestEnumerationText(t *testing.T) {
	for _, tt := range []struct {
		parameter string
		n         int64
		want      string // "": not known
	}{
		{"PermissionGroups", 0, "None"}, {"permissiongroups", 1, "AnonymousUsers"}, {"PermissionGroups", 13, "AnonymousUsers, ExchangeServers, ExchangeLegacyServers"},
		{"PermissionGroups", 64, ""}, {"PermissionGroups", -1, ""},
		{"AuthMechanism", 7, "Tls, Integrated, BasicAuth"}, {"AuthMechanism", 32, "ExternalAuthoritative"},
		{"TransportRole", 16384, "FrontendTransport"}, {"TransportRole", 1, ""}, {"SizeEnabled", 1, "Enabled"}, {"MaxHopCount", 1, ""},
		{"MessageRateSource", 1, "IPAddress"}, {"MessageRateSource", 3, "All"}, {"ErrorPolicies", 1, ""},
	} {
		if got := schema.EnumerationText(tt.parameter, tt.n); got != tt.want {
			t.Errorf("%s %d is %q; want %q", tt.parameter, tt.n, got, tt.want)
		}
	}
	for n := range int64(64) { // the names are those that the parsers know
		text := schema.EnumerationText("PermissionGroups", n)
		if g, err := permission.ParseGroup(text); err != nil || int64(g) != n {
			t.Errorf("%d: %q is %v, %v", n, text, g, err)
		}
		text = schema.EnumerationText("AuthMechanism", n)
		if m, err := auth.ParseMechanism(text); err != nil || int64(m) != n {
			t.Errorf("%d: %q is %v, %v", n, text, m, err)
		}
	}
	for n := range int64(4) {
		if s, err := param.ParseRateSource(schema.EnumerationText("MessageRateSource", n)); err != nil || int64(s) != n {
			t.Errorf("%d is %v, %v", n, s, err)
		}
	}
}
