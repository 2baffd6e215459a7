package exchange

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
)

// trackingCommands are the cmdlets about the message tracking log.
func (o *Org) trackingCommands() []object.Command {
	return []object.Command{&command{
		name: "Get-MessageTrackingLog", synopsis: "Searches the message tracking log of a gateway.",
		params: parameters(schema.MessageTrackingLog.Rows, schema.Get),
		run: func(call *object.Call) error {
			if err := o.noticeAll(call, schema.MessageTrackingLog.Rows); err != nil {
				return err
			}
			if o.Tracking == nil {
				return errNoTracking
			}
			return o.getTrackingLog(call)
		},
	}}
}

// errNoTracking is the error of cmdlets that need a message tracking log.
var errNoTracking = errors.New("it needs a message tracking log: start gateway shell with -data DIR, the data directory of a gateway, or -logs DIR")

var trackingShape = object.NewShape("Timestamp", "ClientIp", "ClientHostname", "ServerIp", "ServerHostname", "SourceContext", "ConnectorId", "Source", "EventId",
	"InternalMessageId", "MessageId", "NetworkMessageId", "Recipients", "RecipientStatus", "TotalBytes", "RecipientCount", "RelatedRecipientAddress", "Reference",
	"MessageSubject", "Sender", "ReturnPath", "Directionality", "TenantId", "OriginalClientIp", "MessageInfo", "MessageLatency", "MessageLatencyType", "EventData",
	"TransportTrafficType", "SchemaVersion")

// trackingObject is the object of Get-MessageTrackingLog.
func trackingObject(r *operations.TrackingRow) *object.Object {
	list := func(texts []string) object.Value {
		l := &object.List{}
		for _, s := range texts {
			l.Items = append(l.Items, s)
		}
		return l
	}
	var reference object.Value
	if r.Reference != "" {
		reference = list(strings.Split(r.Reference, ";"))
	}
	latency, kind := object.Value(nil), "None"
	if d, ok := latencyOf(r.MessageInfo); ok {
		latency, kind = object.Span(d), "LocalServer"
	}
	v := trackingShape.Object("MessageTrackingEvent", []object.Value{
		showTime(r.Timestamp), showText(r.ClientIp), showText(r.ClientHostname), showText(r.ServerIp), showText(r.ServerHostname), showText(r.SourceContext), showText(r.ConnectorId),
		r.Source, r.EventId, showText(r.InternalMessageId), showText(r.MessageId), showText(r.NetworkMessageId), list(r.Recipients), list(r.RecipientStatus), r.TotalBytes,
		int64(r.RecipientCount), showText(r.RelatedRecipientAddress), reference, showText(r.MessageSubject), showText(r.Sender), showText(r.ReturnPath), showText(r.Directionality),
		showText(r.TenantId), showText(r.OriginalClientIp), showText(r.MessageInfo), latency, typed{"MessageLatencyType", kind}, eventData(r.CustomData),
		showText(r.TransportTrafficType), showText(r.SchemaVersion),
	})
	v.Ref, v.Text = r, "MessageTrackingEvent"
	v.Columns = []string{"EventId", "Source", "Sender", "Recipients", "MessageSubject"}
	return v
}

