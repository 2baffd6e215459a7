package guide_test

import (
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// TestSteps: steps within steps get both numbers, what only announces them is left out, and so are commands and other
// procedures.
func TestSteps(t *testing.T) {
	const by = "to establish Internet mail flow between a Hub Transport server and an external SMTP gateway by using "
	found := guide.Steps("  1. Before.\r\n" +
		"To use the Exchange Management Console " + by + "anonymous relay\r\n\r\n" +
		"  1. Make a connector by following these steps:\r\n\r\n    1. Open it.\r\n\r\n    2. Run this:\r\n\r\n      Get-It\r\n\r\n" +
		"  2. Change it by following these steps:\r\n\r\n    1. Click OK.\r\n\r\n" +
		"To use the Exchange Management Shell " + by + "anonymous relay\r\n\r\n  1. Run it.\r\n\r\n" +
		"To use the Exchange Management Console " + by + "Basic authentication\r\n\r\n  1. Open it.\r\n")
	want := []guide.Step{{Number: "1.1", Text: "Open it."}, {Number: "1.2", Text: "Run this:"}, {Number: "2.1", Text: "Click OK."}}
	if !slices.Equal(found[guide.Relay], want) || !slices.Equal(found[guide.Basic], []guide.Step{{Number: "1", Text: "Open it."}}) || len(found) != 2 {
		t.Errorf("found %q", found)
	}
}
