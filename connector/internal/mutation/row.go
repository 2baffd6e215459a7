package mutation

import (
	"math/rand/v2"
	"reflect"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
)

// object is a kind of object of the configuration, whose parameters are those of a noun.
type object struct {
	noun *schema.Noun
	of   reflect.Type
	pick func(r *rand.Rand, c *connector.Config) any // a pointer to a random one; nil: the configuration has no such object
}

func objects() []object {
	return []object{
		objectOf(&schema.ReceiveConnector, func(c *connector.Config) *[]connector.Receive { return &c.Receive }),
		objectOf(&schema.SendConnector, func(c *connector.Config) *[]connector.Send { return &c.Send }),
		objectOf(&schema.AcceptedDomain, acceptedOf),
		objectOf(&schema.RemoteDomain, func(c *connector.Config) *[]connector.RemoteDomain { return &c.Remote }),
		objectOf(&schema.TransportService, func(c *connector.Config) *[]connector.Service { return &c.Services }),
		objectOf(&schema.AdSiteLink, linksOf),
		{&schema.TransportConfig, reflect.TypeFor[connector.Transport](), func(_ *rand.Rand, c *connector.Config) any { return &c.Transport }},
	}
}

func objectOf[T any](noun *schema.Noun, list func(*connector.Config) *[]T) object {
	return object{noun, reflect.TypeFor[T](), func(r *rand.Rand, c *connector.Config) any {
		if p := in(r, *list(c)); p != nil {
			return p
		}
		return nil
	}}
}

// parameters yields the enforced parameters of the configuration with their objects and
// fields.
func parameters(yield func(o object, row *schema.Row, field []int)) {
	for _, o := range objects() {
		for i := range o.noun.Rows {
			row := &o.noun.Rows[i]
			if f, ok := o.of.FieldByName(row.FieldName()); ok && row.Status() == schema.Enforced && row.Verbs&(schema.New|schema.Set) != 0 {
				yield(o, row, f.Index)
			}
		}
	}
}

// parameterName returns the name of a parameter in Operator.Parameters.
func parameterName(o object, row *schema.Row) string { return o.noun.Names[0] + "." + row.Name }

// special are parameters that have operators of their own only: two hardly ever go with the
// others, and limits drawn from all numbers would take sessions with millions of recipients.
var special = map[string]bool{
	"SendConnector.TlsDomain": true, "SendConnector.DNSRoutingEnabled": true, "ReceiveConnector.MaxRecipientsPerMessage": true, "TransportConfig.MaxRecipientEnvelopeLimit": true,
}

// rowOperators give each enforced parameter another value, by the kind of its values.
func rowOperators() []Operator {
	var all []Operator
	parameters(func(o object, row *schema.Row, field []int) {
		name := parameterName(o, row)
		if silent[name] || special[name] || !drawable(row) {
			return
		}
		all = append(all, Operator{name, []string{name}, func(r *rand.Rand, c *connector.Config) bool {
			p := o.pick(r, c)
			return p != nil && redraw(r, row, fieldOf(p, field))
		}})
	})
	return all
}

func fieldOf(p any, field []int) reflect.Value { return reflect.ValueOf(p).Elem().FieldByIndex(field) }
