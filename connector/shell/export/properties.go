package export

import "strings"

// properties are the properties of a kind of object that are neither fields of a Config
// nor rows of the schema, or that are read apart. The value is "" for a property without a
// meaning here, which is ignored; otherwise it is the value without an effect, and any
// other value causes a warning. Names are in lower case.
type properties map[string]string

// noValue stands for the value of a property of which every value causes a warning.
const noValue = "-"

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

// passed are properties that are ignored.
func passed(names ...string) properties {
	p := properties{}
	for _, name := range names {
		p[strings.ToLower(name)] = ""
	}
	return p
}

// with adds properties and their value without an effect.
func (p properties) with(more properties) properties {
	for name, harmless := range more {
		p[strings.ToLower(name)] = harmless
	}
	return p
}

// directory lists the properties that every object of the directory has, and those
// that remoting and Export-Clixml add.
var directory = passed(
	"AdminDisplayName", "AdministrativeGroup", "ConfigurationUnit", "DirectoryObjectVersion", "DistinguishedName", "ExchangeObjectId",
	"ExchangeVersion", "Guid", "Id", "Identity", "ImmutableId", "IsDirSynced", "IsReadOnly", "IsValid", "LastExchangeChangedTime", "ObjectCategory", "ObjectClass",
	"ObjectId", "ObjectState", "OrganizationalUnitRoot", "OrganizationId", "OriginatingServer", "ParentId", "PropertyNames", "PropertyCount",
	"PSComputerName", "PSShowComputerName", "PSSourceJobInstanceId", "RunspaceId", "SerializationData", "WhenChanged", "WhenChangedUTC", "WhenCreated",
	"WhenCreatedUTC", "WhenSoftDeleted")

var receiveProperties = passed("CertificateSubject").with(properties{
	"AcceptConsumerMail":                     "False",
	"ExtendedProtectionTlsTerminatedAtProxy": "False",
	"Permissions":                            noValue,  // no property of Exchange's
	"Usage":                                  "Custom", // not stored by Exchange: it only made the defaults
})

var sendProperties = passed(
	"AuthenticationCredential", // read apart
	"CertificateSubject", "HomeMTA", "HomeMtaServerId", "Region", "SmartHostsString", "SourceRoutingGroup").with(properties{
	"ConnectedDomains":     "{}",
	"IsSmtpConnector":      "True",
	"Permissions":          noValue,
	"SmartHostCredentials": noValue, // no property of Exchange's
	"Usage":                "Custom",
})

var acceptedProperties = passed(
	"AuthenticationType", "AzureProvisioningRegion", "CanHaveCloudCache", "DualProvisioningEnabled", "EnableNego2Authentication",
	"FederatedOrganizationLink", "InitialDomain", "IsDefaultFederatedDomain", "LiveIdInstanceType", "MailFlowPartner", "MailFlowRegion",
	"MoeraDnsProvisioningMode", "Name", // read apart
	"PendingFederatedAccountNamespace", "PendingFederatedDomain", "PerimeterDuplicateDetected", "RawAuthenticationType", "SmtpDaneStatus").with(properties{
	"CatchAllRecipientID":       noValue,
	"EmailOnly":                 "False",
	"ExternallyManaged":         "False",
	"IsCoexistenceDomain":       "False",
	"OutboundOnly":              "False",
	"SendingFromDomainDisabled": "False",
	"SendingToDomainDisabled":   "False",
})
