package analysis

import (
	"cmp"
	"strconv"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// comparedSetting is a parameter of Receive connectors that is compared by its value.
type comparedSetting struct {
	name string
	text func(*connector.Receive) string
	// rank is higher the more the value allows; nil if the values have no order.
	rank func(*connector.Receive) int64
	// acts reports whether the value makes a difference for any client of one of the
	// two connectors; nil if it always does.
	acts settingCondition
}

// settingCondition reports whether a setting has an effect on a connector.
type settingCondition func(*sessionPair, *connector.Inbound) bool

// where returns the setting with a condition for its effect.
func (s comparedSetting) where(acts settingCondition) comparedSetting {
	s.acts = acts
	return s
}

// The lowest and the highest rank.
const (
	least = -1 << 63
	most  = 1<<63 - 1
)

// limitSetting is a setting of which more is wider, and less than 1 is no limit.
func limitSetting[T ~int | ~int32 | ~int64](name string, get func(*connector.Receive) T) comparedSetting {
	return comparedSetting{
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

// delaySetting is a setting that slows down clients that are refused: longer is
// stricter.
func delaySetting(name string, get func(*connector.Receive) time.Duration) comparedSetting {
	return comparedSetting{
		name: name,
		text: func(r *connector.Receive) string { return param.FormatTimeSpan(get(r)) },
		rank: func(r *connector.Receive) int64 { return -int64(get(r)) },
	}
}

// timeoutSetting is a setting after which the connection ends: longer is wider.
func timeoutSetting(name string, get func(*connector.Receive) time.Duration) comparedSetting {
	s := delaySetting(name, get)
	s.rank = func(r *connector.Receive) int64 { return int64(get(r)) }
	return s
}

// keywordSetting is an extension that EHLO offers, or doesn't.
func keywordSetting(name string, get func(*connector.Receive) bool) comparedSetting {
	return comparedSetting{
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

// textSetting is a setting whose values have no order.
func textSetting(name string, get func(*connector.Receive) string) comparedSetting {
	return comparedSetting{name: name, text: func(r *connector.Receive) string {
		if s := get(r); s != "" {
			return strconv.Quote(s)
		}
		return "nothing"
	}}
}

// settings returns the parameters that no decision of a Session shows.
func settings() []comparedSetting {
	type R = connector.Receive
	return []comparedSetting{
		{
			name: "MaxHeaderSize",
			text: func(r *R) string { return sizeText(max(int64(r.MaxHeaderSize), 0)) },
			rank: limitSetting("", func(r *R) param.Size { return r.MaxHeaderSize }).rank,
			acts: takesMail,
		},
		limitSetting("MaxHopCount", func(r *R) int { return r.MaxHopCount }).where(takesMail),
		limitSetting("MaxLocalHopCount", func(r *R) int { return r.MaxLocalHopCount.Or(0) }).where(takesMail),
		limitSetting("MaxInboundConnection", func(r *R) param.Limit { return r.MaxInboundConnection }),
		limitSetting("MaxInboundConnectionPerSource", func(r *R) param.Limit { return r.MaxInboundConnectionPerSource }),
		limitSetting("MaxInboundConnectionPercentagePerSource", func(r *R) int { return r.MaxInboundConnectionPercentagePerSource }).
			where(func(_ *sessionPair, in *connector.Inbound) bool { return in.Settings().MaxInboundConnection > 0 }),
		limitSetting("MessageRateLimit", func(r *R) param.Limit { return r.MessageRateLimit }).where(takesMail),
		textSetting("MessageRateSource", func(r *R) string { return r.MessageRateSource.Or(0).String() }).
			where(func(e *sessionPair, in *connector.Inbound) bool {
				return in.Settings().MessageRateLimit > 0 && takesMail(e, in)
			}),
		limitSetting("MaxLogonFailures", func(r *R) int { return r.MaxLogonFailures.Or(0) }).where(offersAuth),
		{
			name: "MaxProtocolErrors",
			text: func(r *R) string { return r.MaxProtocolErrors.Or(0).String() },
			rank: func(r *R) int64 { return int64(uint32(r.MaxProtocolErrors.Or(0))) }, // Unlimited is -1
		},
		delaySetting("TarpitInterval", func(r *R) time.Duration { return r.TarpitInterval.Or(0) }).
			where(func(_ *sessionPair, in *connector.Inbound) bool { return !isExternal(in) }), // whose clients are trusted
		delaySetting("AuthTarpitInterval", func(r *R) time.Duration { return r.AuthTarpitInterval.Or(0) }).where(offersAuth),
		timeoutSetting("ConnectionInactivityTimeout", func(r *R) time.Duration { return r.ConnectionInactivityTimeout }),
		timeoutSetting("ConnectionTimeout", func(r *R) time.Duration { return r.ConnectionTimeout }),
		{
			name: "MaxAcknowledgementDelay",
			text: func(r *R) string { return param.FormatTimeSpan(r.MaxAcknowledgementDelay.Or(0)) },
			acts: takesMail,
		},
		keywordSetting("BinaryMimeEnabled", func(r *R) bool { return r.BinaryMimeEnabled.Or(false) }),
		keywordSetting("ChunkingEnabled", func(r *R) bool { return r.ChunkingEnabled.Or(false) }),
		keywordSetting("DeliveryStatusNotificationEnabled", func(r *R) bool { return r.DeliveryStatusNotificationEnabled.Or(false) }),
		keywordSetting("EightBitMimeEnabled", func(r *R) bool { return r.EightBitMimeEnabled.Or(false) }),
		keywordSetting("PipeliningEnabled", func(r *R) bool { return r.PipeliningEnabled.Or(false) }),
		keywordSetting("SmtpUtf8Enabled", func(r *R) bool { return r.SmtpUtf8Enabled.Or(false) }),
		{
			name: "AddMissingHeadersEnabled",
			text: func(r *R) string { return strconv.FormatBool(r.AddMissingHeadersEnabled.Or(false)) },
			acts: completesHeaders,
		},
		{
			name: "BareLinefeedRejectionEnabled",
			text: func(r *R) string { return strconv.FormatBool(r.BareLinefeedRejectionEnabled.Or(false)) },
			rank: func(r *R) int64 {
				return -keywordSetting("", func(r *R) bool { return r.BareLinefeedRejectionEnabled.Or(false) }).rank(r)
			},
			acts: takesMail,
		},
		{name: "EnhancedStatusCodesEnabled", text: func(r *R) string { return strconv.FormatBool(r.EnhancedStatusCodesEnabled.Or(false)) }},
		textSetting("SizeEnabled", func(r *R) string { return r.SizeEnabled.String() }),
		textSetting("Fqdn", func(r *R) string { return r.Fqdn }),
		textSetting("Banner", func(r *R) string { return r.Banner }),
		textSetting("DefaultDomain", func(r *R) string { return r.DefaultDomain }),
		textSetting("TlsCertificateName", func(r *R) string { return r.TlsCertificateName }).
			where(func(e *sessionPair, in *connector.Inbound) bool { return e.implicit || mechanismOf(in).Has(auth.TLS) }),
	}
}

// compareSettings compares the parameters that decide about no command.
func (c *comparer) compareSettings(place int) {
	e := c.openPair(place, representative{}, c.pairs[place].implicit)
	old, now := e.inbounds[0].Settings(), e.inbounds[1].Settings()
	for _, s := range settings() {
		was, is := s.text(old), s.text(now)
		if was == is || s.acts != nil && !s.acts(e, e.inbounds[0]) && !s.acts(e, e.inbounds[1]) {
			continue
		}
		d := delta{aspect: AspectSetting, direction: Different, subject: s.name, before: was, after: is, anyChannel: true}
		if s.rank != nil {
			d.direction = toward(cmp.Compare(s.rank(now), s.rank(old)) > 0)
		}
		e.record(d, e.dialog())
	}
}

// takesMail reports whether some client of in can send a message.
func takesMail(e *sessionPair, in *connector.Inbound) bool {
	return e.anySession(in, func(connector.Session) bool { return true })
}

// completesHeaders reports whether in adds missing header fields to the messages of
// some client.
func completesHeaders(e *sessionPair, in *connector.Inbound) bool {
	return e.anySession(in, func(s connector.Session) bool { return s.CompletesHeader(0) })
}

// anySession reports whether is returns true for a session on in that may send MAIL.
func (e *sessionPair) anySession(in *connector.Inbound, is func(connector.Session) bool) bool {
	for _, who := range e.representatives(e.pair, relayRights) {
		for _, tls := range []bool{false, true} {
			if !tls && (e.implicit || len(who.Partner) > 0) {
				continue
			}
			at := &sessionPair{comparer: e.comparer, pair: e.pair, who: who, tls: tls}
			if s, ok := at.open(in); ok && s.Mail(connector.Mail{}).Allowed() && is(s) {
				return true
			}
		}
	}
	return false
}

// offersAuth reports whether clients may log on to in.
func offersAuth(_ *sessionPair, in *connector.Inbound) bool {
	return mechanismOf(in).Has(auth.BasicAuth)
}

func isExternal(in *connector.Inbound) bool { return mechanismOf(in).Has(auth.ExternalAuthoritative) }

func mechanismOf(in *connector.Inbound) auth.Mechanism {
	return in.Settings().AuthMechanism.Or(auth.None)
}
