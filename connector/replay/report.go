package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/permission"
)

// Report is the result of a replay. Its numbers are exact unless their comments say
// otherwise.
type Report struct {
	Files     []File    `json:"files"`
	Lines     int64     `json:"lines"`
	Other     int64     `json:"otherLines"`     // empty, or of other programs in the same log
	Malformed int64     `json:"malformedLines"` // skipped
	Hidden    int64     `json:"hiddenLines"`    // of these, without the addresses of client and server
	Problems  []Problem `json:"malformed"`      // the first malformed lines

	Sessions  int64 `json:"sessions"`  // Alike, Different and Unjudged
	Alike     int64 `json:"alike"`     // with the same result
	Different int64 `json:"different"` // with another result
	Unjudged  int64 `json:"unjudged"`  // could not be judged, or not to their end
	Partial   int64 `json:"partial"`   // of these, began before the log
	Removed   int64 `json:"removed"`   // of these, addresses or replies were removed from the log
	Silent    int64 `json:"silent"`    // of these, without a command that a policy decides
	Evicted   int64 `json:"evicted"`   // sessions and messages cut short, because more than MaxOpen were open

	Commands   int64 `json:"commands"`   // judged
	Messages   int64 `json:"messages"`   // that both accept
	Recipients int64 `json:"recipients"` // that both accept

	// Outside are refusals for reasons that policies don't know, where the policy
	// would accept: unknown mailboxes, filters, wrong passwords, load.
	Outside        int64      `json:"outside"`
	OutsideReplies []Refusals `json:"outsideReplies"`
	Private        int64      `json:"private"` // sessions not judged further, because they speak Exchange's own verbs; Unjudged unless they differ

	// How often the old system's choices are the policy's.
	Connector Agreement `json:"receiveConnectorAgreement"`
	Rights    Agreement `json:"rightsAgreement"` // the rights of a session
	Send      Agreement `json:"sendConnectorAgreement"`

	Differences     []Difference `json:"differences"`     // most frequent first
	MoreDifferences int64        `json:"moreDifferences"` // commands with differences beyond the thousand kinds

	LogConnectors []LogConnector `json:"logConnectors"` // of the old system, most used first
	Receive       []ReceiveUse   `json:"receive"`       // of the policy, in its order
	NoConnector   *ReceiveUse    `json:"noConnector,omitempty"`
	SendUse       []SendUse      `json:"send"` // of the policy, in its order
	Unroutable    int64          `json:"unroutable"`
}

// File is a log that was read.
type File struct {
	Name      string `json:"name"`
	Format    Format `json:"format"`
	Type      string `json:"type,omitempty"` // of FormatOther: what its line #Log-type says, printable
	Lines     int64  `json:"lines"`
	Malformed int64  `json:"malformed"`
}

// Problem is a line that could not be read.
type Problem struct {
	source.Position
	Text string `json:"text"` // printable
}

// String returns file:line: text.
func (p Problem) String() string { return p.Position.String() + ": " + p.Text }

// Refusals counts equal refusals of the old system.
type Refusals struct {
	Reply string `json:"reply"` // the codes
	Count int64  `json:"count"`
}

// Agreement counts how often the log has a choice that the policy makes, too, and
// how often both are the same.
type Agreement struct {
	Known int64 `json:"known"`
	Alike int64 `json:"alike"`
}

// Kind says in which respect a session has another result.
type Kind string

// The kinds of differences.
const (
	KindConnector Kind = "connector" // another Receive connector serves the connection, or no connector
	KindVerdict   Kind = "verdict"   // one accepts and the other refuses
	KindReply     Kind = "reply"     // both refuse, with other codes
	KindRoute     Kind = "route"     // it leaves by another route, or can't leave
)

