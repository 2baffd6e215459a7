package param

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/routing"
)

// Sender is one element of AllowedSenders: an address, or all addresses of a domain or of the
// domains below one. Senders are comparable. The zero Sender is invalid and covers no address.
type Sender struct {
	address routing.Address
	domain  auth.SenderDomain
}

// ParseSender parses scanner@contoso.com, @contoso.com, which covers the addresses of that
// domain only, or @*.contoso.com, which covers those of the domains below it.
func ParseSender(s string) (Sender, error) {
	t := strings.TrimSpace(s)
	switch name, domain := strings.CutPrefix(t, "@"); {
	case domain:
		d, err := auth.ParseSenderDomain(name)
		if err != nil {
			return Sender{}, senderError(s, err.Error())
		}
		return Sender{domain: d}, nil
	case !strings.Contains(t, "@"):
		return Sender{}, senderError(s, "it has no @")
	}
	a, err := routing.ParseAddress(t)
	switch {
	case err != nil:
		return Sender{}, senderError(s, err.Error())
	case !a.IsValid():
		return Sender{}, senderError(s, "it has no domain")
	case a.Local() == "*":
		return Sender{}, senderError(s, "a whole domain is written without *")
	}
	return Sender{address: a}, nil
}

// MustParseSender is ParseSender for tests; it panics.
func MustParseSender(s string) Sender { return must(ParseSender(s)) }

func senderError(s, detail string) error {
	return fmt.Errorf("sender %q: %s; give an address, @contoso.com or @*.contoso.com", s, detail)
}

// IsValid reports whether s is not the zero Sender.
func (s Sender) IsValid() bool { return s != Sender{} }

// Covers reports whether s is a, the letter case of the local part aside, or has its domain.
func (s Sender) Covers(a routing.Address) bool {
	if s.address.IsValid() {
		return s.address.EqualFold(a)
	}
	return a.IsValid() && s.domain.Covers(a.Domain())
}

// String returns the text that ParseSender parses.
func (s Sender) String() string {
	switch {
	case s.address.IsValid():
		return s.address.String()
	case s.IsValid():
		return "@" + s.domain.String()
	}
	return "invalid sender"
}

// MarshalText implements [encoding.TextMarshaler].
func (s Sender) MarshalText() ([]byte, error) {
	if !s.IsValid() {
		return nil, errors.New("the zero Sender has no text")
	}
	return []byte(s.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Sender) UnmarshalText(text []byte) error { return unmarshal(s, ParseSender, text) }
