package oauth

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/routing"
)

// Provider names a token server whose addresses and scopes are known. The zero Provider is
// another one: its addresses must be given.
type Provider string

// The providers. GCCHigh is the cloud of the government of the United States, China the one
// that 21Vianet operates.
const (
	Microsoft365        Provider = "Microsoft365"
	Microsoft365GCCHigh Provider = "Microsoft365GCCHigh"
	Microsoft365China   Provider = "Microsoft365China"
	Google              Provider = "Google"
)

// UnmarshalText reads the name of a known provider in any letter case.
func (p *Provider) UnmarshalText(text []byte) error {
	var names []string
	for _, known := range providers {
		if strings.EqualFold(string(known.name), string(text)) {
			*p = known.name
			return nil
		}
		names = append(names, string(known.name))
	}
	return fmt.Errorf("%.40q is not a known provider; give one of %s, or leave it out and give TokenURL and Scopes", text, strings.Join(names, ", "))
}

// provider has the addresses, scopes and smart hosts of a Provider. In the addresses, {tenant} stands for
// the tenant.
type provider struct {
	name          Provider
	tenants       bool // it has tenants: it is Entra
	token, device string
	app           []string         // the scopes of an application
	user          []string         // the scopes of a person
	hosts         []routing.Domain // of its smart hosts, and their parents

	resource      string // what a token is for, in place of scopes, with all grants but DeviceCode; "": scopes are used
	resourceToken string // the address that takes a resource
}

// domains returns the domains of these names.
func domains(names ...string) []routing.Domain {
	list := make([]routing.Domain, len(names))
	for i, name := range names {
		list[i] = routing.MustParseDomain(name)
	}
	return list
}

// providers are the known ones. Microsoft 365 gives a refresh token only with offline_access. In China
// the v1.0 endpoint of Entra with a resource is known to give tokens for mail; its device codes aren't those
// of RFC 8628, so persons log on at v2.0.
var providers = []provider{
	{
		name: Microsoft365, tenants: true,
		token:  "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
		device: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
		app:    []string{"https://outlook.office365.com/.default"},
		user:   []string{"https://outlook.office.com/SMTP.Send", "offline_access"},
		hosts:  domains("office365.com", "outlook.com", "office.com"),
	},
	{
		name: Microsoft365GCCHigh, tenants: true,
		token:  "https://login.microsoftonline.us/{tenant}/oauth2/v2.0/token",
		device: "https://login.microsoftonline.us/{tenant}/oauth2/v2.0/devicecode",
		app:    []string{"https://outlook.office365.us/.default"},
		user:   []string{"https://outlook.office365.us/SMTP.Send", "offline_access"},
		hosts:  domains("office365.us"),
	},
	{
		name: Microsoft365China, tenants: true,
		token:  "https://login.partner.microsoftonline.cn/{tenant}/oauth2/v2.0/token",
		device: "https://login.partner.microsoftonline.cn/{tenant}/oauth2/v2.0/devicecode",
		app:    []string{"https://partner.outlook.cn/.default"},
		user:   []string{"https://partner.outlook.cn/SMTP.Send", "offline_access"},
		hosts:  domains("partner.outlook.cn"),

		resource:      "https://partner.outlook.cn",
		resourceToken: "https://login.partner.microsoftonline.cn/{tenant}/oauth2/token",
	},
	{
		name:  Google,
		token: "https://oauth2.googleapis.com/token",
		app:   []string{"https://mail.google.com/"},
		user:  []string{"https://mail.google.com/"},
		hosts: domains("gmail.com", "googlemail.com"),
	},
}

// provider returns the addresses and scopes of p, the zero provider for another one.
func (p Provider) provider() provider {
	for _, known := range providers {
		if known.name == p {
			return known
		}
	}
	return provider{}
}