// Difference is a kind of difference between the log and the policy.
type Difference struct {
	Kind      Kind                `json:"kind"`
	Stage     connector.StageName `json:"stage"`
	Connector string              `json:"connector,omitempty"` // of the policy
	Was       string              `json:"was"`                 // the old system's reply, connector or next hop
	Now       string              `json:"now"`                 // the policy's
	Reason    reply.Reason        `json:"reason,omitzero"`     // why; Undecided if only the connector differs
	Count     int64               `json:"count"`               // commands
	Sessions  int64               `json:"sessions"`
	Examples  []Example           `json:"examples"` // the first ones
}

// Example is a session of the log. All its text is printable.
type Example struct {
	source.Position                // where the session begins
	Session         string         `json:"session"`
	Remote          netip.Addr     `json:"remote"`
	Local           netip.AddrPort `json:"local"`
	Helo            string         `json:"helo,omitempty"`
	TLS             bool           `json:"tls,omitempty"`
	User            string         `json:"user,omitempty"`
	From            string         `json:"from,omitempty"`
	Subject         string         `json:"subject,omitempty"` // the sender or recipient in question
}

// Client is a client. If there were more than Options.MaxClients, Sessions
// may be too high by at most Error.
type Client struct {
	Address  netip.Addr `json:"address"`
	Name     string     `json:"name,omitempty"` // at EHLO
	Sessions int64      `json:"sessions"`
	Error    int64      `json:"error,omitempty"`
}

// LogConnector is a connector of the old system.
type LogConnector struct {
	Name     string   `json:"name"`
	Sessions int64    `json:"sessions"`
	Top      []Client `json:"top"`
}

// ReceiveUse is the use of a Receive connector of the policy.
type ReceiveUse struct {
	Name     string `json:"name"`
	Unlogged bool   `json:"unlogged,omitempty"` // the logs can't tell whether it was used
	// LoggingOff reports whether it is Unlogged because its ProtocolLoggingLevel is None.
	LoggingOff bool `json:"loggingOff,omitempty"`
	// Elsewhere reports whether the logs have sessions of a connector of that name, and
	// the policy gives all of them to other connectors.
	Elsewhere bool `json:"elsewhere,omitempty"`

	Sessions int64 `json:"sessions"`
	Unjudged int64 `json:"unjudged"` // of the sessions, so that UnusedGrants isn't known
	Messages int64 `json:"messages"`
	Clients  int   `json:"clients"` // at least as many, unless Complete
	Complete bool  `json:"complete"`

	Top          []Client      `json:"top"`
	UnusedRanges []param.Range `json:"unusedRanges"`
	UnusedGrants []UnusedGrant `json:"unusedGrants"`

	// Narrowest are the narrowest ranges that contain all clients seen: beyond
	// Options.MaxRanges with gaps bridged where no other connector is affected.
	// Nil unless Complete.
	Narrowest []param.Range `json:"narrowest"`
}

// UnusedGrant is a grant without any use in the logs. It is judged for rights whose
// use shows in a log.
type UnusedGrant struct {
	To     string             `json:"to"`
	By     string             `json:"by"` // a permission group, or "hand"
	Rights []permission.Right `json:"rights"`
}

// SendUse is the use of a Send connector of the policy.
type SendUse struct {
	Name       string `json:"name"`
	Recipients int64  `json:"recipients"`
}

// Judged is the number of sessions with a result.
func (r *Report) Judged() int64 { return r.Alike + r.Different }

// gaps reports whether sessions may be missing because lines could not be read. Each
// file may end in the middle of a line.
func (r *Report) gaps() bool { return r.Malformed > int64(len(r.Files)) }

// Same reports whether sessions were judged, all have the same result, and every file
// is a log of sessions.
func (r *Report) Same() bool {
	for _, f := range r.Files {
		if !f.Format.Judged() && f.Format != FormatEmpty {
			return false
		}
	}
	return r.Alike > 0 && r.Different == 0
}

// printable returns s in printable ASCII, cut to a length.
func printable(s string) string {
	const longest = 200
	if len(s) > longest {
		s = s[:longest] + "..."
	}
	return ascii.Printable(s)
}
