package schema

import "math"

// serverRows are the parameters of Get-ExchangeServer.
var serverRows = []Row{
	{Name: "Identity", Verbs: Get, Kind: Server, Form: "name or FQDN", Argument: Argument{Position: 1, Pipeline: true},
		Does: "Says which server is meant."},
	{Name: "Status", Verbs: Get, Kind: Switch, Kept: "no server is asked",
		Does: "Asks the servers for their state, too."},
	{Name: "Domain", Verbs: Get, Kind: typeOf("Fqdn"), Refused: "there is one domain",
		Does: "Shows only the servers of an Active Directory domain."},
	domainController,
}

// siteRows are the parameters of Get- and Set-AdSite.
var siteRows = []Row{
	{Name: "Identity", Verbs: Get | Set, Kind: typeOf("AdSiteIdParameter"), Form: "name", Argument: Argument{Position: 1, Mandatory: Set, Pipeline: true},
		Does: "Says which site is meant."},
	keptFlag("HubSiteEnabled", "$false", "", "mail goes straight to the server that sends it on", "Sends mail between other sites through this one if it is on the way."),
	keptFlag("InboundMailEnabled", "$true", from13, "all sites take mail", "Takes mail for the site."),
	{Name: "Name", Verbs: Set, Kind: String,
		Does: "Renames the site, in servers and links, too."},
	kept("PartnerId", Integer, "", "", reserved, "Is reserved by Microsoft."),
	domainController,
}

// linkRows are the parameters of Get- and Set-AdSiteLink.
var linkRows = []Row{
	{Name: "Identity", Verbs: Get | Set, Kind: typeOf("AdSiteLinkIdParameter"), Form: "name", Argument: Argument{Position: 1, Mandatory: Set, Pipeline: true},
		Does: "Says which link is meant."},
	{Name: "ExchangeCost", Verbs: Set, Kind: Integer, Limits: Limits{Min: 1, Max: math.MaxInt64}, Form: "$null for the Active Directory cost", Field: "Cost",
		Does: "Says what it costs to send mail over the link, in place of its cost in Active Directory."},
	{Name: "MaxMessageSize", Verbs: Set, Kind: UnlimitedSize, Limits: Limits{Min: 64 * kb, Max: math.MaxInt64}, Default: is("Unlimited"), Field: "MaxSize",
		Does: "Limits the size of messages that are sent over the link."},
	{Name: "Name", Verbs: Set, Kind: String,
		Does: "Names the link."},
	domainController,
}

