package analysis

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// comparedSetting is a parameter that is compared by its value, because no decision of a
// Session shows it.
type comparedSetting struct {
	*schema.Row
	field int // of the configuration
}

// settingsOf returns those parameters of a noun, in the order of their rows, which set the
// fields of C.
func settingsOf[C any](n *schema.Noun) (all []comparedSetting) {
	for i := range n.Rows {
		row := &n.Rows[i]
		if f, ok := reflect.TypeFor[C]().FieldByName(row.FieldName()); ok && row.Order != schema.NotCompared {
			all = append(all, comparedSetting{row, f.Index[0]})
		}
	}
	return all
}

var receiveSettings = settingsOf[connector.Receive](&schema.ReceiveConnector)

// connectorEffects are the conditions for the effect of a setting on a connector: whether the
// value makes a difference for any client. Other settings that aren't in messageEffects always
// have an effect.
var connectorEffects = map[string]func(*sessionPair, *connector.Inbound) bool{
	"MaxLogonFailures": offersAuth, "AuthTarpitInterval": offersAuth,
	"TarpitInterval": func(_ *sessionPair, in *connector.Inbound) bool { return !isExternal(in) }, // whose clients are trusted
	"MaxInboundConnectionPercentagePerSource": func(_ *sessionPair, in *connector.Inbound) bool {
		return in.Settings().MaxInboundConnection > 0
	},
	"TlsCertificateName": speaksTLS, "TlsMinimumVersion": speaksTLS, "TlsLegacyCipherSuites": speaksTLS, "TlsLegacyEndDate": speaksLegacyTLS,
}

// messageEffects are the conditions for the effect of a setting on the messages of a session
// that may send MAIL.
var messageEffects = map[string]func(connector.Session, *connector.Receive) bool{
	"MaxHeaderSize": always, "MaxHopCount": always, "MaxLocalHopCount": always, "MessageRateLimit": always,
	"MaxAcknowledgementDelay": always, "BareLinefeedRejectionEnabled": always, "TrustedAuthenticationServices": always,
	"MessageRateSource":        func(_ connector.Session, on *connector.Receive) bool { return on.MessageRateLimit > 0 },
	"AddMissingHeadersEnabled": func(s connector.Session, _ *connector.Receive) bool { return s.CompletesHeader(0) },
	"MessageAuthenticationMode": func(s connector.Session, _ *connector.Receive) bool {
		return s.MessageAuthentication() != param.AuthenticationOff
	},
	"AllowedSenders": func(s connector.Session, _ *connector.Receive) bool { return !s.Authenticated() },
	"RewriteSender":  replacesSenders, "RewriteFrom": replacesSenders,
}

func always(connector.Session, *connector.Receive) bool { return true }

// replacesSenders reports whether the senders of a session may be replaced: those of users and
// of clients who haven't logged on.
func replacesSenders(s connector.Session, _ *connector.Receive) bool {
	return !s.Authenticated() || s.Identity().Is(permission.SIDAuthenticatedUsers)
}

// of returns the value that c, a pointer to a struct of the configuration, has for the
// setting, in words and as a number that is higher the greater the value is; 0 if values of
// its type have no order.
func (s comparedSetting) of(c any) (text string, rank int64) {
	switch v := setting.Value(reflect.ValueOf(c).Elem().Field(s.field)); v.Interface().(type) {
	case int, param.Limit, param.Size, time.Duration:
		if s.NoLimit(v.Int()) {
			return unlimited, math.MaxInt64
		}
		return valueText(v.Interface()), v.Int()
	case param.TlsVersion:
		return fmt.Sprint(v), int64(v.Uint())
	case bool:
		if v.Bool() {
			rank = 1
		}
		return strconv.FormatBool(v.Bool()), rank
	case param.StatusCodes:
		return fmt.Sprint(v), 0
	case []param.Sender:
		return cmp.Or(inOrder(v.Interface().([]param.Sender), param.Sender.String), "any sender"), 0
	case []param.CipherSuite:
		return cmp.Or(inOrder(addedSuites(c), param.CipherSuite.String), "nothing"), 0
	case []string:
		return cmp.Or(inOrder(v.Interface().([]string), strings.ToLower), "nothing"), 0
	default:
		if text = fmt.Sprint(v); text != "" {
			return strconv.Quote(text), 0
		}
		return "nothing", 0
	}
}

