package connector

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// RemoteDomain has the parameters of Set-RemoteDomain that a policy needs. They apply
// to mail from and to domains outside the organisation. Of several that cover a
// domain the most specific applies; without one, the defaults do.
type RemoteDomain struct {
	Name                  string              // unique, up to 64 characters
	DomainName            string              // contoso.com; *.contoso.com, which covers contoso.com too; or *
	NDREnabled            param.Setting[bool] // whether senders there get non-delivery reports
	DeliveryReportEnabled param.Setting[bool] // whether senders there get the delivery reports that they requested
}

// remoteKey returns a DomainName in the form that Policy.remoteDomain looks up.
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
