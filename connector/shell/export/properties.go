package export

import "strings"

// properties are what a kind of object has beside the parameters that a Config
// holds. The value is "" for what is known and has no meaning here, which is passed
// over, and otherwise the value at which the property does nothing, so that any
// other is worth a warning. Names are in lower case.
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

// passed are properties that are passed over.
func passed(names ...string) properties {
	p := properties{}
	for _, name := range names {
		p[strings.ToLower(name)] = ""
	}
	return p
}

// with adds properties that do nothing at a value.
func (p properties) with(more properties) properties {
	for name, harmless := range more {
		p[strings.ToLower(name)] = harmless
	}
	return p
}

// directory is what every object of the directory has, and what remoting and
// Export-Clixml add.
var directory = passed(
	"AdminDisplayName", "AdministrativeGroup", "ConfigurationUnit", "DirectoryObjectVersion", "DistinguishedName", "ExchangeObjectId",
	"ExchangeVersion", "Guid", "Id", "Identity", "ImmutableId", "IsDirSynced", "IsReadOnly", "IsValid", "LastExchangeChangedTime", "ObjectCategory", "ObjectClass",
	"ObjectId", "ObjectState", "OrganizationalUnitRoot", "OrganizationId", "OriginatingServer", "ParentId", "PropertyNames", "PropertyCount",
	"PSComputerName", "PSShowComputerName", "PSSourceJobInstanceId", "RunspaceId", "SerializationData", "WhenChanged", "WhenChangedUTC", "WhenCreated",
	"WhenCreatedUTC", "WhenSoftDeleted")

var receiveProperties = passed("CertificateSubject").with(properties{
	"AcceptConsumerMail":                     "False",
	"ExtendedProtectionTlsTerminatedAtProxy": "False",
	"LiveCredentialEnabled":                  "False",
	"Permissions":                            "-", // no property of Exchange's
	"ProxyEnabled":                           "False",
	"Usage":                                  "Custom", // not stored by Exchange: it only made the defaults
})

var sendProperties = passed(
	"AuthenticationCredential", // read apart
	"CertificateSubject", "HomeMTA", "HomeMtaServerId", "Region", "SmartHostsString", "SourceRoutingGroup").with(properties{
	"ConnectedDomains":       "{}",
	"IsCoexistenceConnector": "False",
	"IsSmtpConnector":        "True",
	"LinkedReceiveConnector": "-",
	"Permissions":            "-",
	"Usage":                  "Custom",
})

var acceptedProperties = passed(
	"AddressBookEnabled", // there is no directory of recipients
	"AuthenticationType", "AzureProvisioningRegion", "CanHaveCloudCache", "DualProvisioningEnabled", "EnableNego2Authentication",
	"FederatedOrganizationLink", "InitialDomain", "IsDefaultFederatedDomain", "LiveIdInstanceType", "MailFlowPartner", "MailFlowRegion",
	"MoeraDnsProvisioningMode", "Name", // read apart
	"PendingFederatedAccountNamespace", "PendingFederatedDomain", "PerimeterDuplicateDetected", "RawAuthenticationType", "SmtpDaneStatus").with(properties{
	"CatchAllRecipientID":       "-",
	"EmailOnly":                 "False",
	"ExternallyManaged":         "False",
	"IsCoexistenceDomain":       "False",
	"OutboundOnly":              "False",
	"PendingCompletion":         "False",
	"PendingRemoval":            "False",
	"SendingFromDomainDisabled": "False",
	"SendingToDomainDisabled":   "False",
})
