package connector_test

import (
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestScalars checks that each range ends where it is documented to end.
func TestScalars(t *testing.T) {
	day := 24 * time.Hour
	type set = func(r *connector.Receive, n int64)
	for _, row := range []struct {
		field     source.Path
		low, high int64
		set       set
	}{
		{"ConnectionTimeout", int64(time.Second), int64(day), func(r *connector.Receive, n int64) { r.ConnectionTimeout = time.Duration(n) }},
		{"ConnectionInactivityTimeout", int64(time.Second), int64(day), func(r *connector.Receive, n int64) { r.ConnectionInactivityTimeout = time.Duration(n) }},
		{"TarpitInterval", 0, int64(10 * time.Minute), func(r *connector.Receive, n int64) { r.TarpitInterval = param.Value(time.Duration(n)) }},
		{"AuthTarpitInterval", 0, int64(10 * time.Minute), func(r *connector.Receive, n int64) { r.AuthTarpitInterval = param.Value(time.Duration(n)) }},
		{"MaxHeaderSize", 1, 1<<31 - 1, func(r *connector.Receive, n int64) { r.MaxHeaderSize = param.Size(n) }},
		{"MaxMessageSize", 65536, 1<<31 - 1, func(r *connector.Receive, n int64) { r.MaxMessageSize = param.Size(n) }},
		{"MaxHopCount", 1, 500, func(r *connector.Receive, n int64) { r.MaxHopCount = int(n) }},
		{"MaxLocalHopCount", 0, 50, func(r *connector.Receive, n int64) { r.MaxLocalHopCount = param.Value(int(n)) }},
		{"MaxAcknowledgementDelay", 0, int64(day), func(r *connector.Receive, n int64) { r.MaxAcknowledgementDelay = param.Value(time.Duration(n)) }},
		{"MaxInboundConnection", 1, 1<<31 - 1, func(r *connector.Receive, n int64) { r.MaxInboundConnection = param.Limit(n) }},
		{"MaxProtocolErrors", 0, 1<<31 - 1, func(r *connector.Receive, n int64) { r.MaxProtocolErrors = param.Value(param.Limit(n)) }},
		{"MessageRateLimit", 1, 1<<31 - 1, func(r *connector.Receive, n int64) { r.MessageRateLimit = param.Limit(n) }},
		{"MaxInboundConnectionPerSource", 1, 10000, func(r *connector.Receive, n int64) { r.MaxInboundConnectionPerSource = param.Limit(n) }},
		{"MaxInboundConnectionPercentagePerSource", 1, 100, func(r *connector.Receive, n int64) { r.MaxInboundConnectionPercentagePerSource = int(n) }},
		{"MaxLogonFailures", 0, 10, func(r *connector.Receive, n int64) { r.MaxLogonFailures = param.Value(int(n)) }},
		{"MaxRecipientsPerMessage", 1, 512000, func(r *connector.Receive, n int64) { r.MaxRecipientsPerMessage = int(n) }},
	} {
		// Zero is the default where the range doesn't begin with it, and -1
		// is Unlimited where that is a limit.
		outside := []int64{-7, row.high + 1}
		if row.low > 1 {
			outside = append(outside, row.low-1)
		}
		for _, n := range append(outside, row.low, row.high) {
			c := ruleConfig()
			row.set(&c.Receive[1], n)
			errs, _ := c.Check()
			path := source.Path(`Receive["Relay"].`) + row.field
			got := slices.ContainsFunc(errs, func(p source.Diagnostic) bool { return p.Path == path && p.Code == source.CodeOutOfRange })
			if want := n < row.low || n > row.high; got != want {
				t.Errorf("%s = %d: out of range %v, want %v: %v", row.field, n, got, want, errs)
			}
		}
	}
}

// TestSendScalars does the same for Send connectors.
func TestSendScalars(t *testing.T) {
	for _, row := range []struct {
		field     source.Path
		low, high int64
		set       func(s *connector.Send, n int64)
	}{
		{"Port", 1, 65535, func(s *connector.Send, n int64) { s.Port = int(n) }},
		{"SmtpMaxMessagesPerConnection", 1, 1<<31 - 1, func(s *connector.Send, n int64) { s.SmtpMaxMessagesPerConnection = int(n) }},
		{"ConnectionInactivityTimeOut", int64(time.Second), int64(24 * time.Hour), func(s *connector.Send, n int64) { s.ConnectionInactivityTimeOut = time.Duration(n) }},
		{"MaxMessageSize", 1, 1<<31 - 1, func(s *connector.Send, n int64) { s.MaxMessageSize = param.Size(n) }},
	} {
		for _, n := range []int64{-7, row.low, row.high, row.high + 1} {
			c := ruleConfig()
			row.set(&c.Send[1], n)
			errs, _ := c.Check()
			got := slices.ContainsFunc(errs, func(p source.Diagnostic) bool {
				return p.Path == `Send["Direct"].`+row.field && p.Code == source.CodeOutOfRange
			})
			if want := n < row.low || n > row.high; got != want {
				t.Errorf("%s = %d: out of range %v, want %v: %v", row.field, n, got, want, errs)
			}
		}
	}
}
