package tracking

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/routing"
)

// maxValue bounds each text of clients and hosts, in bytes.
const maxValue = 1024

// The event IDs and sources of rows.
const (
	Receive  = "RECEIVE"
	Send     = "SEND"
	Defer    = "DEFER"
	Fail     = "FAIL"
	DSN      = "DSN"
	Drop     = "DROP"
	Resubmit = "RESUBMIT"
	Throttle = "THROTTLE"

	bySMTP    = "SMTP"
	byDNS     = "DNS"
	byRouting = "ROUTING"
	byQueue   = "QUEUE"
	byDSN     = "DSN"
	byAdmin   = "ADMIN"
	byAgent   = "AGENT"
)

// row returns the row of an event about one recipient; nil if it has none.
func (l *Log) row(e *event.Event) *Row {
	switch e.Kind {
	case event.MessageAccepted, event.MessageRefused, event.MessageFailed, event.MessageAborted, event.CommandRefused,
		event.RecipientRemoved, event.RecipientRefusedAtEnd:
		return l.received(e)
	case event.Delivered, event.ReportSent, event.Deferred, event.Refused, event.Expired:
		return l.attempted(e)
	case event.Dropped, event.ChangedByOperator:
		return l.operated(e)
	case event.ReportQueued:
		return l.reported(e)
	}
	return nil
}

// newRow returns a row with what every event of a message has.
func (l *Log) newRow(e *event.Event, id, source string) *Row {
	r := &Row{
		Timestamp: e.Time, EventId: id, Source: source, SourceContext: value(e.Session),
		InternalMessageId: InternalID(e.ID), MessageId: value(e.MessageID), NetworkMessageId: value(e.NetworkID), TotalBytes: e.Size,
		Sender: sender(e.From), ReturnPath: sender(e.From), Directionality: "Incoming",
		OriginalClientIp: ip(e.Remote), TransportTrafficType: "Email", LogId: envelope.NewNetworkID(), SchemaVersion: Version,
	}
	if e.ReportEnvelope != nil {
		r.Reference = value(e.ReportEnvelope.MessageID)
	}
	if e.Outgoing {
		r.Directionality = "Originating"
	}
	if e.To.IsValid() {
		r.Recipients, r.RecipientCount = []string{address(e.To)}, 1
	}
	if !l.subjectsOff.Load() {
		r.MessageSubject = cut(e.Subject, maxValue)
	}
	var c custom
	c.add("Id", e.ID)
	c.add("Session", e.Session)
	c.add("User", e.User)
	if e.Reason != reply.Undecided {
		c.add("Reason", e.Reason.String())
	}
	if e.Rights != 0 {
		c.add("Rights", e.Rights.String())
	}
	if e.TLS != 0 {
		c.add("TLS", tls.VersionName(e.TLS)+" "+tls.CipherSuiteName(e.Cipher))
	}
	c.add("Decision", e.Decision)
	if e.MailFrom.IsValid() {
		c.add("MailFrom", e.MailFrom.String())
	}
	c.add("Hop", e.NextHop)
	c.add("HopSession", e.HopSession)
	if e.Attempts > 0 {
		c.add("Attempts", strconv.Itoa(e.Attempts))
	}
	for _, a := range e.Attrs {
		switch a.Key {
		case "user":
			c.add("Operator", a.Value.String())
		case "filter":
			c.add("Filter", a.Value.String())
		}
	}
	r.CustomData = c.String()
	return r
}

