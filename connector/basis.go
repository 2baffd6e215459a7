package connector

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Basis is a parameter that decided a Step.
type Basis struct {
	Path   source.Path // in the Config: Receive["Relay"].MaxMessageSize
	Value  string      // in effect, as Exchange prints it; "" if the parameter is empty
	Origin Origin
	// Usage or Limits has the preset that the value is from, if Origin is OriginPreset: Limits unless
	// it is None.
	Usage  param.Usage
	Limits param.SmartHostLimits

	Position source.Position // where a file sets it, see [Trace.WithPlaces]; zero: not known, or set by no file
}

// String returns "path = value", followed by the file and the line that set the
// value, or by its origin unless the Config gives it.
func (b Basis) String() string {
	text := string(b.Path)
	if b.Value != "" {
		text += " = " + b.Value
	}
	return text + b.originText()
}

// originText says in parentheses where the value comes from, after a blank; "" if that isn't known.
func (b Basis) originText() string {
	switch {
	case b.Origin == OriginPreset && b.Limits != param.SmartHostLimitsNone:
		return " (preset " + b.Limits.String() + ")"
	case b.Origin == OriginPreset:
		return " (preset of usage " + b.Usage.String() + ")"
	case b.Origin == OriginDefault:
		return " (default)"
	case b.Position != source.Position{}:
		at := b.Position
		at.Column = 0 // the path says more
		return " (" + at.String() + ")"
	}
	return ""
}

// Origin says where the value of a parameter came from.
type Origin uint8

// The origins.
const (
	OriginGiven   Origin = iota // the Config gives it
	OriginPreset                // the connector's Usage or SmartHostLimits fills it in
	OriginDefault               // Exchange documents it as the default, for the edition and the role of the server
)

// String returns "given", "preset" or "default".
func (s Origin) String() string {
	switch s {
	case OriginPreset:
		return "preset"
	case OriginDefault:
		return "default"
	}
	return "given"
}

// MarshalText implements [encoding.TextMarshaler].
func (s Origin) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Basis returns the parameters that decided the step: with other values, the result
// could be different. It is made on demand. A step that depends on the session alone
// has no basis.
func (s Step) Basis() []Basis {
	all := s.basis()
	for i, b := range all {
		if b.Origin == OriginGiven {
			all[i].Position, _ = s.places.Find(b.Path)
		}
	}
	return all
}

// basis is Basis without positions.
func (s Step) basis() []Basis {
	switch {
	case s.receive != nil:
		return s.receive.basis()
	case s.hop != nil:
		return slices.Clone(s.hop)
	case s.send != nil:
		return s.of.policy.basisOf(s.send, s.about.have)
	case s.Right.IsValid() && s.of.in != nil:
		return s.of.in.basisOf(&s)
	case s.Right.IsValid() && s.of.out != nil:
		return s.of.out.basisOf(&s)
	}
	var all []Basis
	for _, parameter := range strings.Fields(checkTexts[s.Check].parameters) {
		switch list, name, _ := strings.Cut(parameter, "."); {
		case list == "Receive" && s.of.in != nil:
			all = append(all, s.of.in.basis(name))
		case list == "Send" && s.of.out != nil:
			all = append(all, s.of.out.basis(name))
		case list == "Transport":
			all = append(all, s.of.policy.transportBasis(name))
		case list == "Accepted":
			all = append(all, s.of.policy.acceptedBasis(s.about.subject))
		}
	}
	return all
}

// basis returns the parameter of that name.
func (in *Inbound) basis(name string) Basis {
	b := Basis{Path: in.path.Field(source.Path(name)), Value: settingText(&in.settings, name)}
	switch {
	case setting.Given(fieldOf(in.given, name)):
	case receiveParameters.byUsage(name):
		b.Origin, b.Usage = OriginPreset, in.settings.Usage
	default:
		b.Origin = OriginDefault
	}
	return b
}

// element is basis for one element of a list.
func (in *Inbound) element(name string, i int) Basis {
	b := in.basis(name)
	b.Path, b.Value = b.Path.Index(i), elementOf(&in.settings, name, i)
	return b
}

// basis returns the parameter of that name.
func (out *Outbound) basis(name string) Basis {
	b := Basis{Path: out.path.Field(source.Path(name)), Value: settingText(&out.settings, name)}
	if !setting.Given(fieldOf(out.given, name)) {
		b.Origin = OriginDefault
	}
	return b
}

// transportBasis returns the parameter of Transport of that name.
func (p *Policy) transportBasis(name string) Basis {
	t := &p.config.Transport
	b := Basis{Path: source.Path("Transport." + name), Value: settingText(t, name)}
	if !setting.Given(fieldOf(t, name)) {
		b.Origin = OriginDefault
	}
	return b
}

// basis returns the parameters that decided on a Receive connector.
func (r *receiveCandidate) basis() []Basis {
	in := r.in
	switch r.fate {
	case FateDisabled:
		return []Basis{in.basis("Enabled")}
	case FateOtherBinding:
		return []Basis{in.basis("Bindings")}
	case FateOtherRange:
		return []Basis{in.basis("RemoteIPRanges")}
	case FateWildcard:
		return []Basis{in.element("Bindings", r.binding)}
	case FateLargerRange:
		return []Basis{in.element("RemoteIPRanges", r.index)}
	case FateOtherRole:
		return []Basis{in.basis("TransportRole"), in.element("RemoteIPRanges", r.index)}
	}
	return []Basis{in.element("Bindings", r.binding), in.element("RemoteIPRanges", r.index)}
}

