package connector_test

import (
	"encoding"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// configured are the structs of the configuration whose parameters are rows of the
// schema: how one stands in a Config and where, and its defaults there.
var configured = []struct {
	noun *schema.Noun
	path source.Path
	at   func(*connector.Config) any // a pointer
	full func(*connector.Config) any // a pointer
}{
	{&schema.ReceiveConnector, `Receive["Relay"]`, func(c *connector.Config) any { return &c.Receive[0] },
		func(c *connector.Config) any { r := c.Receive[0].WithDefaults(c); return &r }},
	{&schema.SendConnector, `Send["Out"]`, func(c *connector.Config) any { return &c.Send[0] },
		func(c *connector.Config) any { s := c.Send[0].WithDefaults(c); return &s }},
	{&schema.TransportConfig, "Transport", func(c *connector.Config) any { return &c.Transport },
		func(c *connector.Config) any { t := c.Transport.WithDefaults(c); return &t }},
	{&schema.TransportService, `Services["S"]`, func(c *connector.Config) any { return &c.Services[0] },
		func(c *connector.Config) any { s := c.Services[0].WithDefaults(c); return &s }},
	{&schema.RemoteDomain, `Remote["Partner"]`, func(c *connector.Config) any { return &c.Remote[0] },
		func(c *connector.Config) any { d := c.Remote[0].WithDefaults(); return &d }},
	{&schema.AcceptedDomain, "", func(*connector.Config) any { return &routing.AcceptedDomain{} }, nil},
}

// smallConfig is a valid configuration with one of each.
func smallConfig() *connector.Config {
	return &connector.Config{
		Servers:  []routing.Server{{Name: "S", FQDN: "s.contoso.com"}},
		Receive:  []connector.Receive{{Name: "Relay", Bindings: []netip.AddrPort{at("10.2.3.4:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("10.0.0.1")}}},
		Send:     []connector.Send{{Name: "Out", AddressSpaces: spaces("*")}},
		Services: []connector.Service{{Name: "S"}},
		Remote:   []connector.RemoteDomain{{Name: "Partner", DomainName: "partner.example"}},
	}
}

// TestRowsAndFields checks that every field of the configuration has a row, and
// every enforced parameter that a cmdlet sets has a field.
func TestRowsAndFields(t *testing.T) {
	noRow := map[string]string{
		"ReceiveConnector.Permissions": "Add-ADPermission", "SendConnector.Permissions": "Add-ADPermission",
		"TransportService.Name":                           "the server of Identity",
		"TransportConfig.UseDowngradedExchangeServerAuth": "Set-TransportService of this server",
	}
	noField := map[string]string{
		"TransportService.UseDowngradedExchangeServerAuth": "a field of Transport",
	}
	for _, tt := range configured {
		typ, rows := reflect.TypeOf(tt.at(smallConfig())).Elem(), map[string]bool{}
		for i := range tt.noun.Rows {
			r := &tt.noun.Rows[i]
			rows[r.FieldName()] = true
			key := tt.noun.Names[0] + "." + r.Name
			sets := r.Verbs&(schema.New|schema.Set) != 0 && !r.Switch() && r.Name != "Identity" && r.Status() == schema.Enforced
			if _, ok := typ.FieldByName(r.FieldName()); sets && !ok && noField[key] == "" {
				t.Errorf("%v has no field for %s", typ, r.Name)
			}
			delete(noField, key)
		}
		for i := range typ.NumField() {
			key := tt.noun.Names[0] + "." + typ.Field(i).Name
			if !rows[typ.Field(i).Name] && noRow[key] == "" {
				t.Errorf("the schema has no row for %s", key)
			}
			delete(noRow, key)
		}
	}
	if len(noRow)+len(noField) > 0 {
		t.Errorf("not needed any more: %v %v", noRow, noField)
	}
}

// TestDefaultsAreTheRows checks the default of each row for every usage, edition and
// role.
func TestDefaultsAreTheRows(t *testing.T) {
	n := 0
	for _, tt := range configured {
		for i := range 20 {
			in2007, onEdge, usage := i&1 != 0, i&2 != 0, param.Usage(i>>2)
			c := smallConfig()
			c.Servers[0].Edge, c.Receive[0].Usage, c.Send[0].Usage = onEdge, usage, usage
			c.Receive[0].Bindings, c.Receive[0].RemoteIPRanges = nil, nil
			if in2007 {
				c.Profile = permission.Exchange2007
			}
			if tt.full == nil {
				continue
			}
			full := reflect.ValueOf(tt.full(c)).Elem()
			for i := range tt.noun.Rows {
				r := &tt.noun.Rows[i]
				f := full.FieldByName(r.FieldName())
				want := r.Default.For(usage.String(), in2007, onEdge)
				if !f.IsValid() || want == "" || r.Name == "Usage" {
					continue
				}
				n++
				if got := exchangeText(setting.Value(f)); got != strings.TrimPrefix(want, "$") {
					t.Errorf("%s.%s with usage %v, in 2007 %v, on Edge %v is %q, the row says %q", tt.noun.Names[0], r.Name, usage, in2007, onEdge, got, want)
				}
			}
		}
	}
	if n < 1500 {
		t.Errorf("%d defaults compared", n)
	}
}

// exchangeText prints a value as the rows write it.
func exchangeText(v reflect.Value) string {
	switch p := v.Interface().(type) {
	case time.Duration:
		return param.FormatTimeSpan(p)
	case encoding.TextMarshaler:
		text, err := p.MarshalText()
		return fmt.Sprint(string(text)) + strings.TrimPrefix(fmt.Sprint(err), "<nil>")
	}
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	var items []string
	for i := range v.Len() {
		items = append(items, exchangeText(v.Index(i)))
	}
	return strings.Join(items, ", ")
}

// TestLimitsAreTheRows checks that each number is refused outside the limits of its row,
// and only there.
func TestLimitsAreTheRows(t *testing.T) {
	n := 0
	for _, tt := range configured {
		for i := range tt.noun.Rows {
			r := &tt.noun.Rows[i]
			if f, ok := reflect.TypeOf(tt.at(smallConfig())).Elem().FieldByName(r.FieldName()); !ok || r.Limits == (schema.Limits{}) || f.Name == "" {
				continue
			}
			n++
			tries := []int64{r.Limits.Min - 7, r.Limits.Min, r.Limits.Max, r.Limits.Max + 1}
			if r.Kind.Unlimited() {
				tries = append(tries, int64(param.Unlimited))
			}
			for _, value := range tries {
				c := smallConfig()
				f := reflect.ValueOf(tt.at(c)).Elem().FieldByName(r.FieldName())
				number := setting.Target(f)
				if number.OverflowInt(value) || value == 0 && !setting.Is(f) {
					continue
				}
				number.SetInt(value)
				errs, _ := c.Check()
				got := slices.ContainsFunc(errs, func(p source.Diagnostic) bool {
					return p.Path == tt.path.Field(source.Path(r.Name)) && p.Code == source.CodeOutOfRange && strings.Contains(p.Detail, r.LimitsText())
				})
				unlimited := r.Kind.Unlimited() && value == int64(param.Unlimited)
				if want := !unlimited && (value < r.Limits.Min || value > r.Limits.Max); got != want {
					t.Errorf("%s.%s = %d: out of range %v, the row says %s: %v", tt.path, r.Name, value, got, r.LimitsText(), errs)
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("%d ranges tried", n)
	}
}

// TestEnumerationsAreTheRows checks that a value that an enumeration doesn't have is
// refused.
func TestEnumerationsAreTheRows(t *testing.T) {
	n := 0
	for _, tt := range configured {
		for i := range tt.noun.Rows {
			r, c := &tt.noun.Rows[i], smallConfig()
			f := reflect.ValueOf(tt.at(c)).Elem().FieldByName(r.FieldName())
			if r.Kind.Values == nil || !f.IsValid() || tt.path == "" {
				continue
			}
			n++
			v, path := setting.Target(f), tt.path.Field(source.Path(r.Name))
			if r.List {
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
				v, path = v.Index(0), path.Index(0)
			}
			v.SetUint(200 << (v.Type().Bits() - 8)) // the highest flags are free
			errs, _ := c.Check()
			if !slices.ContainsFunc(errs, func(p source.Diagnostic) bool {
				return p.Path == path && (p.Code == source.CodeValueInvalid || p.Code == connector.CodeAuthInvalid)
			}) {
				t.Errorf("%s.%s takes unknown flags: %v", tt.path, r.Name, errs)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d enumerations tried", n)
	}
}
