package delivery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
)

// errNullMX is the error of a domain that says that it takes no mail (RFC 7505), and errLoop that of one whose
// mail exchangers are this server and less preferred ones.
var (
	errNullMX = errors.New("null MX")
	errLoop   = errors.New("would come back to this server")
)

// MailExchangers returns the hosts to which mail for a domain goes, in lower case without the dot at the end, the
// preferred ones first: those of its MX records, or the domain itself if it has no such records. self is the name
// of this server: from its preference on, mail would come back (RFC 5321 section 5.1), so these hosts are left
// out. An error says that no host remains, that the domain takes no mail, or that r has no answer.
func MailExchangers(ctx context.Context, r Resolver, domain, self string) ([]net.MX, error) {
	return exchangersOf(ctx, r, domain, self, true)
}

// exchangersOf is MailExchangers for a domain that is complete, or for the name of a smart host.
func exchangersOf(ctx context.Context, r Resolver, domain, self string, complete bool) ([]net.MX, error) {
	found, err := r.LookupMX(ctx, asked(domain, complete))
	if len(found) == 0 {
		if err == nil || isNotFound(err) {
			return []net.MX{{Host: domain}}, nil
		}
		return nil, err
	}
	var hosts []net.MX
	own := math.MaxUint16 + 1 // this server's preference
	for _, mx := range found {
		host := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if host == strings.ToLower(self) {
			own = min(own, int(mx.Pref))
		}
		if host != "" {
			hosts = append(hosts, net.MX{Host: host, Pref: mx.Pref})
		}
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("%s takes no mail (%w)", domain, errNullMX)
	}
	hosts = slices.DeleteFunc(hosts, func(mx net.MX) bool { return int(mx.Pref) >= own })
	if len(hosts) == 0 {
		return nil, fmt.Errorf("mail for %s %w", domain, errLoop)
	}
	slices.SortStableFunc(hosts, byPreference)
	return hosts, nil
}