// received returns the row of the Server's answer to a client.
func (l *Log) received(e *event.Event) *Row {
	id, source := Fail, bySMTP
	switch {
	case e.Kind == event.CommandRefused && e.Command != "MAIL" && e.Command != "RCPT":
		return nil
	case e.Kind == event.MessageAccepted:
		id = Receive
	case e.Kind == event.RecipientRemoved:
		id, source = Drop, byAgent
	}
	if !e.Remote.IsValid() && source == bySMTP {
		source = byAgent // an application's
	}
	r := l.newRow(e, id, source)
	r.ClientIp, r.ClientHostname = ip(e.Remote), value(e.Helo)
	r.ServerIp, r.ServerHostname, r.OriginalServerIp = ip(e.Local), l.Host, ip(e.Local)
	if e.Connector != "" {
		r.ConnectorId = value(cmp.Or(l.Server, l.Host) + `\` + e.Connector)
	}
	if id == Receive {
		r.Timestamp = e.Time.Add(-e.Held) // it may be delivered before the client gets its answer
		r.SourceContext = join3(e.Session, e.Time.UTC().Format(event.TimeLayout), "0")
		return r
	}
	answer := cmp.Or(e.Reply, text(e.Err))
	r.RecipientStatus = []string{status(answer)}
	r.SourceContext = join3(e.Session, answer, "")
	return r
}

// attempted returns the row of the outcome of an attempt, or of giving up.
func (l *Log) attempted(e *event.Event) *Row {
	id, source := Send, bySMTP
	answer := cmp.Or(e.Reply, text(e.Err))
	switch e.Kind {
	case event.Deferred:
		id, source = Defer, sourceOf(e)
	case event.Refused:
		id, source = Fail, sourceOf(e)
	case event.Expired:
		id, source = Fail, byQueue
	}
	r := l.newRow(e, id, source)
	r.ClientIp, r.ClientHostname = ip(e.Local), l.Host
	r.ServerIp, r.ServerHostname, r.ConnectorId = hostOf(e.Addr), value(e.Host), value(e.SendConnector)
	r.SourceContext = join3(e.Session, answer, "ClientSubmitTime:")
	r.RecipientStatus = []string{status(answer)}
	if e.Kind == event.Expired {
		r.RecipientStatus = []string{"550 4.4.7 QUEUE.Expired;" + status(answer)}
	}
	if e.Delay > 0 || id == Send {
		arrived := e.Time.Add(-e.Delay).UTC().Format(event.TimeLayout)
		r.MessageInfo = arrived + ";LSRV=" + l.Host + ":TOTAL=" + strconv.FormatFloat(e.Delay.Seconds(), 'f', 3, 64)
	}
	return r
}

// sourceOf returns who is to blame for an attempt that failed.
func sourceOf(e *event.Event) string {
	switch {
	case e.NextHop == "":
		return byRouting
	case errors.As(e.Err, new(*net.DNSError)):
		return byDNS
	case e.Host == "":
		return byQueue
	}
	return bySMTP
}

// operated returns the row of an operator's action.
func (l *Log) operated(e *event.Event) *Row {
	id, action := Drop, "dropped"
	if e.Kind == event.ChangedByOperator {
		switch action = attr(e, "action"); action {
		case "drop":
			return nil // each recipient has its own event
		case "suspend":
			id = Defer
		default:
			id = Resubmit
		}
	}
	r := l.newRow(e, id, byAdmin)
	r.ServerHostname, r.SourceContext = l.Host, join3(e.Session, action, "")
	if e.Kind == event.Dropped {
		r.RecipientStatus = []string{status(cmp.Or(e.Reply, text(e.Err)))}
		return r
	}
	for _, to := range e.AllTo {
		r.Recipients = append(r.Recipients, address(to))
	}
	r.RecipientCount = len(r.Recipients)
	return r
}

// attr returns the value of an attribute of an event.
func attr(e *event.Event, key string) string {
	for _, a := range e.Attrs {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

// reported returns the row of a delivery report that was made. It is about the report.
func (l *Log) reported(e *event.Event) *Row {
	about := *e
	if e.ReportEnvelope != nil {
		about.SetMessage(e.ReportEnvelope)
	}
	about.Outgoing = true
	r := l.newRow(&about, DSN, byDSN)
	r.ServerHostname, r.Reference, r.RecipientStatus = l.Host, value(e.MessageID), []string{status(e.Detail)}
	c := custom{r.CustomData}
	c.add("OriginalId", e.ID)
	c.add("OriginalNetworkId", e.NetworkID)
	r.CustomData = c.String()
	return r
}

// throttled returns the row that says that there are no rows for further refusals.
func (l *Log) throttled(e *event.Event) *Row {
	r := &Row{
		Timestamp: e.Time, EventId: Throttle, Source: bySMTP, SourceContext: value(e.Session), ClientIp: ip(e.Remote), ClientHostname: value(e.Helo), ServerIp: ip(e.Local),
		ServerHostname: l.Host, Reference: "further refusals in this minute have no rows", OriginalClientIp: ip(e.Remote),
		TransportTrafficType: "Email", LogId: envelope.NewNetworkID(), SchemaVersion: Version,
	}
	return r
}

// custom is the text of CustomData.
type custom struct{ text string }

// add adds a key, unless its value is "".
func (c *custom) add(key, v string) {
	if v == "" {
		return
	}
	if c.text != "" {
		c.text += ";"
	}
	c.text += "S:" + key + "=" + value(v)
}

// String returns the text.
func (c *custom) String() string { return c.text }

// value returns the text of a client or host, cut, without what would end the value.
func value(s string) string { return strings.ReplaceAll(cut(s, maxValue), ";", "<3B>") }

// status returns the reply to one recipient.
func status(s string) string { return value(strings.TrimSpace(s)) }

// address returns an address as the log has it.
func address(a routing.Address) string { return value(a.String()) }

// sender returns a sender as the log has it.
func sender(a routing.Address) string {
	if a.IsNull() {
		return "<>"
	}
	return address(a)
}

// join3 joins the parts of a source context.
func join3(session, second, third string) string {
	return value(session) + ";" + value(second) + ";" + third
}

// text returns the text of an error, "" for nil.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// ip returns the IP address of an address and port; "" for the zero one.
func ip(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.Addr().String()
}

// hostOf returns the host in an address with a port.
func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return value(addr)
}

// cut returns s, or the beginning of it with "..." if it has more than max bytes.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max] + "..."
}
