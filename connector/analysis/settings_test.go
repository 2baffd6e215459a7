package analysis_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// Whether headers are completed is told only of a connector with clients for whom
// that is done.
func TestMissingHeadersCompared(t *testing.T) {
	relay, internet, submission := relays(), office().Receive[0], office().Receive[0]
	submission.AuthMechanism = connector.Value(auth.TLS | auth.BasicAuth)
	for _, tt := range []struct {
		name    string
		receive connector.Receive
		told    bool
	}{
		{"of clients that relay", relay, true},
		{"of clients that log on", submission, true},
		{"of strangers", internet, false},
	} {
		cfg := office()
		cfg.Receive = []connector.Receive{tt.receive}
		on := compile(t, cfg)
		tt.receive.AddMissingHeadersEnabled = connector.Value(false)
		cfg.Receive = []connector.Receive{tt.receive}
		off := compile(t, cfg)
		if got := texts(analysis.Compare(on, off).Changes); strings.Contains(got, "AddMissingHeadersEnabled") != tt.told || tt.told == analysis.Equivalent(on, off) {
			t.Errorf("%s: told is %q", tt.name, got)
		}
	}
}
