package sign_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/sign"
)

// TestBlankLines: bodies with 10,000 blank lines in a row are signed, those with more aren't.
func TestBlankLines(t *testing.T) {
	k := keys{"contoso.com": []sign.Key{key(t, "contoso.com", "r1", time.Time{}, rsaKey()), key(t, "contoso.com", "e1", time.Time{}, edKey)}}
	for name, body := range map[string]func(lines int) string{
		"at the end":    func(lines int) string { return "x\r\n" + strings.Repeat("\r\n", lines) },
		"in the middle": func(lines int) string { return "x\r\n" + strings.Repeat(" \r\n", lines) + "y\r\n" },
	} {
		for lines, signs := range map[int]bool{10000: true, 10001: false, 2 << 20: false} {
			for _, signing := range []param.DkimSigning{param.DkimIfKeyExists, param.DkimRequired} {
				whole := "From: kim@contoso.com\r\n\r\n" + body(lines)
				m := parse(t, whole)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := (&sign.Signer{Keys: k}).Sign(t.Context(), outbound(t, signing), new(envelope.Envelope), m)
				runtime.ReadMemStats(&after)
				if cost := after.TotalAlloc - before.TotalAlloc; cost > 1<<20 {
					t.Errorf("%d lines %s, %v: %d bytes were allocated", lines, name, signing, cost)
				}
				refused := new(relay.Error)
				if want := !signs && signing == param.DkimRequired; errors.As(err, &refused) != want || err != nil && refused.Reply.Code != 550 {
					t.Errorf("%d lines %s, %v: %v, want an error: %v", lines, name, signing, err, want)
				}
				got := text(t, m)
				if signs && verify(t, k, got) != "contoso.com, contoso.com" || !signs && got != whole {
					t.Errorf("%d lines %s, %v: signed as %.300q", lines, name, signing, got)
				}
			}
		}
	}
}
