package exchange

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// serverTypes are the types of objects that stand for a server.
func serverTypes() []string {
	types := []string{"ExchangeServer"}
	for _, of := range serviceNouns {
		types = append(types, of.Names...)
	}
	return types
}

// ofServer makes the name of a server of an object that stands for one, where the
// noun is of servers, too: Get-ExchangeServer | Get-TransportService.
func (n *noun[C]) ofServer(v object.Value) object.Value {
	o, ok := v.(*object.Object)
	if !ok || o.Ref == nil || o.Type == n.name || !slices.Contains(serverTypes(), o.Type) || !slices.Contains(serverTypes(), n.name) {
		return v
	}
	if name, ok := o.Get("Name"); ok {
		return name
	}
	return v
}

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

// showServerID shows a server that a parameter names.
func showServerID(name string) object.Value {
	if name == "" {
		return nil
	}
	return object.NewDirectoryID(name, name, func() (string, string) { return "", "" })
}
