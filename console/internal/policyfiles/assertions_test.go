package policyfiles

import (
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
)

// TestApplyAssertions: a change after which an assertion is false is tried, and isn't applied, also where no gateway runs.
func TestApplyAssertions(t *testing.T) {
	const policy = basePolicy + "Set-TransportConfig -Assertions '-remote 10.0.0.5 -local 10.0.0.1:25 always served by Printers'\n"
	x := newFixture(t, Options{}, "relay.ps1", policy)
	x.opts.Reload = nil
	trial := x.try(Change{Title: "Move", Commands: "Set-ReceiveConnector Printers -RemoteIPRanges 10.0.0.6"})
	unproved, err := trial.Unproved(t.Context())
	if err != nil || len(unproved) != 1 || unproved[0].Code != analysis.CodeAssertionFalse || unproved[0].Line != 3 {
		t.Errorf("unproved: %v, %v", unproved, err)
	}
	if c, err := trial.Comparison(t.Context()); err != nil || c.Same() {
		t.Errorf("the change isn't compared: %v", err)
	}
	if _, err := x.Apply(t.Context(), trial, "anna"); !errors.Is(err, analysis.CodeAssertionFalse) || x.text("relay.ps1") != policy {
		t.Errorf("applied: %v", err)
	}
	x.apply(x.try(Change{Title: "Move", Commands: "Set-ReceiveConnector Printers -RemoteIPRanges 10.0.0.6\nSet-TransportConfig -Assertions $null"}), "anna")
	if undo, err := x.TryUndo(t.Context()); err != nil || undo.After == nil {
		t.Errorf("can't be undone: %v", err)
	} else if unproved, err := undo.Unproved(t.Context()); err != nil || unproved != nil {
		t.Errorf("the undo is refused: %v, %v", unproved, err)
	}
	if v := x.current(); strings.Count(x.text("relay.ps1"), "10.0.0.6") != 1 || len(v.Mistakes) > 0 {
		t.Errorf("the file is\n%s", x.text("relay.ps1"))
	}
}
