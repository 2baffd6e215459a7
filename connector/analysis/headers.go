package analysis

import (
	"github.com/interchange-smtp/interchange/permission"
)

// headerClass is a class of the header firewall.
type headerClass struct {
	name   string           // the fields, for people
	field  string           // one of them
	accept permission.Right // to keep it on the way in; 0: it never is
}

var headerClasses = [...]headerClass{
	{"Received and Resent-*", "Received", permission.AcceptHeadersRouting},
	{"X-MS-Exchange-Organization-*", "X-MS-Exchange-Organization-SCL", permission.AcceptHeadersOrganization},
	{"X-MS-Exchange-Forest-*", "X-MS-Exchange-Forest-RulesExecuted", permission.AcceptHeadersForest},
	{"X-MS-Exchange-CrossPremises-*", "X-MS-Exchange-CrossPremises-Test", 0},
}
