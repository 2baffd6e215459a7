package object_test

import (
	"fmt"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

func TestSecureNeverPrints(t *testing.T) {
	s := object.NewSecure(auth.Secret("hunter2"))
	wrapped := struct{ v *object.Secure }{s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s, *s, wrapped, &wrapped, []any{s}, object.NewCredential("u", "hunter2")} {
			got := fmt.Sprintf(verb, v)
			if contains(got, "hunter2") || contains(got, fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("%s of %T prints %q", verb, v, got)
			}
		}
	}
}

func contains(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return true
		}
	}
	return false
}
