package analysis

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The values of Question.As that aren't users or groups.
const (
	asAnybody     = "anybody"
	asAnonymous   = "anonymous"
	asCertificate = "certificate"
)

// setAs reads the value of -as.
func (q *Question) setAs(value string) error {
	q.As = strings.TrimSpace(value)
	word, name, named := strings.Cut(q.As, ":")
	switch {
	case strings.EqualFold(q.As, asAnybody):
		q.As = ""
	case strings.EqualFold(q.As, asAnonymous), strings.EqualFold(q.As, asCertificate):
		q.As = strings.ToLower(q.As)
	case named && strings.EqualFold(word, asCertificate):
		d, err := routing.ParseDomain(name)
		if err == nil {
			q.As = asCertificate + ":" + d.String()
		}
		return err
	default:
		return q.setPrincipal()
	}
	return nil
}

// setPrincipal reads As as a principal. One that no user is a member of is another kind of
// client, or an error.
func (q *Question) setPrincipal() error {
	if group, err := permission.ParseGroup(q.As); err == nil && group != 0 {
		return fmt.Errorf("%s is a permission group of connectors, and its members are no users of that name; %s", q.As, membersText(group))
	}
	who, err := permission.ParsePrincipal(q.As)
	switch {
	case err != nil:
		return err
	case who.Is(permission.SIDAnonymous):
		q.As = asAnonymous
	case who.Is(permission.SIDPartners):
		q.As = asCertificate
	case who.Is(permission.SIDExternallySecured):
		return fmt.Errorf("no user is a member of %s: they are the clients of connectors with ExternalAuthoritative, who don't log on; give -as anonymous, and -connector or -remote", who.SIDs[0].Name())
	}
	return nil
}

// membersText says how to ask about the members of permission groups.
func membersText(g permission.Group) string {
	switch g {
	case permission.AnonymousUsers:
		return "give -as " + asAnonymous
	case permission.Partners:
		return "give -as " + asCertificate
	case permission.ExchangeUsers:
		return fmt.Sprintf("give -as '%s'", permission.SIDAuthenticatedUsers.Name())
	case permission.ExchangeServers:
		return fmt.Sprintf("give -as '%s'", permission.SIDExchangeServers.Name())
	case permission.ExchangeLegacyServers:
		return fmt.Sprintf("give -as '%s'", permission.SIDLegacyInterop.Name())
	}
	return "give -as with one user or group"
}