// inOrder joins the texts of a list whose order decides nothing.
func inOrder[T any](list []T, text func(T) string) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = text(v)
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

// addedSuites returns those TlsLegacyCipherSuites of a Receive connector that others don't have. TLS
// 1.3 has its own.
func addedSuites(receive any) []param.CipherSuite {
	r := receive.(*connector.Receive)
	if r.TlsMinimumVersion == param.Tls13 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.TlsLegacyCipherSuites), func(s param.CipherSuite) bool { return !s.Legacy() })
}

// valueText returns a number as Exchange writes it.
func valueText(v any) string {
	switch v := v.(type) {
	case param.Size:
		text, _ := v.MarshalText() // of a size that Compile took
		return string(text)
	case time.Duration:
		return param.FormatTimeSpan(v)
	}
	return fmt.Sprint(v)
}

// compareSettings compares the parameters that decide about no command.
func (c *comparer) compareSettings(place int) {
	e := c.openPair(place, representative{}, c.pairs[place].implicit)
	for _, s := range receiveSettings {
		before, was := s.of(e.inbounds[0].Settings())
		after, is := s.of(e.inbounds[1].Settings())
		if before == after {
			continue
		}
		witness, effective := e.settingWitness(s.Name)
		if !effective {
			continue
		}
		d := delta{aspect: AspectSetting, direction: Different, subject: s.Name, before: before, after: after, anyChannel: true}
		switch s.Order {
		case schema.MoreIsWider:
			d.direction = toward(is > was)
		case schema.MoreIsStricter:
			d.direction = toward(is < was)
		}
		if s.Kind == schema.Sender {
			d.direction = sendersDirection(e.inbounds[0].Settings().AllowedSenders, e.inbounds[1].Settings().AllowedSenders)
		}
		e.record(d, witness)
	}
}

// settingWitness returns a session in which a setting has an effect, under both policies if
// there is one. It reports false if the setting has no effect.
func (e *sessionPair) settingWitness(name string) (connector.Dialog, bool) {
	if effect := messageEffects[name]; effect != nil {
		if at := e.messenger(effect); at != nil {
			return at.dialogWithRecipient(0), true
		}
		return connector.Dialog{}, false
	}
	effect := connectorEffects[name]
	return e.dialog(), effect == nil || effect(e, e.inbounds[0]) || effect(e, e.inbounds[1])
}

// messenger returns a session that may send messages on which a setting has an effect, under
// both policies if there is one, and to a recipient that both accept; nil if there is no such
// session.
func (e *sessionPair) messenger(effect func(connector.Session, *connector.Receive) bool) (best *sessionPair) {
	most := 0
	for _, at := range e.sessionPairs(e.place, relayRights) {
		rank := 0
		for i, s := range at.opened {
			if at.submit[i] && effect(s, at.inbounds[i].Settings()) {
				rank += 2
			}
		}
		if rank > 0 && at.bothAccept() {
			rank++
		}
		if rank > most {
			best, most = at, rank
		}
	}
	return best
}

// sendersDirection compares lists of senders, of which an empty one allows all.
func sendersDirection(was, is []param.Sender) Direction {
	within := func(some, all []param.Sender) bool {
		return len(all) == 0 || len(some) > 0 && !slices.ContainsFunc(some, func(s param.Sender) bool { return !slices.Contains(all, s) })
	}
	switch {
	case within(is, was):
		return Stricter
	case within(was, is):
		return Wider
	}
	return Different
}

// offersAuth reports whether clients may log on to in.
func offersAuth(_ *sessionPair, in *connector.Inbound) bool {
	return mechanismOf(in).LogsOn()
}

// speaksTLS reports whether clients may begin TLS.
func speaksTLS(e *sessionPair, in *connector.Inbound) bool {
	return e.implicit || mechanismOf(in).Has(auth.TLS)
}

// speaksLegacyTLS reports whether clients may use versions or cipher suites that other connectors
// refuse, for which alone there is an end date.
func speaksLegacyTLS(e *sessionPair, in *connector.Inbound) bool {
	return speaksTLS(e, in) && in.Settings().AllowsLegacyTLS()
}

func isExternal(in *connector.Inbound) bool { return mechanismOf(in).Has(auth.ExternalAuthoritative) }

func mechanismOf(in *connector.Inbound) auth.Mechanism {
	return in.Settings().AuthMechanism.Or(auth.None)
}
