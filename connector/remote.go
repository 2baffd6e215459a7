package connector

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// RemoteDomain is what goes for mail from and to domains outside, with the names
// of Set-RemoteDomain, as far as policy needs it. Of several that cover a domain
// the most specific counts; without any, everything is at its default.
type RemoteDomain struct {
	Name                  string              // unique, up to 64 characters
	DomainName            string              // contoso.com; *.contoso.com, which covers contoso.com too; or *
	NDREnabled            param.Setting[bool] // whether senders there get non-delivery reports
	DeliveryReportEnabled param.Setting[bool] // whether senders there get the reports of delivery that they asked for
}

// remoteKey returns the form of a DomainName that lookups compare with.
func remoteKey(name string) (string, error) {
	if name == "*" {
		return name, nil
	}
	domain, wildcard := strings.CutPrefix(name, "*.")
	d, err := routing.ParseDomain(domain)
	if err != nil {
		return "", err
	}
	if wildcard {
		return "*." + d.String(), nil
	}
	return d.String(), nil
}