// latencyOf returns the latency in a message-info of this gateway, TIME;LSRV=host:TOTAL=1.500.
func latencyOf(info string) (time.Duration, bool) {
	_, text, ok := strings.Cut(info, ":TOTAL=")
	if !ok {
		return 0, false
	}
	text, _, _ = strings.Cut(text, "|")
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds < 0 || seconds > 1e9 {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// eventData shows custom-data, S:key=value;S:key=value, as Exchange shows it: [key, value] each.
func eventData(custom string) object.Value {
	if custom == "" {
		return nil
	}
	l := &object.List{}
	for pair := range strings.SplitSeq(custom, ";") {
		key, value, _ := strings.Cut(strings.TrimPrefix(pair, "S:"), "=")
		l.Items = append(l.Items, "["+key+", "+value+"]")
	}
	return l
}

// getTrackingLog is Get-MessageTrackingLog.
func (o *Org) getTrackingLog(call *object.Call) error {
	if err := o.checkServers(call); err != nil {
		return err
	}
	s, err := newTrackingSearch(call)
	if err != nil {
		return err
	}
	shown, err := pageOf(call)
	if err != nil {
		return err
	}
	var failed []error
	for r, err := range o.Tracking.Search(contextOf(call), s.since, s.until) {
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if s.match(&r) && !shown.add(trackingObject(&r)) {
			break
		}
	}
	if err := shown.emit(call); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// trackingSearch has the parameters of a Get-MessageTrackingLog.
type trackingSearch struct {
	since, until time.Time
	tests        []func(*operations.TrackingRow) bool
	recipients   []string
}

// newTrackingSearch reads the parameters.
func newTrackingSearch(call *object.Call) (*trackingSearch, error) {
	s := new(trackingSearch)
	var err error
	if s.since, err = timeArgument(call, "Start"); err != nil {
		return nil, err
	}
	if s.until, err = timeArgument(call, "End"); err != nil {
		return nil, err
	}
	for _, p := range trackingParameters {
		v, given := call.Args[p.name]
		if !given {
			continue
		}
		text, err := single(v)
		if err != nil {
			return nil, &object.ArgumentError{Parameter: p.name, Err: err}
		}
		s.tests = append(s.tests, func(r *operations.TrackingRow) bool { return p.match(p.field(r), text) })
	}
	for _, v := range object.Items(call.Args["Recipients"]) {
		text, err := single(v)
		if err != nil {
			return nil, &object.ArgumentError{Parameter: "Recipients", Err: err}
		}
		for one := range strings.SplitSeq(text, ",") {
			s.recipients = append(s.recipients, strings.TrimSpace(one))
		}
	}
	return s, nil
}

// timeArgument returns a parameter that is a time; zero if it isn't given.
func timeArgument(call *object.Call, name string) (time.Time, error) {
	v, given := call.Args[name]
	if !given {
		return time.Time{}, nil
	}
	if t, ok := v.(object.Time); ok {
		return time.Time(t), nil
	}
	text, err := single(v)
	if err == nil {
		var t object.Time
		if t, err = parseFilterTime(text); err == nil {
			return time.Time(t), nil
		}
	}
	return time.Time{}, &object.ArgumentError{Parameter: name, Err: err}
}

// trackingParameters are the parameters that compare one field.
var trackingParameters = []struct {
	name  string
	field func(*operations.TrackingRow) string
	match func(field, wanted string) bool
}{
	{"Sender", func(r *operations.TrackingRow) string { return r.Sender }, strings.EqualFold},
	{"MessageId", func(r *operations.TrackingRow) string { return r.MessageId }, sameMessageID},
	{"InternalMessageId", func(r *operations.TrackingRow) string { return r.InternalMessageId }, strings.EqualFold},
	{"NetworkMessageId", func(r *operations.TrackingRow) string { return r.NetworkMessageId }, strings.EqualFold},
	{"MessageSubject", func(r *operations.TrackingRow) string { return r.MessageSubject }, func(field, wanted string) bool {
		return strings.Contains(strings.ToLower(field), strings.ToLower(wanted))
	}},
	{"EventId", func(r *operations.TrackingRow) string { return r.EventId }, strings.EqualFold},
	{"Source", func(r *operations.TrackingRow) string { return r.Source }, strings.EqualFold},
	{"Reference", func(r *operations.TrackingRow) string { return r.Reference }, func(field, wanted string) bool {
		return slices.ContainsFunc(strings.Split(field, ";"), func(one string) bool { return sameMessageID(one, wanted) })
	}},
	{"TransportTrafficType", func(r *operations.TrackingRow) string { return r.TransportTrafficType }, strings.EqualFold},
}

// sameMessageID compares Message-IDs with or without angle brackets.
func sameMessageID(a, b string) bool {
	return strings.EqualFold(strings.Trim(a, "<>"), strings.Trim(b, "<>"))
}

// match reports whether the parameters select r.
func (s *trackingSearch) match(r *operations.TrackingRow) bool {
	for _, test := range s.tests {
		if !test(r) {
			return false
		}
	}
	return s.recipients == nil || slices.ContainsFunc(r.Recipients, func(to string) bool {
		return slices.ContainsFunc(s.recipients, func(wanted string) bool { return strings.EqualFold(to, wanted) })
	})
}
