package schema

// refusedNouns are the connectors that don't exist here.
var refusedNouns = []Noun{
	{Names: []string{"ForeignConnector"}, Verbs: New | Set | Remove, Rows: foreignRows,
		Refused: "a Foreign connector writes files for a gateway of another kind; use a Send connector with smart hosts"},
	{Names: []string{"DeliveryAgentConnector"}, Verbs: New | Set | Remove, Rows: agentRows,
		Refused: "a Delivery Agent connector runs a program of another vendor; use a Send connector with smart hosts"},
	{Names: []string{"RoutingGroupConnector"}, Verbs: New | Set | Remove, Rows: groupRows,
		Refused: "routing groups are those of Exchange 2003; use a Send connector with smart hosts"},
}

// absentNouns are the connectors that can't exist here, so that their Get cmdlets
// return nothing.
var absentNouns = []Noun{
	absent("ForeignConnector", "Foreign connectors", foreignRows),
	absent("DeliveryAgentConnector", "Delivery Agent connectors", agentRows),
	absent("RoutingGroupConnector", "routing group connectors", groupRows),
}

// absent is the noun of connectors that can't exist here, whose parameters begin
// with Identity.
func absent(noun, plural string, rows []Row) Noun {
	id := rows[0]
	id.Verbs, id.Refused, id.Note = Get, "", "nothing is found"
	return Noun{Names: []string{noun}, Verbs: Get, Absent: plural, Rows: []Row{id, domainController}}
}

var foreignRows = refuse(
	identity("ForeignConnector", ""),
	Row{Name: "Name", Verbs: newSet, Kind: String, Argument: Argument{Position: 1}, Does: "Names the connector."},
	Row{Name: "AddressSpaces", Verbs: newSet, Kind: Space, List: true, Does: "Lists the domains of the recipients that the connector sends to."},
	Row{Name: "IsScopedConnector", Verbs: newSet, Kind: Boolean, Default: is("$false"), Does: "Serves only the servers of the site that its source servers are in."},
	Row{Name: "SourceTransportServers", Verbs: newSet, Kind: Server, List: true, Derived: "local server", Does: "Lists the servers that send the connector's mail."},
	Row{Name: "Comment", Verbs: Set, Kind: String, Does: "Holds a remark for administrators."},
	Row{Name: "DropDirectory", Verbs: Set, Kind: String, Derived: "the connector's name", Does: "Says in which directory messages are put."},
	Row{Name: "DropDirectoryQuota", Verbs: Set, Kind: UnlimitedSize, Default: is("Unlimited"), Does: "Limits the size of all messages in that directory."},
	Row{Name: "Enabled", Verbs: Set, Kind: Boolean, Default: is("$true"), Does: "Puts the connector into service."},
	Row{Name: "Force", Verbs: Set, Kind: Switch, Does: "Suppresses warnings and questions."},
	Row{Name: "MaxMessageSize", Verbs: Set, Kind: UnlimitedSize, Limits: between(0, most*kb), Default: is("Unlimited"), Does: "Limits the size of a message."},
	Row{Name: "RelayDsnRequired", Verbs: Set, Kind: Boolean, Default: is("$false"), Does: "Reports to senders that their message was relayed."},
)

var agentRows = during(from10, refuse(
	identity("DeliveryAgentConnector", ""),
	Row{Name: "Name", Verbs: newSet, Kind: String, Form: "up to 64 characters", Argument: Argument{Position: 1}, Does: "Names the connector."},
	Row{Name: "AddressSpaces", Verbs: newSet, Kind: Space, List: true, Does: "Lists the domains of the recipients that the connector sends to."},
	Row{Name: "DeliveryProtocol", Verbs: newSet, Kind: String, Does: "Says which program sends the messages."},
	Row{Name: "Comment", Verbs: newSet, Kind: String, Does: "Holds a remark for administrators."},
	Row{Name: "Enabled", Verbs: newSet, Kind: Boolean, Default: is("$true"), Does: "Puts the connector into service."},
	Row{Name: "IsScopedConnector", Verbs: newSet, Kind: Boolean, Default: is("$false"), Does: "Serves only the servers of the site that its source servers are in."},
	Row{Name: "MaxConcurrentConnections", Verbs: newSet, Kind: Integer, Default: is("5"), Does: "Limits how many connections the program has at a time."},
	Row{Name: "MaxMessageSize", Verbs: newSet, Kind: UnlimitedSize, Limits: between(64*kb, most), Default: is("Unlimited"), Does: "Limits the size of a message."},
	Row{Name: "MaxMessagesPerConnection", Verbs: newSet, Kind: Integer, Default: is("20"), Does: "Limits how many messages one connection carries."},
	Row{Name: "SourceTransportServers", Verbs: newSet, Kind: Server, List: true, Derived: "local server", Does: "Lists the servers that send the connector's mail."},
))

var groupRows = during(until10, refuse(
	identity("RoutingGroupConnector", ""),
	Row{Name: "Name", Verbs: newSet, Kind: String, Argument: Argument{Position: 1}, Does: "Names the connector."},
	Row{Name: "SourceTransportServers", Verbs: newSet, Kind: Server, List: true, Does: "Lists the servers that send the connector's mail."},
	Row{Name: "TargetTransportServers", Verbs: newSet, Kind: Server, List: true, Does: "Lists the servers that the connector sends to."},
	Row{Name: "BiDirectional", Verbs: New, Kind: Boolean, Default: is("$false"), Does: "Makes a connector for the way back, too."},
	Row{Name: "Cost", Verbs: newSet, Kind: Integer, Default: is("1"), Does: "Says what it costs to send mail over the connector."},
	Row{Name: "PublicFolderReferralsEnabled", Verbs: newSet, Kind: Boolean, Default: is("$true"), Does: "Lets users reach public folders over the connector."},
))

// refuse marks all of rows as refused. Nothing is mandatory of a cmdlet that
// only says why it isn't supported.
func refuse(rows ...Row) []Row {
	for i := range rows {
		rows[i].Refused, rows[i].Mandatory = "as all of the cmdlet", 0
	}
	return append(rows, domainController)
}

// during gives all of rows but DomainController their editions.
func during(since Editions, rows []Row) []Row {
	for i := range rows[:len(rows)-1] {
		rows[i].Since = since
	}
	return rows
}
