package connector_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
)

// effect is what becomes of a parameter.
type effect int

const (
	enforced effect = iota + 1 // the evaluator, the relay or the sender acts on it
	checked                    // all there is to it is done when a Config is compiled
	noted                      // a name or a remark
)

// TestEveryParameter checks that each parameter has an effect or a warning that it has
// none, so that no parameter is silently ignored. A new field fails here until it is
// listed.
func TestEveryParameter(t *testing.T) {
	for _, tt := range []struct {
		noun    *schema.Noun
		config  reflect.Type
		actors  []string          // the directories of those who act on it, beside this one
		effects map[string]effect // other than enforced
	}{
		{&schema.ReceiveConnector, reflect.TypeFor[connector.Receive](), []string{"../relay", "../relay/dispatch", "../internal/limits"}, map[string]effect{
			"Comment":               noted,
			"Usage":                 checked, // fills in defaults
			"TransportRole":         checked, // it decides between connectors that are otherwise equal
			"SuppressXAnonymousTls": checked, // there is no X-ANONYMOUSTLS to suppress
		}},
		{&schema.SendConnector, reflect.TypeFor[connector.Send](), []string{"../relay/delivery", "../relay/dispatch/internal/schedule"}, map[string]effect{
			"Comment":                noted,
			"LinkedReceiveConnector": checked, // by the rules of CodeLinked, and a warning
			"DNSRoutingEnabled":      checked, // it is the lack of smart hosts
			"SmartHostLimits":        checked, // fills in defaults
		}},
		{&schema.TransportService, reflect.TypeFor[connector.Service](), []string{"../relay", "../relay/delivery", "../relay/dispatch", "../relay/dispatch/internal/schedule"}, nil},
		{&schema.TransportConfig, reflect.TypeFor[connector.Transport](), nil, map[string]effect{
			"UseDowngradedExchangeServerAuth": checked, // for SuppressXAnonymousTls
		}},
		{&schema.RemoteDomain, reflect.TypeFor[connector.RemoteDomain](), nil, nil},
	} {
		read := fieldsRead(t, append(tt.actors, ".")...)
		for i := range tt.config.NumField() {
			f := tt.config.Field(i)
			row := tt.noun.Row(f.Name)
			switch effectless := row != nil && row.Status() != schema.Enforced; {
			case effectless && tt.effects[f.Name] == 0 && !warnsOf(t, tt.config, f):
				t.Errorf("%s.%s has no effect according to its row, but no warning says so", tt.config.Name(), f.Name)
			case !effectless && tt.effects[f.Name] == 0:
				if !read[f.Name] {
					t.Errorf("%s.%s is enforced nowhere; enforce it, or let its row say why it is kept", tt.config.Name(), f.Name)
				}
			}
			delete(tt.effects, f.Name)
		}
		for name := range tt.effects {
			t.Errorf("%s has no field %s", tt.config.Name(), name)
		}
	}
}

// TestCheckParameters holds the parameters that decide checks to the rows of the schema
// and to the fields of the configuration.
func TestCheckParameters(t *testing.T) {
	nouns := map[string]*schema.Noun{"Receive": &schema.ReceiveConnector, "Send": &schema.SendConnector, "Transport": &schema.TransportConfig}
	config := reflect.TypeFor[connector.Config]()
	for _, check := range connector.Checks() {
		for _, parameter := range check.Parameters() {
			list, name, one := strings.Cut(parameter, ".")
			field, ok := config.FieldByName(list)
			if ok && one {
				element := field.Type
				if element.Kind() == reflect.Slice {
					element = element.Elem()
				}
				_, ok = element.FieldByName(name)
				ok = ok && nouns[list] != nil && nouns[list].Row(name) != nil
			}
			if !ok {
				t.Errorf("%v is decided by %s, which is not a parameter", check, parameter)
			}
		}
	}
}

// fieldsRead returns the names that are selected in the sources that act on
// connectors: not those that check, complete, merge or copy them.
func fieldsRead(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	read := map[string]bool{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			switch base := filepath.Base(file); {
			case strings.HasSuffix(base, "_test.go"), strings.HasPrefix(base, "validate"),
				strings.HasPrefix(base, "preset"), base == "clone.go", base == "config.go":
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					read[s.Sel.Name] = true
				}
				return true
			})
		}
	}
	return read
}

// warnsOf reports whether Compile warns when the field has another value than
// its default.
func warnsOf(t *testing.T, config reflect.Type, f reflect.StructField) bool {
	t.Helper()
	cfg := connector.Config{
		Receive: []connector.Receive{{Name: "in"}},
		Send:    []connector.Send{{Name: "out", AddressSpaces: spaces("*")}},
	}
	connectors := reflect.ValueOf(&cfg).Elem().FieldByName(config.Name())
	field := connectors.Index(0).FieldByIndex(f.Index)
	switch value := field.Addr().Interface().(type) {
	case *param.Setting[time.Duration]:
		*value = param.Value(time.Second)
	case *[]string:
		*value = []string{"NO-TLS:AcceptOorgProtocol"}
	case *string:
		*value = "x.example"
	case *bool:
		*value = true
	default: // an enumeration
		field.SetUint(1)
	}
	cfg.Receive[0].Usage = param.UsageInternet
	cfg.Receive[0].Bindings = []netip.AddrPort{at("0.0.0.0:25")}
	p := compile(t, cfg)
	for _, w := range p.Warnings() {
		if w.Code == connector.CodeNotEnforced && strings.HasSuffix(string(w.Path), "."+f.Name) {
			return true
		}
	}
	return false
}
