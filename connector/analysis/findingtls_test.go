package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
)

// TestLegacyTLSEnds: the end of old TLS is reported a month before, and when it has passed; it
// can be repaired then.
func TestLegacyTLSEnds(t *testing.T) {
	for last, found := range map[string]string{
		now.AddDate(0, 0, 31).Format("2006-01-02"): "",
		now.AddDate(0, 0, 29).Format("2006-01-02"): `tls-legacy-ends Receive["In"].TlsLegacyEndDate`,
		now.Format("2006-01-02"):                   `tls-legacy-ends Receive["In"].TlsLegacyEndDate`,
		now.AddDate(0, 0, -1).Format("2006-01-02"): `tls-legacy-ended Receive["In"].TlsLegacyEndDate`,
	} {
		p := compiled(t, with(t, "%in", `, "TlsMinimumVersion": "Tls11", "TlsLegacyEndDate": "`+last+`"`, "0.0.0.0/0", "192.0.2.0/28"))
		got := ""
		for _, f := range analysis.Check(p, analysis.Options{Now: now}) {
			got += signature(f)
			cfg := p.Config()
			if repaired := f.Repair(&cfg); repaired != (f.Code == analysis.CodeTLSLegacyEnded) || repaired && cfg.Receive[0].AllowsLegacyTLS() {
				t.Errorf("%v: repaired %t", f, repaired)
			}
		}
		if got != found {
			t.Errorf("until %s: %q, want %q", last, got, found)
		}
	}
	for one, wide := range map[string]bool{"10.0.0.0/28": false, "10.0.0.8-10.0.0.23": false, "10.0.0.0/27": true, "2001:db8::/64": false, "2001:db8::/63": true} {
		p := compiled(t, with(t, "%in", `, "TlsMinimumVersion": "Tls10", "TlsLegacyEndDate": "2099-12-31"`, "0.0.0.0/0", one, "0.0.0.0:25", `0.0.0.0:25", "[::]:25`))
		if found := analysis.Check(p, analysis.Options{Now: now}); (len(found) > 0) != wide {
			t.Errorf("%s: %v", one, found)
		}
	}
}
