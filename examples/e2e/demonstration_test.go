//go:build linux

package e2e

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestDemonstration runs the commands that the built-in demonstration prints,
// exactly as printed, and checks that each ends as the text says. It uses a separate
// host, so that the demonstration's ports are free.
func TestDemonstration(t *testing.T) {
	h := newNetwork(t).host(t, "demonstration", strangerAddr)
	said := startServe(t, h, "/dev/null", buildGateway(t), "-demo")

	want, ran := "", map[string]int{}
	for _, line := range said {
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			words := strings.Fields(strings.TrimSuffix(comment, ":"))
			want = words[len(words)-1]
			continue
		}
		if want == "" || line == "" {
			want = ""
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := h.command(ctx, "sh", "-c", line).CombinedOutput()
		cancel()
		ran[want]++
		if got := map[bool]string{true: "accepted", false: "refused"}[err == nil]; got != want {
			t.Errorf("%s: it was %s\n%s", line, got, out)
		}
	}
	if ran["accepted"] != 5 || ran["refused"] != 5 || len(ran) != 2 {
		t.Errorf("ran %v of\n%s", ran, strings.Join(said, "\n"))
	}
}
