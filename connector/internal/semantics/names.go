package semantics

import (
	"net/netip"
	"slices"
	"strings"
)

// domainName returns a domain in the spelling in which domains are compared: lower-case
// A-labels without a dot at the end, or an address literal.
// docs/differences.md "internationalised domains".
func domainName(text string) string {
	if literal, ok := strings.CutPrefix(text, "["); ok {
		return literalName(strings.TrimSuffix(literal, "]"))
	}
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(text, ".")), ".")
	for i, label := range labels {
		if !isASCII(label) {
			labels[i] = "xn--" + punycode([]rune(label))
		}
	}
	return strings.Join(labels, ".")
}

// spelling is domainName for what may be "*" or begin with "*.".
func spelling(text string) string {
	if parent, wildcard := strings.CutPrefix(text, "*."); wildcard {
		return "*." + domainName(parent)
	}
	return domainName(text)
}

// spellNames gives the names of domains in d the spelling in which they are compared.
func (d *document) spellNames() {
	for i := range d.Accepted {
		d.Accepted[i].DomainName = spelling(d.Accepted[i].DomainName)
	}
	for i := range d.Remote {
		d.Remote[i].DomainName = spelling(d.Remote[i].DomainName)
	}
	for i := range d.Send {
		d.Send[i].TlsDomain = spelling(d.Send[i].TlsDomain)
	}
	for _, list := range [][]string{d.Transport.TLSReceiveDomainSecureList, d.Transport.TLSSendDomainSecureList} {
		for i := range list {
			list[i] = domainName(list[i])
		}
	}
}

// literalName returns an address literal, [192.0.2.1] or [IPv6:2001:db8::1].
func literalName(text string) string {
	const tag = "ipv6:"
	if len(text) > len(tag) && Fold(text[:len(tag)]) == tag {
		text = text[len(tag):]
	}
	a, err := netip.ParseAddr(text)
	switch a = a.Unmap(); {
	case err != nil:
		return "[" + text + "]"
	case a.Is4():
		return "[" + a.String() + "]"
	}
	return "[IPv6:" + a.String() + "]"
}

// The parameters of punycode, RFC 3492 section 5.
const (
	punyBase, punyFirst  = 36, 0x80
	punyMin, punyMax     = 1, 26
	punySkew, punyDamp   = 38, 700
	punyStart, punyDigit = 72, "abcdefghijklmnopqrstuvwxyz0123456789"
)

// punycode encodes a label as RFC 3492 section 6.3 says.
func punycode(label []rune) string {
	var out strings.Builder
	for _, r := range label {
		if r < punyFirst {
			out.WriteRune(r)
		}
	}
	basic := out.Len()
	if basic > 0 {
		out.WriteByte('-')
	}
	bias, delta, next := punyStart, 0, rune(punyFirst)
	for handled := basic; handled < len(label); next++ {
		least := rune(0x7fffffff)
		for _, r := range label {
			if r >= next {
				least = min(least, r)
			}
		}
		delta += int(least-next) * (handled + 1)
		next = least
		for _, r := range label {
			if r < next {
				delta++
			}
			if r == next {
				writeDelta(&out, delta, bias)
				handled++
				bias = adapt(delta, handled, handled == basic+1)
				delta = 0
			}
		}
		delta++
	}
	return out.String()
}

// writeDelta writes a number with digits of variable weight.
func writeDelta(out *strings.Builder, delta, bias int) {
	for k := punyBase; ; k += punyBase {
		threshold := min(max(k-bias, punyMin), punyMax)
		if delta < threshold {
			out.WriteByte(punyDigit[delta])
			return
		}
		out.WriteByte(punyDigit[threshold+(delta-threshold)%(punyBase-threshold)])
		delta = (delta - threshold) / (punyBase - threshold)
	}
}

// adapt is the bias for the next number, RFC 3492 section 6.1.
func adapt(delta, handled int, first bool) int {
	if delta /= 2; first {
		delta = delta * 2 / punyDamp
	}
	delta += delta / handled
	k := 0
	for ; delta > (punyBase-punyMin)*punyMax/2; k += punyBase {
		delta /= punyBase - punyMin
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}

// DomainNames returns the names of domains that the text has, sorted, without those of
// Receive connectors that serve no client.
func (p *Policy) DomainNames() []string {
	var all []string
	add := func(name string) {
		if name = strings.TrimPrefix(spelling(name), "*."); name != "*" && name != "--" && name != "" {
			all = append(all, name)
		}
	}
	for _, a := range p.Accepted {
		add(a.DomainName)
	}
	for _, s := range p.sendConnectors {
		add(s.TlsDomain)
		for _, space := range s.spaces {
			if space.smtp {
				add(space.name)
			}
		}
	}
	for _, name := range slices.Concat(p.Transport.TLSReceiveDomainSecureList, p.Transport.TLSSendDomainSecureList) {
		add(name)
	}
	for _, d := range p.Remote {
		add(d.DomainName)
	}
	for _, r := range p.Receivers {
		for _, by := range r.AllowedSenders {
			add(DomainOf(by))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
