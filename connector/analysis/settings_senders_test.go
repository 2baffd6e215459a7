package analysis_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
)

// TestAllowedSendersCompared: fewer AllowedSenders are stricter than more, and these than none; the order makes
// no difference.
func TestAllowedSendersCompared(t *testing.T) {
	policy := func(text string) []param.Sender {
		var list []param.Sender
		for s := range strings.FieldsSeq(text) {
			list = append(list, param.MustParseSender(s))
		}
		return list
	}
	for _, tt := range []struct {
		old, now string
		want     analysis.Direction // 0: no change
		text     string
	}{
		{"", "@a.test", analysis.Stricter, "any sender"},
		{"@a.test b@b.test", "b@b.test", analysis.Stricter, "@a.test, b@b.test"},
		{"@a.test", "@a.test b@b.test", analysis.Wider, "@a.test, b@b.test"},
		{"@a.test", "", analysis.Wider, "any sender"},
		{"@a.test", "@b.test", analysis.Different, "@b.test"},
		{"@a.test b@b.test", "b@b.test @a.test", 0, ""},
	} {
		before, after := office(), office()
		before.Receive[0].AllowedSenders, after.Receive[0].AllowedSenders = policy(tt.old), policy(tt.now)
		changes := analysis.Compare(compile(t, before), compile(t, after)).Changes
		switch {
		case tt.want == 0 && len(changes) > 0:
			t.Errorf("%q to %q: %s", tt.old, tt.now, texts(changes))
		case tt.want != 0 && (len(changes) != 1 || changes[0].Direction != tt.want || !strings.Contains(changes[0].Text, tt.text)):
			t.Errorf("%q to %q is not %v: %s", tt.old, tt.now, tt.want, texts(changes))
		}
	}
}
