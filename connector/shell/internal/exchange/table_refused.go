package exchange

import "github.com/interchange-smtp/interchange/connector/shell/internal/object"

// refusedNoun is a kind of object that exists in Exchange and not here. Its
// cmdlets are known, so that whoever runs one is told why it isn't.
type refusedNoun struct {
	name  string
	verbs Verbs
	why   string
	rows  []Info
}

// refusedNouns are the connectors that don't exist here, and what belongs to a
// server that runs.
var refusedNouns = []refusedNoun{
	{"ForeignConnector", New | Set | Remove, "a Foreign connector writes files for a gateway of another kind; use a Send connector with smart hosts", foreignInfos},
	{"DeliveryAgentConnector", New | Set | Remove, "a Delivery Agent connector runs a program of another vendor; use a Send connector with smart hosts", agentInfos},
	{"RoutingGroupConnector", New | Set | Remove, "routing groups are those of Exchange 2003; use a Send connector with smart hosts", groupInfos},
	{"Queue", Get, noServer + "gateway queue list", queueInfos},
	{"Message", Get, noServer + "gateway queue list, and gateway queue show for one", messageInfos},
	{"QueueDigest", Get, noServer + "gateway queue list", digestInfos},
	{"MessageTrackingLog", Get, noServer + "its log, which tells of each message", trackingInfos},
}

// noServer is why there are no queues.
const noServer = "commands work on the configuration; what a running gateway holds is shown by "

// absentNouns are the connectors of which there are none here, so that their Get
// cmdlets return nothing.
var absentNouns = []refusedNoun{
	{"ForeignConnector", Get, "Foreign connectors", foreignInfos},
	{"DeliveryAgentConnector", Get, "Delivery Agent connectors", agentInfos},
	{"RoutingGroupConnector", Get, "routing group connectors", groupInfos},
}

// absentInfos are the parameters of the Get cmdlet of an absent noun.
func absentInfos(n refusedNoun) []Info {
	for _, i := range n.rows {
		if i.Name == "Identity" {
			i.In, i.Here, i.Why = Get, Enforced, "no identity is found"
			return []Info{i, domainController}
		}
	}
	return nil
}

// getAbsent is Get of an absent noun: nothing, and not found for an identity.
func (o *Org) getAbsent(n refusedNoun) func(*object.Call) error {
	return func(call *object.Call) error {
		if err := o.noticeAll(call, absentInfos(n)); err != nil {
			return err
		}
		if v, given := call.Args["Identity"]; given {
			text, err := single(v)
			if err == nil && !hasWildcard(text) {
				err = &NotFoundError{Noun: n.name, Identity: text}
			}
			return about(call, "Identity", err)
		}
		return nil
	}
}

var foreignInfos = refuse(
	Info{Name: "Identity", In: Set | Get | Remove, Type: "ForeignConnectorIdParameter", Position: 1, Pipeline: true},
	Info{Name: "Name", In: newSet, Type: "String", Position: 1},
	Info{Name: "AddressSpaces", In: newSet, Type: "MultiValuedProperty<AddressSpace>"},
	Info{Name: "IsScopedConnector", In: newSet, Type: "Boolean", Default: "$false"},
	Info{Name: "SourceTransportServers", In: newSet, Type: "MultiValuedProperty<ServerIdParameter>", Default: "local server"},
	Info{Name: "Comment", In: Set, Type: "String"},
	Info{Name: "DropDirectory", In: Set, Type: "String", Default: "the connector's name"},
	Info{Name: "DropDirectoryQuota", In: Set, Type: "Unlimited<ByteQuantifiedSize>", Default: "Unlimited"},
	Info{Name: "Enabled", In: Set, Type: "Boolean", Default: "$true"},
	Info{Name: "Force", In: Set, Switch: true},
	Info{Name: "MaxMessageSize", In: Set, Type: "Unlimited<ByteQuantifiedSize>", Range: "0 to 2147483647 KB", Default: "Unlimited"},
	Info{Name: "RelayDsnRequired", In: Set, Type: "Boolean", Default: "$false"},
)

