package schema

const (
	byFilter  = "an expression such as \"Status -eq 'Retry' -and MessageCount -gt 5\", or a script block"
	onePage   = "all that there are up to -ResultSize are returned at once"
	oneServer = "there is one server"

	onQueues   = Suspend | Resume | Retry
	onMessages = Remove | Suspend | Resume
)

// queueRows are the parameters of the cmdlets about queues.
var queueRows = []Row{
	{Name: "Identity", Verbs: Get | onQueues, Kind: typeOf("QueueIdentity"), Form: "SERVER\\name, the name or NextHopDomain", Argument: Argument{Position: 1, Pipeline: true},
		Does: "Says which queue is meant."},
	{Name: "Filter", Verbs: Get | onQueues, Kind: String, Form: byFilter, Does: "Selects only the queues for which the expression is true."},
	{Name: "Include", Verbs: Get, Kind: typeOf("QueueViewerIncludesAndExcludes"), Since: from13, Form: included, Does: "Shows only queues of these kinds."},
	{Name: "Exclude", Verbs: Get, Kind: typeOf("QueueViewerIncludesAndExcludes"), Since: from13, Form: included, Does: "Leaves out queues of these kinds."},
	queueServer(Get | onQueues),
	resultSize("1000"),
	sortOrder("queues"),
	bookmark("ExtensibleQueueInfo"),
	bookmarkIndex,
	returnPageInfo,
	searchForward,
	{Name: "Resubmit", Verbs: Retry, Kind: Boolean, Default: is("$false"),
		Does: "Routes the messages again by the policy, also those that were redirected."},
	domainController,
}

// included says what -Include and -Exclude take.
const included = "Internal, External, Empty, DeliveryTypes and statuses"

// messageRows are the parameters of the cmdlets about messages.
var messageRows = []Row{
	{Name: "Identity", Verbs: Get | onMessages | Redirect | Export, Kind: typeOf("MessageIdentity"), Form: "SERVER\\queue\\ID, queue\\ID or the ID", Argument: Argument{Position: 1, Mandatory: Export, Pipeline: true},
		Does: "Says which message is meant."},
	{Name: "Queue", Verbs: Get | Redirect, Kind: typeOf("QueueIdentity"), Form: "as the identity of Get-Queue", Does: "Selects the messages of this queue."},
	{Name: "Filter", Verbs: Get | onMessages | Redirect, Kind: String, Form: byFilter, Does: "Selects only the messages for which the expression is true."},
	queueServer(Get | onMessages | Redirect),
	{Name: "Target", Verbs: Redirect, Kind: String, Form: "a Send connector of this server", Argument: Argument{Mandatory: Redirect},
		Note: "in Exchange a server takes the messages; here a Send connector sends them, by its own limits, TLS, logon and signatures",
		Does: "Says where the messages go."},
	{Name: "WithNDR", Verbs: Remove, Kind: Boolean, Default: is("$true"), Does: "Sends the senders a delivery report."},
	{Name: "IncludeRecipientInfo", Verbs: Get, Kind: Switch, Does: "Shows the recipients, too."},
	{Name: "IncludeComponentLatencyInfo", Verbs: Get, Kind: Switch, Since: from13, Kept: "no component's time is measured", Does: "Shows how long each component took."},
	resultSize("1000"),
	sortOrder("messages"),
	bookmark("ExtensibleMessageInfo"),
	bookmarkIndex,
	returnPageInfo,
	searchForward,
	{Name: "Path", Verbs: Export, Kind: String, Argument: Argument{Mandatory: Export}, Since: only07,
		Does: "Names the file that the content is written to."},
	domainController,
}

// digestRows are the parameters of Get-QueueDigest.
var digestRows = []Row{
	{Name: "Server", Verbs: Get, Kind: Server, List: true, Since: from13, Does: "Shows the queues of these servers."},
	{Name: "Dag", Verbs: Get, Kind: typeOf("DatabaseAvailabilityGroupIdParameter"), Since: from13, Refused: oneServer, Does: "Shows the queues of the servers of this database availability group."},
	{Name: "Site", Verbs: Get, Kind: typeOf("AdSiteIdParameter"), Since: from13, Refused: oneServer, Does: "Shows the queues of the servers of this site."},
	{Name: "Forest", Verbs: Get, Kind: Switch, Since: from13, Note: oneServer, Does: "Shows the queues of all servers."},
	{Name: "Filter", Verbs: Get, Kind: String, Form: byFilter, Since: from13, Does: "Counts only the queues for which the expression is true."},
	{Name: "GroupBy", Verbs: Get, Kind: words("QueueDigestGroupBy", "NextHopDomain", "NextHopCategory", "DeliveryType", "Status", "LastError", "ServerName"),
		Default: is("NextHopDomain"), Since: from13, Does: "Says which queues are counted together."},
	{Name: "ResultSize", Verbs: Get, Kind: UnlimitedInt, Default: is("100"), Since: from13, Does: "Limits how many objects are returned."},
	{Name: "DetailsLevel", Verbs: Get, Kind: words("DetailsLevel", "None", "Normal", "Verbose"), Default: is("Normal"), Since: from13, Kept: "all is shown", Does: "Says how much is shown."},
	{Name: "Timeout", Verbs: Get, Kind: TimeSpan, Default: is("00:00:10"), Since: from13, Kept: "the server is on this machine", Does: "Limits how long servers are waited for."},
	domainController,
}

// queueServer is the parameter Server, which can only be this server.
func queueServer(verbs Verbs) Row {
	return Row{Name: "Server", Verbs: verbs, Kind: Server, Does: "Says whose queue is meant."}
}

func sortOrder(what string) Row {
	return Row{Name: "SortOrder", Verbs: Get, Kind: String, Form: "+A,-B", Does: "Says by which properties the " + what + " are sorted."}
}

func bookmark(typ string) Row {
	return Row{Name: "BookmarkObject", Verbs: Get, Kind: typeOf(typ), Refused: "give -BookmarkIndex", Does: "Says after which object to begin."}
}

var (
	bookmarkIndex  = Row{Name: "BookmarkIndex", Verbs: Get, Kind: Integer, Limits: between(1, most), Default: is("1"), Does: "Says at which object to begin, counted from 1."}
	returnPageInfo = Row{Name: "ReturnPageInfo", Verbs: Get, Kind: Boolean, Kept: onePage, Does: "Adds to each object how many there are and which one it is."}
	searchForward  = Row{Name: "SearchForward", Verbs: Get, Kind: Boolean, Default: is("$true"), Kept: onePage, Does: "Searches forward from the bookmark, not backward."}
)
