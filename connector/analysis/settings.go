package analysis

import (
	"cmp"
	"strconv"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// setting is a parameter of Receive connectors that is compared by its value.
type setting struct {
	name string
	text func(*connector.Receive) string
	// rank is higher the more may happen; nil if the values have no order.
	rank func(*connector.Receive) int64
	// acts reports whether the value makes a difference for any client of the
	// connector; nil if it always does.
	acts func(*connector.Inbound) bool
}

// The least and the most that may happen.
const (
	least = -1 << 63
	most  = 1<<63 - 1
)

// limit is a setting of which more is wider, and less than 1 is no limit.
func limit[T ~int | ~int32 | ~int64](name string, get func(*connector.Receive) T) setting {
	return setting{
		name: name,
		text: func(r *connector.Receive) string { return countText(int64(get(r))) },
		rank: func(r *connector.Receive) int64 {
			if n := int64(get(r)); n > 0 {
				return n
			}
			return most
		},
	}
}

// delay is a setting that slows down whoever is refused: longer is stricter.
func delay(name string, get func(*connector.Receive) time.Duration) setting {
	return setting{
		name: name,
		text: func(r *connector.Receive) string { return connector.FormatTimeSpan(get(r)) },
		rank: func(r *connector.Receive) int64 { return -int64(get(r)) },
	}
}

// timeout is a setting after which the connection ends: longer is wider.
func timeout(name string, get func(*connector.Receive) time.Duration) setting {
	s := delay(name, get)
	s.rank = func(r *connector.Receive) int64 { return int64(get(r)) }
	return s
}

// keyword is an extension that EHLO offers, or doesn't.
func keyword(name string, get func(*connector.Receive) bool) setting {
	return setting{
		name: name,
		text: func(r *connector.Receive) string { return strconv.FormatBool(get(r)) },
		rank: func(r *connector.Receive) int64 {
			if get(r) {
				return 1
			}
			return 0
		},
	}
}

// words is a setting that is neither more nor less.
func words(name string, get func(*connector.Receive) string) setting {
	return setting{name: name, text: func(r *connector.Receive) string {
		if s := get(r); s != "" {
			return strconv.Quote(s)
		}
		return "nothing"
	}}
}

// settings are the parameters that no decision of a Session tells.
func settings() []setting {
	type R = connector.Receive
	return []setting{
		{
			name: "MaxHeaderSize",
			text: func(r *R) string { return sizeText(max(int64(r.MaxHeaderSize), 0)) },
			rank: limit("", func(r *R) connector.ByteSize { return r.MaxHeaderSize }).rank,
		},
		limit("MaxHopCount", func(r *R) int { return r.MaxHopCount }),
		limit("MaxLocalHopCount", func(r *R) int { return r.MaxLocalHopCount.Or(0) }),
		limit("MaxInboundConnection", func(r *R) connector.Limit { return r.MaxInboundConnection }),
		limit("MaxInboundConnectionPerSource", func(r *R) connector.Limit { return r.MaxInboundConnectionPerSource }),
		limit("MaxInboundConnectionPercentagePerSource", func(r *R) int { return r.MaxInboundConnectionPercentagePerSource }),
		limit("MessageRateLimit", func(r *R) connector.Limit { return r.MessageRateLimit }),
		words("MessageRateSource", func(r *R) string { return r.MessageRateSource.Or(0).String() }),
		limit("MaxLogonFailures", func(r *R) int { return r.MaxLogonFailures.Or(0) }),
		{
			name: "MaxProtocolErrors",
			text: func(r *R) string { return r.MaxProtocolErrors.Or(0).String() },
			rank: func(r *R) int64 { return int64(uint32(r.MaxProtocolErrors.Or(0))) }, // Unlimited is -1
		},
		delay("TarpitInterval", func(r *R) time.Duration { return r.TarpitInterval.Or(0) }),
		delay("AuthTarpitInterval", func(r *R) time.Duration { return r.AuthTarpitInterval.Or(0) }),
		timeout("ConnectionInactivityTimeout", func(r *R) time.Duration { return r.ConnectionInactivityTimeout }),
		timeout("ConnectionTimeout", func(r *R) time.Duration { return r.ConnectionTimeout }),
		{name: "MaxAcknowledgementDelay", text: func(r *R) string { return connector.FormatTimeSpan(r.MaxAcknowledgementDelay.Or(0)) }},
		keyword("BinaryMimeEnabled", func(r *R) bool { return r.BinaryMimeEnabled.Or(false) }),
		keyword("ChunkingEnabled", func(r *R) bool { return r.ChunkingEnabled.Or(false) }),
		keyword("DeliveryStatusNotificationEnabled", func(r *R) bool { return r.DeliveryStatusNotificationEnabled.Or(false) }),
		keyword("EightBitMimeEnabled", func(r *R) bool { return r.EightBitMimeEnabled.Or(false) }),
		keyword("PipeliningEnabled", func(r *R) bool { return r.PipeliningEnabled.Or(false) }),
		keyword("SmtpUtf8Enabled", func(r *R) bool { return r.SmtpUtf8Enabled.Or(false) }),
		{
			name: "AddMissingHeadersEnabled",
			text: func(r *R) string { return strconv.FormatBool(r.AddMissingHeadersEnabled.Or(false)) },
			acts: submits,
		},
		{
			name: "BareLinefeedRejectionEnabled",
			text: func(r *R) string { return strconv.FormatBool(r.BareLinefeedRejectionEnabled.Or(false)) },
			rank: func(r *R) int64 {
				return -keyword("", func(r *R) bool { return r.BareLinefeedRejectionEnabled.Or(false) }).rank(r)
			},
		},
		{name: "EnhancedStatusCodesEnabled", text: func(r *R) string { return strconv.FormatBool(r.EnhancedStatusCodesEnabled.Or(false)) }},
		words("SizeEnabled", func(r *R) string { return r.SizeEnabled.String() }),
		words("Fqdn", func(r *R) string { return r.Fqdn }),
		words("Banner", func(r *R) string { return r.Banner }),
		words("DefaultDomain", func(r *R) string { return r.DefaultDomain }),
		words("TlsCertificateName", func(r *R) string { return r.TlsCertificateName }),
	}
}

// compareSettings compares what isn't a decision on a command.
func (c *comparer) compareSettings(place int) {
	e := c.meet(place, speaker{}, c.pairs[place].implicit)
	old, now := e.in[0].Settings(), e.in[1].Settings()
	for _, s := range settings() {
		was, is := s.text(old), s.text(now)
		if was == is || s.acts != nil && !s.acts(e.in[0]) && !s.acts(e.in[1]) {
			continue
		}
		d := delta{aspect: AspectSetting, direction: Different, subject: s.name, before: was, after: is, anyChannel: true}
		if s.rank != nil {
			d.direction = toward(cmp.Compare(s.rank(now), s.rank(old)) > 0)
		}
		e.found(d, e.dialog())
	}
}

// submits reports whether clients of in may submit mail of their own: they may relay,
// log on, or are externally secured.
func submits(in *connector.Inbound) bool {
	s := in.Open(auth.Channel{TLS: true})
	return s.Authenticated() || s.Rights().Has(permission.AcceptAnyRecipient) || in.Settings().AuthMechanism.Or(auth.None).Has(auth.BasicAuth)
}

// sizeText is a limit on sizes in words; 0 is none.
func sizeText(n int64) string {
	if n <= 0 {
		return "any size"
	}
	text, err := connector.ByteSize(n).MarshalText()
	if err != nil {
		return strconv.FormatInt(n, 10)
	}
	return string(text)
}

// countText is a limit on numbers in words; 0 is none.
func countText(n int64) string {
	if n <= 0 {
		return "unlimited"
	}
	return strconv.FormatInt(n, 10)
}