// basisOf returns the parameters that decided on a Send connector for a message of
// size bytes.
func (p *Policy) basisOf(c *routing.Candidate, size int64) []Basis {
	out := p.send[c.Index]
	space := out.basis("AddressSpaces")
	for i, a := range out.settings.AddressSpaces {
		if a == c.Space {
			space.Path, space.Value = space.Path.Index(i), a.String()
			break
		}
	}
	switch c.Fate {
	case routing.Disabled:
		return []Basis{space, out.basis("Enabled")}
	case routing.OutOfScope:
		return []Basis{space, out.basis("IsScopedConnector"), out.basis("SourceTransportServers")}
	case routing.Unconnected, routing.Farther:
		return []Basis{space, out.basis("SourceTransportServers")}
	case routing.TooSmall:
		return append([]Basis{space}, p.tooSmall(out, size)...)
	}
	return []Basis{space}
}

// tooSmall returns the limits of a Send connector that a message of size bytes exceeds,
// or else the limits of the site links.
func (p *Policy) tooSmall(out *Outbound, size int64) []Basis {
	var all []Basis
	if limit := limitOf(out.settings.MaxMessageSize); limit > 0 && size > limit {
		all = append(all, out.basis("MaxMessageSize"))
	}
	if limit := limitOf(p.config.Transport.MaxSendSize); limit > 0 && size > limit {
		all = append(all, p.transportBasis("MaxSendSize"))
	}
	if len(all) > 0 {
		return all
	}
	for i, l := range p.config.Links {
		if l.MaxSize > 0 && size > l.MaxSize {
			all = append(all, Basis{Path: source.Element("Links", i, l.Name) + ".MaxSize", Value: param.Size(l.MaxSize).String()})
		}
	}
	return all
}

// basisOf returns the grants that decided on a right. If there is no grant, it
// returns PermissionGroups, which is the usual way to grant the right.
func (in *Inbound) basisOf(s *Step) []Basis {
	var all []Basis
	grouped := len(s.Grants) == 0
	for _, g := range s.Grants {
		grouped = grouped || g.Group != 0
	}
	if grouped {
		all = append(all, in.basis("PermissionGroups"))
	}
	return append(all, explicitGrants(in.path, in.settings.Permissions, s)...)
}

// basisOf returns the grants that decided on a right. Grants that are not in
// Permissions come with the connector.
func (out *Outbound) basisOf(s *Step) []Basis {
	all := explicitGrants(out.path, out.settings.Permissions, s)
	if len(all) > 0 {
		return all
	}
	b := Basis{Path: out.path + ".Permissions", Origin: OriginDefault}
	if out.policy.config.Profile == permission.Exchange2007 {
		b.Origin, b.Usage = OriginPreset, out.settings.Usage // permission.SendGrants
	}
	return []Basis{b}
}

// explicitGrants returns the grants of Add-ADPermission that decided on a right.
func explicitGrants(path source.Path, grants []permission.Grant, s *Step) []Basis {
	var all []Basis
	for _, decided := range s.Grants {
		for i, g := range grants {
			if g == decided {
				all = append(all, Basis{Path: (path + ".Permissions").Index(i), Value: grantText(g, s.Right)})
				break
			}
		}
	}
	return all
}

// acceptedBasis returns the accepted domain that covers a domain, or the whole list if
// none does.
func (p *Policy) acceptedBasis(domain string) Basis {
	d, err := routing.ParseDomain(domain)
	if err != nil {
		return p.allAccepted()
	}
	best, longest := -1, 0
	for i, a := range p.config.Accepted {
		one, err := routing.NewAccepted(a)
		if err != nil {
			continue
		}
		// The longest covers best: an entry for a domain itself is as long as it gets.
		if _, covers := one.Lookup(d); covers && len(strings.TrimPrefix(a.DomainName, "*.")) > longest {
			best, longest = i, len(strings.TrimPrefix(a.DomainName, "*."))
		}
	}
	if best < 0 {
		return p.allAccepted()
	}
	a := p.config.Accepted[best]
	typ, _ := p.Accepted(d)
	return Basis{Path: source.Element("Accepted", best, a.Name), Value: a.DomainName + " " + typ.String()}
}

// allAccepted returns the list of accepted domains.
func (p *Policy) allAccepted() Basis {
	b := Basis{Path: "Accepted"}
	var names []string
	for _, a := range p.config.Accepted {
		names = append(names, a.DomainName)
	}
	if b.Value = listText(names); b.Value == "" {
		b.Origin = OriginDefault
	}
	return b
}

// fieldOf returns a field of the struct that p points to.
func fieldOf(p any, name string) reflect.Value { return reflect.ValueOf(p).Elem().FieldByName(name) }

// settingText returns a field of the struct that p points to as text.
func settingText(p any, name string) string {
	v := setting.Value(fieldOf(p, name))
	if v.Kind() != reflect.Slice {
		return textOf(v)
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = textOf(v.Index(i))
	}
	return listText(items)
}

// listText returns the beginning of a list, which may have thousands of elements.
func listText(items []string) string {
	const shown = 3
	if n := len(items) - shown; n > 0 {
		return strings.Join(items[:shown], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(items, ", ")
}

// elementOf returns an element of the list in a field of a struct as text.
func elementOf(p any, name string, i int) string {
	return textOf(fieldOf(p, name).Index(i))
}
