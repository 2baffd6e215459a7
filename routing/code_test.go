package routing

import (
	"errors"
	"testing"

	"github.com/interchange-smtp/interchange/connector/source"
)

// TestParseErrorsHaveCodes: what can't be parsed is a source.Diagnostic with a code.
func TestParseErrorsHaveCodes(t *testing.T) {
	_, address := ParseAddress("a b@contoso.com")
	_, _, path := ParsePath("<a", false)
	_, domain := ParseDomain("con toso")
	_, space := ParseAddressSpace("*.*")
	for _, err := range []error{address, path, domain, space} {
		var d *source.Diagnostic
		if !errors.Is(err, source.CodeValueInvalid) || !errors.As(err, &d) || d.Detail != err.Error() {
			t.Errorf("%v has no code", err)
		}
	}
}
