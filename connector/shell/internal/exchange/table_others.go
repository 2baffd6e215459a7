package exchange

// permissionRows are the parameters of Add-, Remove- and Get-ADPermission.
var permissionRows = []Info{
	{Name: "Identity", In: Add | Remove | Get, Type: "ADRawEntryIdParameter", Range: "a connector by name, SERVER\\name, distinguished name or GUID", Here: Enforced, Position: 1, Mandatory: Add | Remove | Get, Pipeline: true},
	{Name: "User", In: Add | Remove | Get, Type: "SecurityPrincipalIdParameter", Range: "DOMAIN\\name, well-known name or SID", Here: Enforced, Mandatory: Add | Remove, ByName: true},
	{Name: "ExtendedRights", In: Add | Remove, Type: "ExtendedRightIdParameter[]", Range: "names or display names, in any letter case", Here: Enforced, ByName: true},
	{Name: "AccessRights", In: Add | Remove, Type: "ActiveDirectoryRights[]", Range: "ExtendedRight", Here: Enforced, Why: "rights to the directory object itself are refused, because there is no directory"},
	{Name: "Deny", In: Add | Remove, Switch: true, Here: Enforced, ByName: true},
	{Name: "InheritanceType", In: Add | Remove, Type: "ActiveDirectorySecurityInheritance", Values: []string{"None", "All", "Descendents", "SelfAndChildren", "Children"}, Default: "All", Here: Kept, Why: "a connector has nothing below it that could inherit"},
	{Name: "InheritedObjectType", In: Add | Remove, Type: "ADSchemaObjectIdParameter", Here: Refused, Why: "a connector has nothing below it that could inherit"},
	{Name: "Properties", In: Add | Remove, Type: "ADSchemaObjectIdParameter[]", Here: Refused, Why: "it belongs to rights to read and write a directory object"},
	{Name: "ChildObjectTypes", In: Add | Remove, Type: "ADSchemaObjectIdParameter[]", Here: Refused, Why: "it belongs to rights to make and delete directory objects"},
	{Name: "Owner", In: Get, Switch: true, Here: Refused, Why: "connectors have no owner here"},
	{Name: "Owner", In: Add, Type: "SecurityPrincipalIdParameter", Here: Refused, Why: "connectors have no owner here"},
	{Name: "Instance", In: Add | Remove, Type: "ADAcePresentationObject", Here: Refused, Why: "give User and ExtendedRights"},
	domainController,
}

// credentialRows are the parameters of Get-Credential.
var credentialRows = []Info{
	{Name: "Credential", In: Get, Type: "PSCredential", Range: "a user name, or a credential, which comes back as it is", Here: Enforced, Position: 1},
	{Name: "UserName", In: Get, Type: "String", Here: Enforced},
	{Name: "Message", In: Get, Type: "String", Here: Enforced},
}

// connectivityRows are the parameters of Test-SmtpConnectivity.
var connectivityRows = []Info{
	{Name: "Identity", In: Test, Type: "ServerIdParameter", Range: "name or FQDN of a server", Default: "local server", Here: Enforced, Why: "a what-if on the policy: nothing is connected to", Position: 1, Pipeline: true},
	{Name: "MonitoringContext", In: Test, Type: "Boolean", Default: "$false", Since: from10, Here: Kept, Why: "there is no monitoring to report to"},
	domainController,
}
