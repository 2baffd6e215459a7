package semantics_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

func TestReadRefuses(t *testing.T) {
	for text, why := range map[string]string{
		`{"Receive":[{"Name":"A","Port":25}]}`:                 `no member "Port"`,
		`{"receive":[]}`:                                       `no member "receive"`,
		`{"Receive":[{"Name":"A","Name":"A"}]}`:                `"Name" occurs twice`,
		`{"Receive":[{"Name":"A","Enabled":null}]}`:            "should be one bool",
		`{"Receive":[{"Name":7}]}`:                             "should be one string",
		`{"Receive":{}}`:                                       "should be a list",
		`{"Receive":[[]]}`:                                     "should be an object",
		`{"Links":[{"Cost":1.5}]}`:                             "should be one int64",
		`{"Links":[{"Cost":1e3}]}`:                             "should be one int64",
		`{"Links":[{"Name":"L","Sites":["A","B"],"Cost":-1}]}`: `the site link "L"`,
		`{} {}`:                             "behind the object",
		`{"Receive":[`:                      "EOF",
		``:                                  "EOF",
		`{"Receive":[{"Bindings":["25"]}]}`: `"25" isn't a binding`,
		`{"Receive":[{"RemoteIPRanges":["10.0.0.1/33"]}]}`:           "10.0.0.1/33",
		`{"Receive":[{"RemoteIPRanges":["10.0.0.9-10.0.0.1"]}]}`:     "10.0.0.9-10.0.0.1",
		`{"Receive":[{"RemoteIPRanges":["10.0.0.9-::1"]}]}`:          "10.0.0.9-::1",
		`{"Receive":[{"RemoteIPRanges":["10.0.0.1(255.0.255.0)"]}]}`: "10.0.0.1(255.0.255.0)",
		`{"Receive":[{"MaxMessageSize":"many"}]}`:                    `"many" isn't a size`,
		`{"Receive":[{"MaxMessageSize":"9999999999GB"}]}`:            `isn't a size`,
		`{"Receive":[{"AuthMechanism":"Magic"}]}`:                    `"Magic"`,
		`{"Receive":[{"PermissionGroups":"Everyone"}]}`:              `"Everyone"`,
		`{"Receive":[{"Usage":"Cliente"}]}`:                          `"Cliente"`,
		`{"Receive":[{"SizeEnabled":"Yes"}]}`:                        `"Yes"`,
		`{"Receive":[{"TransportRole":"Backend"}]}`:                  `"Backend"`,
		`{"Accepted":[{"DomainName":"a.b","DomainType":"Mine"}]}`:    `"Mine"`,
		`{"Profile":"Exchange2000"}`:                                 `"Exchange2000"`,
		`{"Transport":{"MaxReceiveSize":"x"}}`:                       `"x" isn't a size`,
		`{"Transport":{"MaxRecipientEnvelopeLimit":"-1"}}`:           `"-1" isn't a number`,
	} {
		if p, err := semantics.Read([]byte(text)); err == nil || p != nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestReadTakesEverything reads a policy in which every parameter is set: what has no
// member in package semantics would be refused.
func TestReadTakesEverything(t *testing.T) {
	for _, of := range []struct{ of, is reflect.Type }{
		{reflect.TypeFor[connector.Config](), semantics.DocumentType},
	} {
		sameMembers(t, "", of.of, of.is)
	}
}

// sameMembers compares the members of a configuration with those that Read knows.
func sameMembers(t *testing.T, path string, of, is reflect.Type) {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	for is.Kind() == reflect.Slice || is.Kind() == reflect.Pointer {
		is = is.Elem()
	}
	if of.Kind() != reflect.Struct || is.Kind() != reflect.Struct {
		return
	}
	for i := range of.NumField() {
		f := of.Field(i)
		known, ok := is.FieldByName(f.Name)
		if !ok {
			t.Errorf("%s.%s: package semantics doesn't know it", path, f.Name)
			continue
		}
		if f.Name != "Permissions" { // a grant's text has members of its own
			sameMembers(t, path+"."+f.Name, f.Type, known.Type)
		}
	}
	for i := range is.NumField() {
		if _, ok := of.FieldByName(is.Field(i).Name); !ok {
			t.Errorf("%s.%s: no configuration has it", path, is.Field(i).Name)
		}
	}
}
