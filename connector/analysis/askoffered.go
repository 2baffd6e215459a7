package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// keywords say whether EHLO offers them in a session.
var keywords = map[string]func(connector.Session, *connector.Receive) bool{
	"8BITMIME": func(_ connector.Session, r *connector.Receive) bool { return r.EightBitMimeEnabled.Or(false) },
	"AUTH":     func(s connector.Session, _ *connector.Receive) bool { return len(s.SASL()) > 0 },
	"BINARYMIME": func(_ connector.Session, r *connector.Receive) bool {
		return r.BinaryMimeEnabled.Or(false)
	},
	"CHUNKING": func(_ connector.Session, r *connector.Receive) bool { return r.ChunkingEnabled.Or(false) },
	"DSN": func(_ connector.Session, r *connector.Receive) bool {
		return r.DeliveryStatusNotificationEnabled.Or(false)
	},
	"ENHANCEDSTATUSCODES": func(_ connector.Session, r *connector.Receive) bool {
		return r.EnhancedStatusCodesEnabled.Or(false)
	},
	"PIPELINING": func(_ connector.Session, r *connector.Receive) bool { return r.PipeliningEnabled.Or(false) },
	"SIZE":       func(_ connector.Session, r *connector.Receive) bool { return r.SizeEnabled != param.SizeDisabled },
	"SMTPUTF8":   func(_ connector.Session, r *connector.Receive) bool { return r.SmtpUtf8Enabled.Or(false) },
	"STARTTLS":   func(s connector.Session, _ *connector.Receive) bool { return s.OffersTLS() },
}

// offers reports whether EHLO offers a keyword, or a mechanism of AUTH.
func offers(s connector.Session, keyword string) bool {
	if mechanism, ok := strings.CutPrefix(keyword, "AUTH "); ok {
		return slices.Contains(s.SASL(), mechanism)
	}
	return keywords[keyword](s, s.Inbound().Settings())
}

// mechanisms are the mechanisms of AUTH about which a policy decides alone.
func mechanisms() []string {
	all := []string{auth.Login, auth.Plain}
	for _, m := range auth.WithoutPassword() {
		all = append(all, m.Name)
	}
	return all
}

// isKeyword reports whether s is a keyword of EHLO that a policy decides about, or AUTH and
// a mechanism.
func isKeyword(s string) bool {
	if mechanism, ok := strings.CutPrefix(s, "AUTH "); ok {
		return slices.Contains(mechanisms(), mechanism)
	}
	return keywords[s] != nil
}

// keywordError says why s isn't a keyword.
func keywordError(s string) error {
	switch mechanism, ok := strings.CutPrefix(s, "AUTH "); {
	case ok && (mechanism == auth.Scram || mechanism == auth.ScramPlus):
		return fmt.Errorf("whether %s is offered depends on the server's users, too, and it is never offered where AUTH LOGIN isn't; ask about AUTH LOGIN", s)
	case ok:
		return fmt.Errorf("%q is not a mechanism that AUTH may offer; give one of %s", mechanism, strings.Join(mechanisms(), ", "))
	}
	return fmt.Errorf("%q is not a keyword that EHLO may offer; give one of %s, or a mechanism, as in offered AUTH LOGIN", s, strings.Join(slices.Sorted(maps.Keys(keywords)), ", "))
}
