package jsonconfig_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

type settings struct {
	Timeout time.Duration
	Limit   param.Size
	Hosts   []struct {
		Name   string
		Secret auth.Secret
		Ports  []int
	}
}

func TestDecode(t *testing.T) {
	var s settings
	places, err := jsonconfig.Decode("a.json", []byte(`{
  "Timeout": "00:01:00",
  "Limit": "3MB",
  "Hosts": [{"Name": "One", "Secret": "hunter2", "Ports": [25, 587]}]
}`), &s)
	if err != nil {
		t.Fatal(err)
	}
	if s.Timeout != time.Minute || s.Limit != 3<<20 || len(s.Hosts) != 1 || s.Hosts[0].Secret.Reveal() != "hunter2" || s.Hosts[0].Ports[1] != 587 {
		t.Errorf("%+v", s)
	}
	if at := places[`Hosts["One"].Ports[1]`]; at.Line != 4 {
		t.Errorf("the port is at %v", at)
	}
}

func TestDecodeMistakes(t *testing.T) {
	var s settings
	_, err := jsonconfig.Decode("a.json", []byte("{\n \"TimeOut\": 3,\n \"Hosts\": [{\"Secret\": \"REDACTED\", \"Ports\": [\"x\"]}]\n}"), &s)
	var list source.Diagnostics
	if !errors.As(err, &list) || len(list) != 3 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{"a.json:2:", "a.json:3:", "a.json:3:"} {
		if !strings.HasPrefix(list[i].String(), want) {
			t.Errorf("mistake %d: %v", i, list[i])
		}
	}
	if _, err := jsonconfig.Decode("a.json", []byte("{"), &s); !errors.Is(err, source.CodeSyntax) {
		t.Error(err)
	}
	for _, v := range []any{nil, s, (*settings)(nil), new(int)} {
		if _, err := jsonconfig.Decode("a.json", []byte("{}"), v); err == nil {
			t.Errorf("decoded into %T", v)
		}
	}
}

// A program keeps settings of its own in a file, in the form of the policy.
func ExampleDecode() {
	var settings struct{ Servers []string }
	_, err := jsonconfig.Decode("dns.json", []byte(`{"Server": ["192.0.2.53"]}`), &settings)
	fmt.Println(err)
	// Output:
	// dns.json:1:2: there is no parameter "Server" here; Servers is one (parameter-unknown)
}
