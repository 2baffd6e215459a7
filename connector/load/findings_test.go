package load_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestFindings: the worst come first, then they are in the order of the files. What belongs
// to no file, or to a file that isn't the policy's, keeps its place.
func TestFindings(t *testing.T) {
	l, err := load.Files(context.Background(), reading(map[string]string{"policy.json": `{
"Accepted": [{"DomainName": "contoso.com"}],
"Receive": [
{"Name": "A", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.0.0.0/8"],
"EnableAuthGSSAPI": true, "PermissionGroups": "AnonymousUsers"},
{"Name": "B", "Bindings": ["10.2.3.5:25"], "RemoteIPRanges": ["10.0.0.0/8"],
"EnableAuthGSSAPI": true, "PermissionGroups": "AnonymousUsers"}]}`}), "policy.json")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	expired := analysis.Certificate{Hosts: []string{"localhost"}, NotAfter: now.Add(-time.Hour)}
	found := l.Findings(analysis.Options{Now: now, Certificates: []analysis.Certificate{expired}},
		source.Diagnostic{Severity: source.SeverityWarning, Path: `Receive["B"].Bindings`, Code: "with-path"},
		source.Diagnostic{Severity: source.SeverityWarning, Position: source.Position{File: "key.pem"}, Code: "with-file"})
	var got []string
	for _, f := range found {
		if f.Severity != source.SeverityNote {
			got = append(got, f.Position.String()+" "+string(f.Code))
		}
		if page := f.Page(); (page == "") != (f.Code == "with-path" || f.Code == "with-file") {
			t.Errorf("the page of %s is %q", f.Code, page)
		}
	}
	const once = "EnableAuthGSSAPI has no effect: GSSAPI is never offered (also set on 1 other connector)"
	if !slices.ContainsFunc(found, func(f analysis.Finding) bool { return f.Detail == once }) {
		t.Errorf("no finding says %q", once)
	}
	if want := []string{" certificate-expired", "key.pem with-file", "policy.json:5 not-enforced", "policy.json:6 with-path"}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
