package mutation

import (
	"encoding"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
)

// texts are values of the kinds that are neither numbers nor enumerations. They are so few
// that the settings of two objects are often equal or about the same domain.
var texts = map[*schema.Kind][]string{
	schema.Address:     {"192.0.2.53", "10.9.9.9", "2001:db8::53"},
	schema.Binding:     {"0.0.0.0:25", "192.0.2.1:25", "0.0.0.0:587", "[::]:25", "192.0.2.7:25", "0.0.0.0:465", "192.0.2.1:465", "[2001:db8::25]:25"},
	schema.Certificate: {"<I>CN=CA<S>CN=mail.contoso.com", "<I>CN=CA<S>CN=other.example"},
	schema.Date:        {"2027-06-30", "2028-01-01"},
	schema.Domain:      {"partner.test", "other.test", "contoso.com", "fabrikam.com"},
	schema.Fqdn:        {"mail.contoso.com", "other.example"},
	schema.Mailbox:     {"scanner@contoso.com", "reports@fabrikam.com"},
	schema.Range:       {"10.0.0.4", "10.0.0.0/29", "10.0.0.3-10.0.0.9", "0.0.0.0-255.255.255.255", "::ffff:10.0.0.0/125", "2001:db8::2-2001:db8::9", "::/0"},
	schema.RemoteName:  {"partner.test", "*.contoso.com", "contoso.com", "*", "*.fabrikam.com", "example.net"},
	schema.Sender:      {"ann@contoso.com", "@contoso.com", "@*.contoso.com", "@elsewhere.org"},
	schema.Server:      {"A", "B", "C"},
	schema.SmartHost:   {"mx1.contoso.com", "mx2.contoso.com", "10.9.9.9", "mx.isp.example"},
	schema.Space:       {"*;1", "*;5", "contoso.com;1", "*.contoso.com;1", "a.contoso.com;2", "*.fabrikam.com;2", "[192.0.2.9];1", "partner.test;1", "Local:*;1"},
	schema.StatusCode:  {"5.4.6", "5.7.1", "5.1.4, 5.4.8"},
	schema.Subdomains:  {"isp.example", "*.isp.example", "contoso.com", "*.contoso.com", "fabrikam.com"},
}

// drawable reports whether redraw knows values of the parameter.
func drawable(row *schema.Row) bool {
	return row.Kind == schema.Boolean || row.Kind.Number() || row.Kind.Values != nil || texts[row.Kind] != nil
}

// redraw changes a field to another value of its parameter, or to none. It may draw the same
// value, or one that other parameters don't allow.
func redraw(r *rand.Rand, row *schema.Row, field reflect.Value) bool {
	if setting.Given(field) && r.IntN(4) == 0 {
		field.SetZero()
		return true
	}
	v := setting.Target(field)
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() == reflect.Uint8 {
		draw(r, row, v)
		return true
	}
	v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()+1), v)) // others may share the list
	if n := v.Len(); n > 0 && r.IntN(2) == 0 {
		at := r.IntN(n)
		v.Set(reflect.AppendSlice(v.Slice(0, at), v.Slice(at+1, n)))
	}
	if r.IntN(3) > 0 {
		added := reflect.New(v.Type().Elem()).Elem()
		draw(r, row, added)
		v.Set(reflect.Append(v, added))
	}
	return true
}

// draw sets v to a random value of a parameter.
func draw(r *rand.Rand, row *schema.Row, v reflect.Value) {
	switch {
	case row.Kind == schema.Boolean:
		v.SetBool(r.IntN(2) == 0) // one that isn't given may be true by default
	case row.Kind.Number():
		v.SetInt(number(r, row, v.Int()))
	case row.Kind.Values != nil:
		// Some values of flags stand alone.
		for setText(v, word(r, row.Kind)) != nil {
		}
	default:
		text := one(r, texts[row.Kind])
		if err := setText(v, text); err != nil {
			panic(fmt.Sprintf("%s takes no %q: %v", row.Name, text, err))
		}
	}
}

// number draws a number within the limits of a parameter: one of its ends, one near the
// present value, or any of the order of the others.
func number(r *rand.Rand, row *schema.Row, now int64) int64 {
	low, high := row.Limits.Min, row.Limits.Max
	if high == 0 {
		high = 100
	}
	pool := []int64{low, low + 1, high - 1, high, now + 1, now - 1, 2*low + 1, low + r.Int64N(min(high-low, 1<<20)+1)}
	if row.Kind.Unlimited() {
		pool = append(pool, -1)
	}
	return one(r, pool)
}

// word draws a value of an enumeration.
func word(r *rand.Rand, k *schema.Kind) string {
	if !k.Flags {
		return one(r, k.Values)
	}
	var words []string
	for range 1 + r.IntN(3) {
		if w := one(r, k.Values); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// setText reads a value from its text.
func setText(v reflect.Value, text string) error {
	if p, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return p.UnmarshalText([]byte(text))
	}
	v.SetString(text)
	return nil
}
