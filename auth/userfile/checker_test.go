package userfile

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

// TestChecker checks right and wrong passwords against a new hash and a bcrypt hash, an
// unknown user, text that isn't a hash, and a check that has no time.
func TestChecker(t *testing.T) {
	text, err := Hash("tea")
	if err != nil {
		t.Fatal(err)
	}
	bcrypt := "$2a$04$" + strings.Repeat(".", 53)
	var c Checker
	var seen []argonParams
	c.compare = func(h *hash, password string) bool {
		seen = append(seen, h.argon)
		return h.matches(password)
	}
	if err := c.Check(t.Context(), text, "tea"); err != nil {
		t.Error(err)
	}
	for _, h := range []string{text, bcrypt, ""} {
		if err := c.Check(t.Context(), h, "coffee"); !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%q: %v", h, err)
		}
	}
	if len(seen) != 4 || seen[3] != seen[0] {
		t.Errorf("an unknown user takes other work than a known one: %v", seen)
	}
	c.compare = func(*hash, string) bool { return true }
	if err := c.Check(t.Context(), "", "tea"); !errors.Is(err, auth.ErrBadCredentials) {
		t.Error("an unknown user has a password: ", err)
	}
	if err := c.Check(t.Context(), "tea", "tea"); err == nil || errors.Is(err, auth.ErrBadCredentials) {
		t.Error("text that isn't a hash:", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Check(ended, text, "tea"); !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
	for _, password := range []auth.Secret{"", "a\x00b"} {
		if _, err := Hash(password); err == nil {
			t.Errorf("%d bytes have a hash", len(password.Reveal()))
		}
	}
}