var agentInfos = refuse(
	Info{Name: "Identity", In: Set | Get | Remove, Type: "DeliveryAgentConnectorIdParameter", Since: from10, Position: 1, Pipeline: true},
	Info{Name: "Name", In: newSet, Type: "String", Range: "up to 64 characters", Since: from10, Position: 1},
	Info{Name: "AddressSpaces", In: newSet, Type: "MultiValuedProperty<AddressSpace>", Since: from10},
	Info{Name: "DeliveryProtocol", In: newSet, Type: "String", Since: from10},
	Info{Name: "Comment", In: newSet, Type: "String", Since: from10},
	Info{Name: "Enabled", In: newSet, Type: "Boolean", Default: "$true", Since: from10},
	Info{Name: "IsScopedConnector", In: newSet, Type: "Boolean", Default: "$false", Since: from10},
	Info{Name: "MaxConcurrentConnections", In: newSet, Type: "Int32", Default: "5", Since: from10},
	Info{Name: "MaxMessageSize", In: newSet, Type: "Unlimited<ByteQuantifiedSize>", Range: "65536 to 2147483647 bytes", Default: "Unlimited", Since: from10},
	Info{Name: "MaxMessagesPerConnection", In: newSet, Type: "Int32", Default: "20", Since: from10},
	Info{Name: "SourceTransportServers", In: newSet, Type: "MultiValuedProperty<ServerIdParameter>", Default: "local server", Since: from10},
)

var groupInfos = refuse(
	Info{Name: "Identity", In: Set | Get | Remove, Type: "RoutingGroupConnectorIdParameter", Since: "2007 and 2010", Position: 1, Pipeline: true},
	Info{Name: "Name", In: newSet, Type: "String", Since: "2007 and 2010", Position: 1},
	Info{Name: "SourceTransportServers", In: newSet, Type: "MultiValuedProperty<ServerIdParameter>", Since: "2007 and 2010"},
	Info{Name: "TargetTransportServers", In: newSet, Type: "MultiValuedProperty<ServerIdParameter>", Since: "2007 and 2010"},
	Info{Name: "BiDirectional", In: New, Type: "Boolean", Default: "$false", Since: "2007 and 2010"},
	Info{Name: "Cost", In: newSet, Type: "Int32", Default: "1", Since: "2007 and 2010"},
	Info{Name: "PublicFolderReferralsEnabled", In: newSet, Type: "Boolean", Default: "$true", Since: "2007 and 2010"},
)

var queueInfos = refuse(
	Info{Name: "Identity", In: Get, Type: "QueueIdentity", Position: 1, Pipeline: true},
	Info{Name: "Filter", In: Get, Type: "String"},
	Info{Name: "Include", In: Get, Type: "QueueViewerIncludesAndExcludes", Since: from13},
	Info{Name: "Exclude", In: Get, Type: "QueueViewerIncludesAndExcludes", Since: from13},
	Info{Name: "Server", In: Get, Type: "ServerIdParameter"},
	Info{Name: "ResultSize", In: Get, Type: "Unlimited<Int32>", Default: "1000"},
	Info{Name: "SortOrder", In: Get, Type: "String", Range: "+A,-B"},
	Info{Name: "BookmarkObject", In: Get, Type: "ExtensibleQueueInfo"},
	Info{Name: "BookmarkIndex", In: Get, Type: "Int32"},
)

var messageInfos = refuse(
	Info{Name: "Identity", In: Get, Type: "MessageIdentity", Range: "SERVER\\queue\\number", Position: 1, Pipeline: true},
	Info{Name: "Queue", In: Get, Type: "QueueIdentity"},
	Info{Name: "IncludeRecipientInfo", In: Get, Switch: true},
)

var trackingInfos = refuse(
	Info{Name: "Server", In: Get, Type: "ServerIdParameter", Pipeline: true},
	Info{Name: "Sender", In: Get, Type: "String"},
	Info{Name: "Recipients", In: Get, Type: "String[]"},
	Info{Name: "MessageId", In: Get, Type: "String"},
	Info{Name: "InternalMessageId", In: Get, Type: "String"},
	Info{Name: "MessageSubject", In: Get, Type: "String"},
	Info{Name: "NetworkMessageId", In: Get, Type: "String", Since: from13},
	Info{Name: "EventId", In: Get, Type: "String"},
	Info{Name: "Source", In: Get, Type: "String", Since: from13},
	Info{Name: "Reference", In: Get, Type: "String"},
	Info{Name: "TransportTrafficType", In: Get, Type: "String", Since: from13},
	Info{Name: "Start", In: Get, Type: "DateTime"},
	Info{Name: "End", In: Get, Type: "DateTime"},
	Info{Name: "ResultSize", In: Get, Type: "Unlimited<Int32>", Default: "1000"},
)

var digestInfos = refuse(
	Info{Name: "Server", In: Get, Type: "ServerIdParameter", Since: from13},
	Info{Name: "Dag", In: Get, Type: "DatabaseAvailabilityGroupIdParameter", Since: from13},
	Info{Name: "Site", In: Get, Type: "AdSiteIdParameter", Since: from13},
	Info{Name: "Forest", In: Get, Switch: true, Since: from13},
)

// refuse marks all of infos as refused.
func refuse(infos ...Info) []Info {
	for i := range infos {
		infos[i].Here, infos[i].Why = Refused, "as all of the cmdlet"
	}
	return append(infos, domainController)
}
