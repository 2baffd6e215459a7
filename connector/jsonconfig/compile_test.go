package jsonconfig_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
)

func TestCompile(t *testing.T) {
	policy, err := jsonconfig.Compile("ok.json", []byte(`{"Receive": [{"Name": "A", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.1"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if policy.Select(netip.MustParseAddrPort("192.0.2.1:25"), netip.MustParseAddr("10.0.0.1"), nil) == nil {
		t.Error("the policy serves no client")
	}
	for _, tt := range []struct{ text, want string }{
		{`{`, "f.json:1:2: "},
		{"{\"Receive\": [\n  {\"Name\": \"A\", \"Port\": 25,\n  \"RemoteIPRanges\": [\"10.0.0.1\"],\n  \"MaxHopCount\": 501},\n  7]}",
			"f.json:2:3: Receive[\"A\"].Bindings: \n" +
				"f.json:2:17: Receive[\"A\"]: there is no parameter \"Port\" here\n" +
				"f.json:4:18: Receive[\"A\"].MaxHopCount: 501 is out of range\n" +
				"f.json:5:3: Receive[1]: give an object, not a number"},
		{`{"Server": "A", "Servers": [{"Name": "B"}]}`, `f.json:1:12: Server: "A" is not one of Servers`},
	} {
		policy, err := jsonconfig.Compile("f.json", []byte(tt.text))
		if err == nil || policy != nil {
			t.Errorf("%s: %v, %v", tt.text, policy, err)
			continue
		}
		got, want := strings.Split(err.Error(), "\n"), strings.Split(tt.want, "\n")
		if len(got) != len(want) {
			t.Errorf("%s: got\n%v", tt.text, err)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("got  %s\nwant %s…", got[i], want[i])
			}
		}
	}
}
