package export

import "strings"

// properties are what a kind of object has beside the parameters that a Config
// holds. The value is "" for Exchange's bookkeeping, which is passed over, and
// otherwise the value at which the property does nothing, so that any other is
// worth a warning. Names are in lower case.
type properties map[string]string

func (p properties) lookup(name string) (harmless string, ok bool) {
	name = strings.ToLower(name)
	if harmless, ok = p[name]; !ok {
		harmless, ok = directory[name]
	}
	return harmless, ok
}

// apart reports whether a property has the name of a field but is read apart.
func (p properties) apart(name string) bool {
	_, ok := p[strings.ToLower(name)]
	return ok
}

// directory is what every object of the directory has, and what remoting adds.
var directory = properties{
	"admindisplayname": "", "distinguishedname": "", "exchangeobjectid": "", "exchangeversion": "", "guid": "",
	"id": "", "identity": "", "isvalid": "", "objectcategory": "", "objectclass": "", "objectstate": "",
	"organizationalunitroot": "", "organizationid": "", "originatingserver": "", "pscomputername": "",
	"psshowcomputername": "", "runspaceid": "", "whenchanged": "", "whenchangedutc": "", "whencreated": "",
	"whencreatedutc": "",
}

var receiveProperties = properties{
	"acceptconsumermail":    "False",
	"livecredentialenabled": "False",
	"permissions":           "-", // no property of Exchange's
	"proxyenabled":          "False",
	"usage":                 "Custom", // not stored by Exchange: it only made the defaults
}

var sendProperties = properties{
	"authenticationcredential": "", // read apart
	"connecteddomains":         "{}",
	"homemta":                  "",
	"homemtaserverid":          "",
	"iscoexistenceconnector":   "False",
	"issmtpconnector":          "True",
	"linkedreceiveconnector":   "-",
	"permissions":              "-",
	"region":                   "",
	"smarthostsstring":         "", // the same as SmartHosts
	"sourceroutinggroup":       "",
	"usage":                    "Custom",
}

var acceptedProperties = properties{
	"addressbookenabled":        "", // there is no directory of recipients
	"authenticationtype":        "",
	"catchallrecipientid":       "-",
	"emailonly":                 "False",
	"externallymanaged":         "False",
	"federatedorganizationlink": "",
	"initialdomain":             "",
	"iscoexistencedomain":       "False",
	"liveidinstancetype":        "",
	"name":                      "", // read apart
	"pendingcompletion":         "False",
	"pendingremoval":            "False",
}
