package exchange

import (
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// serverID is the identity of a server by its name.
func (o *Org) serverID(name string) object.Value {
	if name == "" {
		return nil
	}
	return object.NewDirectoryID(name, name, func() (string, string) {
		return "CN=" + escapeDN(name) + ",CN=Servers," + adminGroup + o.root(), guid("ExchangeServer", name)
	})
}

// siteID is the identity of a site by its name.
func (o *Org) siteID(name string) object.Value {
	if name == "" {
		return nil
	}
	return object.NewDirectoryID(name, name, func() (string, string) {
		return "CN=" + escapeDN(name) + ",CN=Sites" + o.root(), guid("AdSite", name)
	})
}
