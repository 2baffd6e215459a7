package schema

const (
	noMailboxes = "only mailbox servers do that"
	reserved    = "it is reserved in Exchange"
)

// acceptedRows are the parameters of New-, Set-, Get- and Remove-AcceptedDomain.
var acceptedRows = []Row{
	identity("AcceptedDomain", "name, distinguished name or GUID"),
	{Name: "Name", Verbs: newSet, Kind: String, Form: "up to 64 characters, unique", Argument: Argument{Position: 1, Mandatory: New},
		Does: "Names the entry."},
	{Name: "DomainName", Verbs: New, Expected: true, Kind: Subdomains, Form: "domain, *.domain or *", Argument: Argument{Mandatory: New},
		Does: "Says for which domain mail is accepted from any client."},
	{Name: "DomainType", Verbs: newSet, Expected: true, Kind: DomainTypes, Default: is("Authoritative"),
		Does: "Says whether all mailboxes of the domain are in this organisation, some, or none."},
	{Name: "MakeDefault", Verbs: Set, Kind: Boolean, Form: "one is the default", Derived: "the first domain", Field: "Default",
		Does: "Makes the domain the default one, which delivery reports come from."},
	{Name: "AddressBookEnabled", Verbs: Set, Kind: Boolean, Derived: "$true for authoritative domains",
		Does: "Refuses recipients of an authoritative domain that don't exist, if the server can look them up."},
	{Name: "MatchSubDomains", Verbs: Set, Kind: Boolean, Default: is("$false"), Since: from16,
		Does: "Accepts mail for the subdomains of the domain, too."},
	keptFlag("PendingRemoval", "$false", from13, reserved, "Marks a domain that is being removed."),
	keptFlag("PendingCompletion", "$false", from13, reserved, "Marks a domain whose set-up isn't complete."),
	resultSize("Unlimited"),
	domainController,
}

// remoteRows are the parameters of New-, Set-, Get- and Remove-RemoteDomain.
var remoteRows = []Row{
	identity("RemoteDomain", "name, distinguished name or GUID"),
	{Name: "Name", Verbs: newSet, Kind: String, Form: "up to 64 characters, unique", Argument: Argument{Position: 1, Mandatory: New},
		Does: "Names the entry."},
	{Name: "DomainName", Verbs: New, Expected: true, Kind: RemoteName, Form: "domain, *.domain or *", Argument: Argument{Mandatory: New},
		Does: "Says which domain outside of the organisation the entry is about."},
	{Name: "AllowedOOFType", Verbs: Set, Kind: words("AllowedOOFType", "External", "ExternalLegacy", "InternalLegacy", "None"), Default: is("External"), Kept: noMailboxes,
		Does: "Says which automatic replies of absent users are sent to the domain."},
	keptFlag("IsInternal", "$false", "", noMailboxes, "Treats the domain as part of the organisation."),
	keptFlag("AutoForwardEnabled", "$true", "", noMailboxes, "Lets mail programs forward messages to the domain."),
	keptFlag("AutoReplyEnabled", "$true", "", noMailboxes, "Lets mail programs reply to the domain automatically."),
	{Name: "NDREnabled", Verbs: Set, Kind: Boolean, Default: is("$true"),
		Does: "Sends non-delivery reports to senders in the domain."},
	{Name: "DeliveryReportEnabled", Verbs: Set, Kind: Boolean, Default: is("$true"),
		Does: "Sends reports of successful delivery to senders in the domain who asked for them."},
	keptFlag("NDRDiagnosticInfoEnabled", "$true", "", noMailboxes, "Includes technical details in non-delivery reports."),
	keptFlag("MeetingForwardNotificationEnabled", "$true", "", noMailboxes, "Notifies organisers in the domain when a meeting request is forwarded."),
	keptFlag("DisplaySenderName", "$true", "", noMailboxes, "Shows the display name of senders to recipients in the domain."),
	keptFlag("TNEFEnabled", "", "", noMailboxes, "Sends messages to the domain in Outlook's own format; $null leaves it to users."),
	keptFlag("TrustedMailInboundEnabled", "$false", "", "there is no content filter to skip", "Lets mail from the domain skip the content filter."),
	keptFlag("TrustedMailOutboundEnabled", "$false", "", noMailboxes, "Marks mail to the domain as trusted."),
	keptFlag("TargetDeliveryDomain", "$false", "", noHybrid, "Makes the domain the target of mailboxes that moved to Exchange Online."),
	keptFlag("UseSimpleDisplayName", "$false", "", noMailboxes, "Sends simple display names to the domain."),
	{Name: "ContentType", Verbs: Set, Kind: words("ContentType", "MimeHtmlText", "MimeText", "MimeHtml"), Default: is("MimeHtmlText"), Kept: noMailboxes,
		Does: "Says whether messages to the domain are HTML, plain text or both."},
	{Name: "LineWrapSize", Verbs: Set, Kind: UnlimitedInt, Limits: between(0, 132), Default: is("Unlimited"), Kept: noMailboxes,
		Does: "Says after how many characters lines of messages to the domain are broken."},
	keptText("CharacterSet", "", "", noMailboxes, "Names the character set of MIME messages to the domain that have none."),
	keptText("NonMimeCharacterSet", "", "", noMailboxes, "Names the character set of other messages to the domain that have none."),
	{Name: "ByteEncoderTypeFor7BitCharsets", Verbs: Set, Default: is("Undefined"), Kept: noMailboxes,
		Kind: words("ByteEncoderTypeFor7BitCharsets", "Use7Bit", "UseQP", "UseBase64", "UseQPHtmlDetectTextPlain", "UseBase64HtmlDetectTextPlain",
			"UseQPHtml7BitTextPlain", "UseBase64Html7BitTextPlain", "Undefined"),
		Does: "Says how text of 7 bits to the domain is encoded."},
	{Name: "MessageCountThreshold", Verbs: Set, Kind: Integer, Default: is("2147483647"), Since: from13, Kept: noMailboxes,
		Does: "Limits how many messages a user may send to the domain."},
	keptFlag("IsCoexistenceDomain", "$false", only10, noHybrid, "Marks a domain of a hybrid deployment."),
	resultSize("Unlimited"),
	domainController,
}

// kept is a parameter of Set that has no effect.
func kept(name string, kind *Kind, def string, since Editions, why, does string) Row {
	r := Row{Name: name, Verbs: Set, Kind: kind, Since: since, Kept: why, Does: does}
	if def != "" {
		r.Default = is(def)
	}
	return r
}

func keptFlag(name, def string, since Editions, why, does string) Row {
	return kept(name, Boolean, def, since, why, does)
}

func keptText(name, def string, since Editions, why, does string) Row {
	return kept(name, String, def, since, why, does)
}

func resultSize(def string) Row {
	return Row{Name: "ResultSize", Verbs: Get, Kind: UnlimitedInt, Default: is(def), Does: "Limits how many objects are returned."}
}
