package schema

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Limits are the least and the greatest value of a number: a count, a size in
// bytes, or a time span in nanoseconds. The zero Limits limits nothing.
// Unlimited is in every range of the kinds that have it.
type Limits struct{ Min, Max int64 }

const (
	kb    = 1 << 10
	most  = math.MaxInt32
	day   = 24 * time.Hour
	month = 30 * day
)

func between(low, high int64) Limits { return Limits{low, high} }

func lasting(low, high time.Duration) Limits { return Limits{int64(low), int64(high)} }

// Contain reports whether n is within the limits.
func (l Limits) Contain(n int64) bool { return l == (Limits{}) || l.Min <= n && n <= l.Max }

// text writes the limits of numbers of a kind as Exchange writes such numbers.
func (l Limits) text(k *Kind) string {
	if l == (Limits{}) {
		return ""
	}
	low, high := k.number(l.Min), k.number(l.Max)
	if l.Max == math.MaxInt64 {
		return low + " or more"
	}
	if strings.HasSuffix(high, " bytes") {
		low = strings.TrimSuffix(strings.TrimSuffix(low, " bytes"), " byte")
	}
	text := low + " to " + high
	if k.Unlimited() {
		text += " or unlimited"
	}
	return text
}

// number writes a number of the kind.
func (k *Kind) number(n int64) string {
	switch k.unit {
	case nanoseconds:
		return param.FormatTimeSpan(time.Duration(n))
	case bytes, limitedBytes:
		switch {
		case n == 0:
			return "0"
		case n == 1:
			return "1 byte"
		case n%kb == 0:
			return strconv.FormatInt(n/kb, 10) + "KB"
		}
		return strconv.FormatInt(n, 10) + " bytes"
	}
	return strconv.FormatInt(n, 10)
}

// Defaults are the values that a parameter may have where it isn't given. The
// first that applies is it; the last applies to all that is left.
type Defaults []Default

// Default is a value and when it applies. Its zero conditions apply always.
type Default struct {
	Usage  string // of the connector
	In2007 bool   // in the profile Exchange2007
	OnEdge bool   // on Edge servers
	Value  string // as Exchange writes it
}

// is is a default that always applies.
func is(value string) Defaults { return Defaults{{Value: value}} }

func (d Defaults) in2007(value string) Defaults {
	return append(Defaults{{In2007: true, Value: value}}, d...)
}

func (d Defaults) onEdge(value string) Defaults {
	return append(Defaults{{OnEdge: true, Value: value}}, d...)
}

func (d Defaults) usage(usage, value string) Defaults {
	return append(Defaults{{Usage: usage, Value: value}}, d...)
}

// For returns the default of a connector with the usage ("" for an object that isn't
// a connector) in the profile Exchange2007 or the current one, on an Edge server or
// another; "" if the parameter has no default.
func (d Defaults) For(usage string, in2007, onEdge bool) string {
	for _, one := range d {
		if (one.Usage == "" || one.Usage == usage) && (!one.In2007 || in2007) && (!one.OnEdge || onEdge) {
			return one.Value
		}
	}
	return ""
}

// ByUsage reports whether the usage of a connector matters.
func (d Defaults) ByUsage() bool {
	for _, one := range d {
		if one.Usage != "" {
			return true
		}
	}
	return false
}

// text writes the general default first, then where it differs.
func (d Defaults) text() string {
	var parts []string
	for i := range d {
		one := d[len(d)-1-i]
		var when []string
		if one.In2007 {
			when = append(when, "in 2007")
		}
		if one.OnEdge {
			when = append(when, "on Edge")
		}
		if one.Usage != "" {
			when = append(when, "with usage "+one.Usage)
		}
		parts = append(parts, strings.TrimSpace(strings.Join(when, " ")+" "+one.Value))
	}
	return strings.Join(parts, "; ")
}
