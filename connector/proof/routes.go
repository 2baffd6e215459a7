package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// checkRoutes checks that SizeLimits has the limits of the policies, that each domain has
// one list of ways, that the sizes of these have no gap, and that the next hops are right
// for the smallest and the largest message of each way. As a message grows, Send
// connectors only drop out, in a fixed order, so equal routes at two sizes are equal in
// between.
func (v *verifier) checkRoutes() error {
	var limits []int64
	for _, p := range v.policies {
		limits = append(limits, p.SizeLimits()...)
	}
	slices.Sort(limits)
	if limits = slices.Compact(limits); !slices.Equal(v.SizeLimits, limits) {
		return wrong("SizeLimits", "it is %v, and %v is right", v.SizeLimits, limits)
	}
	var places [][]int
	for _, r := range v.Routes {
		places = append(places, r.Domains)
	}
	if err := cover("Routes", len(v.Domains), always, places); err != nil {
		return err
	}
	for i, r := range v.Routes {
		if err := v.checkSizes(r.Ways); err != nil {
			return wrong(nth("Routes", i), "%w", err)
		}
		for _, place := range r.Domains {
			if err := v.checkWays(place, r.Ways); err != nil {
				return wrong(nth("Routes", i), "domain %d (%s): %w", place, v.Domains[place].Witness, err)
			}
		}
	}
	return nil
}

// checkSizes checks that ways cover all sizes and end at limits.
func (v *verifier) checkSizes(ways []Way) error {
	above := int64(-1)
	for i, way := range ways {
		last := i == len(ways)-1
		switch {
		case way.Above != above:
			return wrong(nth("Ways", i), "it is for messages above %d bytes, and %d is right", way.Above, above)
		case last != (way.Upto == 0):
			return wrong(nth("Ways", i), "it ends at %d bytes, and the last way has no end", way.Upto)
		case !last && (way.Upto <= above || !slices.Contains(v.SizeLimits, way.Upto)):
			return wrong(nth("Ways", i), "it ends at %d bytes, which is no limit of the policy above %d", way.Upto, above)
		case i > 0 && slices.Equal(way.Connectors, ways[i-1].Connectors) && slices.Equal(way.Answers, ways[i-1].Answers):
			return wrong(nth("Ways", i), "it is the same as the way before it, and one is right for both")
		}
		above = way.Upto
	}
	if len(ways) == 0 {
		return fmt.Errorf("there is no way for any size")
	}
	return nil
}

// checkWays checks the next hop for the smallest and the largest message of each way.
func (v *verifier) checkWays(domain int, ways []Way) error {
	for i := range v.policies {
		from := v.policies[i].Candidates("user@" + v.Domains[domain].Witness)
		for j, way := range ways {
			if err := v.spend(int64(hopSteps + from.Len())); err != nil {
				return err
			}
			for _, size := range v.extremes(way) {
				name, answer := v.hop(i, domain, from.Route(size))
				if way.Connectors[i] != name || way.Answers[i] != answer {
					return wrong(nth("Ways", j), "a message of %d bytes leaves through %q to %q, and through %q to %q is right", size, way.Connectors[i], way.Answers[i], name, answer)
				}
			}
		}
	}
	return nil
}

// extremes returns the sizes of the smallest and the largest message of a way.
func (v *verifier) extremes(way Way) [2]int64 {
	switch n := len(v.SizeLimits); {
	case way.Upto > 0:
		return [2]int64{way.Above + 1, way.Upto}
	case n > 0:
		return [2]int64{way.Above + 1, v.SizeLimits[n-1] + 1}
	}
	return [2]int64{way.Above + 1, way.Above + 1}
}

// hop returns the Send connector and the next hop of a route.
func (v *verifier) hop(policy, domain int, r semantics.Route) (name, answer string) {
	p := v.policies[policy]
	switch {
	case r.Outcome == "too large":
		return "", TooLarge
	case r.Outcome != "routed":
		return "", Unreachable
	case r.Via != "":
		return r.Connector, "server " + r.Via
	}
	return r.Connector, hopText(p.NextHop(r), v.Domains[domain].Witness)
}

// hopText describes the next hop of mail to a domain.
func hopText(h semantics.NextHop, domain string) string {
	text := "mail exchangers"
	if len(h.Hosts) > 0 {
		text = strings.Join(h.Hosts, " or ")
	}
	text += fmt.Sprintf(", port %d, TLS ", h.Port)
	switch {
	case h.TLS.Never:
		text += "never used"
	case h.TLS.Required:
		text += "required"
	default:
		text += "used if offered"
	}
	if h.TLS.Trusted && !h.TLS.Never {
		text += ", certificate trusted"
		if h.TLS.Domain == domain {
			text += " and for the recipient's domain"
		} else if h.TLS.Domain != "" {
			text += " and for " + h.TLS.Domain
		}
		if h.TLS.SmartHost {
			text += " and for the smart host"
		}
	}
	if h.Logon != "" {
		text += ", logs on by " + h.Logon
	}
	return text + ", header fields kept: " + cmp.Or(strings.Join(h.Fields, ", "), "none")
}