// permissionRows are the parameters of Add-, Remove- and Get-ADPermission.
var permissionRows = []Row{
	{Name: "Identity", Verbs: Add | Remove | Get, Kind: typeOf("ADRawEntryIdParameter"), Form: "a connector by name, SERVER\\name, distinguished name or GUID",
		Argument: Argument{Position: 1, Mandatory: Add | Remove | Get, Pipeline: true},
		Does:     "Says which connector is meant."},
	{Name: "User", Verbs: Add | Remove | Get, Kind: typeOf("SecurityPrincipalIdParameter"), Form: "DOMAIN\\name, well-known name or SID",
		Argument: Argument{Mandatory: Add | Remove, ByName: true},
		Does:     "Says which user or group has the rights."},
	{Name: "ExtendedRights", Verbs: Add | Remove, Kind: typeOf("ExtendedRightIdParameter[]"), Form: "names or display names, in any letter case",
		Argument: Argument{ByName: true},
		Does:     "Lists the rights."},
	{Name: "AccessRights", Verbs: Add | Remove, Kind: typeOf("ActiveDirectoryRights[]"), Form: "ExtendedRight",
		Note: "rights to the directory object itself are refused, because there is no directory",
		Does: "Says of which kind the rights are."},
	{Name: "Deny", Verbs: Add | Remove, Kind: Switch, Argument: Argument{ByName: true},
		Does: "Denies the rights, which outweighs any that are allowed."},
	{Name: "InheritanceType", Verbs: Add | Remove, Kind: words("ActiveDirectorySecurityInheritance", "None", "All", "Descendents", "SelfAndChildren", "Children"),
		Default: is("All"), Kept: "a connector has nothing below it that could inherit",
		Does: "Says which objects below inherit the rights."},
	{Name: "InheritedObjectType", Verbs: Add | Remove, Kind: typeOf("ADSchemaObjectIdParameter"), Refused: "a connector has nothing below it that could inherit",
		Does: "Says objects of which class inherit the rights."},
	{Name: "Properties", Verbs: Add | Remove, Kind: typeOf("ADSchemaObjectIdParameter[]"), Refused: "it belongs to rights to read and write a directory object",
		Does: "Says which properties of the object the rights are about."},
	{Name: "ChildObjectTypes", Verbs: Add | Remove, Kind: typeOf("ADSchemaObjectIdParameter[]"), Refused: "it belongs to rights to make and delete directory objects",
		Does: "Says objects of which class may be made or deleted below."},
	{Name: "Owner", Verbs: Get, Kind: Switch, Refused: "connectors have no owner here",
		Does: "Shows the owner of the object."},
	{Name: "Owner", Verbs: Add, Kind: typeOf("SecurityPrincipalIdParameter"), Refused: "connectors have no owner here",
		Does: "Makes a user or group the owner of the object."},
	{Name: "Instance", Verbs: Add | Remove, Kind: typeOf("ADAcePresentationObject"), Refused: "give User and ExtendedRights",
		Does: "Takes an entry that Get-ADPermission returned."},
	domainController,
}

// connectivityRows are the parameters of Test-SmtpConnectivity.
var connectivityRows = []Row{
	{Name: "Identity", Verbs: Test, Kind: Server, Form: "name or FQDN of a server", Derived: "local server",
		Note: "a what-if on the policy: nothing is connected to", Argument: Argument{Position: 1, Pipeline: true},
		Does: "Says whose bindings are tried."},
	{Name: "MonitoringContext", Verbs: Test, Kind: Boolean, Default: is("$false"), Since: from10, Kept: "there is no monitoring to report to",
		Does: "Returns the result in the form that monitoring programs read."},
	domainController,
}

// certificateRows are the parameters of Get-ExchangeCertificate.
var certificateRows = []Row{
	{Name: "Thumbprint", Verbs: Get, Kind: String,
		Does: "Shows the certificate with this SHA-1 fingerprint."},
	{Name: "Identity", Verbs: Get, Kind: typeOf("ExchangeCertificateIdParameter"), Form: `THUMBPRINT or SERVER\THUMBPRINT`, Argument: Argument{Position: 1, Pipeline: true},
		Does: "Shows the certificate with this SHA-1 fingerprint."},
	{Name: "DomainName", Verbs: Get, Kind: Domain, List: true,
		Does: "Shows the certificates that are for all of these domains."},
	{Name: "Server", Verbs: Get, Kind: Server, Kept: "the certificates are those of this server",
		Does: "Says whose certificates are shown."},
	domainController,
}

// credentialRows are the parameters of Get-Credential.
var credentialRows = []Row{
	{Name: "Credential", Verbs: Get, Kind: Credential, Form: "a user name, or a credential, which comes back as it is", Argument: Argument{Position: 1},
		Does: "Says whose password is asked for."},
	{Name: "UserName", Verbs: Get, Kind: String,
		Does: "Says whose password is asked for."},
	{Name: "Message", Verbs: Get, Kind: String,
		Does: "Is shown with the question."},
	{Name: "PasswordFrom", Verbs: Get, Kind: typeOf("Hashtable"), Form: "@{File = 'path'}, @{Environment = 'variable'} or @{Credential = 'name'}, which systemd passes by LoadCredential",
		Note: "Exchange has no such parameter; the password is read with the policy, at each reload, too",
		Does: "Says where the password is, so that the cmdlet doesn't ask for it."},
}
