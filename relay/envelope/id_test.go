package envelope_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

func TestNewID(t *testing.T) {
	a, b := envelope.NewID(), envelope.NewID()
	if len(a) != 16 || strings.Trim(a, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") != "" || a == b {
		t.Errorf("the identifiers are %q and %q", a, b)
	}
}
