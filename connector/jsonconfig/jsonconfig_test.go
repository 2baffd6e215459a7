package jsonconfig_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func TestParse(t *testing.T) {
	c, err := jsonconfig.Parse("relay.json", []byte(`{
		"Profile": "Exchange2007",
		"Server": "HubA",
		"Receive": [{
			"Name": "Relay",
			"Bindings": ["10.2.3.4:25"],
			"RemoteIPRanges": ["192.168.5.77", "10.0.0.1/24"],
			"AuthMechanism": "Tls, BasicAuth",
			"PermissionGroups": "AnonymousUsers",
			"Banner": null,
			"Enabled": false,
			"MaxMessageSize": "36 MB (37,748,736 bytes)",
			"MaxHeaderSize": 65536,
			"MaxProtocolErrors": "unlimited",
			"ConnectionTimeout": "00:10:00",
			"Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-exch-smtp-accept-any-recipient"]}]
		}],
		"Send": [{
			"Name": "Out",
			"AddressSpaces": ["*", "SMTP:*.contoso.com;10"],
			"SmartHosts": ["smtpgateway1.contoso.com", "10.1.1.1"],
			"AuthenticationCredential": {"UserName": "hub", "Password": "secret"}
		}],
		"Accepted": [{"Name": "Contoso", "DomainName": "contoso.com", "DomainType": "Authoritative", "Default": true}]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	want := connector.Config{
		Profile: permission.Exchange2007,
		Server:  "HubA",
		Receive: []connector.Receive{{
			Name:              "Relay",
			Bindings:          []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
			RemoteIPRanges:    []param.Range{param.MustParseRange("192.168.5.77"), param.MustParseRange("10.0.0.1/24")},
			AuthMechanism:     param.Value(auth.TLS | auth.BasicAuth),
			PermissionGroups:  param.Value(permission.AnonymousUsers),
			Enabled:           param.Value(false),
			MaxMessageSize:    36 * param.MB,
			MaxHeaderSize:     64 * param.KB,
			MaxProtocolErrors: param.Value(param.Unlimited),
			ConnectionTimeout: 10 * time.Minute,
			Permissions:       []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}},
		}},
		Send: []connector.Send{{
			Name:                     "Out",
			AddressSpaces:            []routing.AddressSpace{routing.MustParseAddressSpace("*"), routing.MustParseAddressSpace("*.contoso.com;10")},
			SmartHosts:               []param.SmartHost{param.MustParseSmartHost("smtpgateway1.contoso.com"), param.MustParseSmartHost("[10.1.1.1]")},
			AuthenticationCredential: &param.Credential{UserName: "hub", Password: "secret"},
		}},
		Accepted: []routing.AcceptedDomain{{Name: "Contoso", DomainName: "contoso.com", DomainType: routing.Authoritative, Default: true}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestTenMistakesTenLines(t *testing.T) {
	_, err := jsonconfig.Parse("gw.json", []byte(`{
  "Sever": "HubA",
  "Server": 7,
  "Receive": [
    {
      "Name": "Relay",
      "name": "again",
      "Bindings": ["0.0.0.0"],
      "RemoteIPRanges": "10.0.0.1",
      "RequireTLS": "yes",
      "RequireTLS": true,
      "ConnectionTimeout": "30",
      "MaxHopCount": 1.5,
      "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-Open-Relay"]}]
    },
    [ ]
  ]
}
`))
	want := []struct{ place, detail string }{
		{"gw.json:2:3: ", `there is no parameter "Sever" here; Server is one`},
		{"gw.json:3:13: Server: ", "give a string, not a number"},
		{`gw.json:7:7: Receive["Relay"]: `, `there is no parameter "name" here; Name is one`},
		{`gw.json:8:20: Receive["Relay"].Bindings[0]: `, "write 0.0.0.0:25"},
		{`gw.json:9:25: Receive["Relay"].RemoteIPRanges: `, "give an array, not a string"},
		{`gw.json:10:21: Receive["Relay"].RequireTLS: `, "give true or false, not a string"},
		{`gw.json:11:7: Receive["Relay"].RequireTLS: `, "it is given twice"},
		{`gw.json:12:28: Receive["Relay"].ConnectionTimeout: `, "days"},
		{`gw.json:13:22: Receive["Relay"].MaxHopCount: `, "1.5 is not a whole number"},
		{`gw.json:14:84: Receive["Relay"].Permissions[0].ExtendedRights[0]: `, "ms-Exch-Open-Relay"},
		{`gw.json:16:5: Receive[1]: `, "give an object, not an array"},
	}
	var errs source.Diagnostics
	if !errors.As(err, &errs) || len(errs) != len(want) {
		t.Fatalf("want %d mistakes, got:\n%v", len(want), err)
	}
	for i, line := range strings.Split(err.Error(), "\n") {
		if !strings.HasPrefix(line, want[i].place) || !strings.Contains(line, want[i].detail) {
			t.Errorf("got  %s\nwant %s … %s", line, want[i].place, want[i].detail)
		}
	}
}

// TestParseMarked: what the shells of Windows write into a file.
func TestParseMarked(t *testing.T) {
	for name, in := range map[string]string{
		"UTF-8": "\xef\xbb\xbf{\"Server\":\n\"é\"}", "UTF-16, low byte first": "\xff\xfe{\x00\"\x00S\x00e\x00r\x00v\x00e\x00r\x00\"\x00:\x00\"\x00\xe9\x00\"\x00}\x00",
		"UTF-16, high byte first": "\xfe\xff\x00{\x00\"\x00S\x00e\x00r\x00v\x00e\x00r\x00\"\x00:\x00\"\x00\xe9\x00\"\x00}",
	} {
		if c, err := jsonconfig.Parse("f", []byte(in)); err != nil || c.Server != "é" {
			t.Errorf("%s: got %q, %v", name, c.Server, err)
		}
	}
	for _, in := range []string{"\xff\xfe{", "\xff\xfe{\x00}\x00x", "\xff\xfe", "\xfe\xff\xd8\x00"} {
		if _, err := jsonconfig.Parse("f", []byte(in)); err == nil {
			t.Errorf("%q was read", in)
		}
	}
}

func TestParseRefusesText(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "f:1:1: ",
		"{\"Server\":\"a\"} {}":  "f:1:16: ",
		"{\n  \"Server\" 1}":     "f:2:12: ",
		"{\"Server\": \"\xff\"}": "f:1:13: the text isn't valid UTF-8",
		strings.Repeat("[", 40) + strings.Repeat("]", 40): "f:1:34: nested more than 32 deep",
		"[]":                 "f:1:1: give an object, not an array",
		`{"Server": "a",}`:   "f:1:16: ",
		`{"server": "a"}`:    "Server is one",
		`{"Zzz": 1}`:         `there is no parameter "Zzz" here`,
		`{"Receive":[null]}`: "give an object, not null",
		`{"Send":[{"AuthenticationCredential":{"UserName":"a","Password":"REDACTED"}}]}`:       "put it in again",
		`{"Send":[{"SmartHostCredentials":{"a":{"UserName":"a","Password":"REDACTED"}}}]}`:     `SmartHostCredentials["a"].Password: the secret was left out`,
		`{"Send":[{"SmartHostCredentials":[]}]}`:                                               `as in {"smtp.example.net": {`,
		`{"Send":[{"SmartHostCredentials":{"a:25":{}}}]}`:                                      `f:1:35: Send[0].SmartHostCredentials["a:25"]: smart host "a:25"`,
		`{"Send":[{"SmartHostCredentials":{"a":{}, "A":{}}}]}`:                                 `f:1:43: Send[0].SmartHostCredentials["a"]: it is given twice`,
		`{"Send":[{"SmartHostCredentials":{"a":null}}]}`:                                       "give an object, not null",
		`{"Send":[{"AuthenticationCredential":{"PasswordFrom":"x"}}]}`:                         "PasswordFrom: give an object, not a string",
		`{"Send":[{"Port":99999999999999999999}]}`:                                             "not a whole number that fits",
		`{"Receive":[{"MaxHopCount":"60"}]}`:                                                   "give a whole number, not a string",
		`{"Receive":[{"Permissions":[{"User":"","ExtendedRights":["ms-Exch-SMTP-Submit"]}]}]}`: "User: give a user",
		`{"Receive":[{"Permissions":[{"User":"S-1-5-7"}]}]}`:                                   "ExtendedRights: give the rights",
	} {
		c, err := jsonconfig.Parse("f", []byte(in))
		var errs source.Diagnostics
		if !errors.As(err, &errs) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", in, err, want)
		}
		if !reflect.DeepEqual(c, connector.Config{}) {
			t.Errorf("%.40q: something was returned beside the error", in)
		}
	}
}

func TestSecretsStayInside(t *testing.T) {
	c := connector.Config{Send: []connector.Send{{Name: "Out", AuthenticationCredential: &param.Credential{UserName: "hub", Password: "hunter2"},
		SmartHostCredentials: []param.SmartHostCredential{{Host: param.MustParseSmartHost("a.example"), Credential: param.Credential{UserName: "a", Password: "hunter2"}},
			{Host: param.MustParseSmartHost("192.0.2.1"), Credential: param.Credential{UserName: "b", PasswordFrom: param.SecretPlace{Credential: "b"}}}}}}}
	text, err := jsonconfig.Marshal(c)
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("Marshal: %s, %v", text, err)
	}
	if _, err := jsonconfig.Parse("f", text); err == nil {
		t.Error("a redacted password was read as a password")
	}
	text, err = jsonconfig.MarshalWithSecrets(c)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := jsonconfig.Parse("f", text); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("with secrets: %+v, %v", back, err)
	}
}

func TestMarshalRefuses(t *testing.T) {
	rights := permission.SetOf(permission.Submit)
	for _, c := range []connector.Config{
		{Profile: 99},
		{Server: "\xff"},
		{Receive: []connector.Receive{{MaxMessageSize: -9}}},
		{Send: []connector.Send{{SmartHostCredentials: make([]param.SmartHostCredential, 1)}}},
		{Receive: []connector.Receive{{RemoteIPRanges: make([]param.Range, 1)}}},
		{Receive: []connector.Receive{{Permissions: []permission.Grant{{To: permission.SIDAnonymous}}}}},
		{Receive: []connector.Receive{{Permissions: []permission.Grant{{To: permission.SIDAnonymous, Allow: rights, Group: permission.AnonymousUsers}}}}},
	} {
		if text, err := jsonconfig.Marshal(c); err == nil {
			t.Errorf("Marshal gives %s", text)
		}
	}
}

// TestMarshalSplits writes a grant that both allows and denies as two.
func TestMarshalSplits(t *testing.T) {
	submit, relay := permission.SetOf(permission.Submit), permission.SetOf(permission.AcceptAnyRecipient)
	grants := func(g ...permission.Grant) connector.Config {
		return connector.Config{Receive: []connector.Receive{{Name: "Relay", Permissions: g}}}
	}
	const to = permission.SIDAnonymous
	c := grants(permission.Grant{To: to, Allow: submit, Deny: relay}, permission.Grant{To: to, Allow: relay})
	text, err := jsonconfig.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	want := grants(permission.Grant{To: to, Allow: submit}, permission.Grant{To: to, Deny: relay}, permission.Grant{To: to, Allow: relay})
	if back, err := jsonconfig.Parse("f", text); err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("%s is read as %+v, %v", text, back, err)
	}
}

// randomConfig fills every field that has one with a value drawn from samples,
// so that a new parameter is part of the round trip without further ado.
func randomConfig(rng *rand.Rand) connector.Config {
	var c connector.Config
	fill(rng, reflect.ValueOf(&c).Elem())
	return c
}

func fill(rng *rand.Rand, v reflect.Value) {
	if rng.IntN(3) == 0 && v.Kind() != reflect.Struct {
		return
	}
	if set := sample(rng, v.Type()); set.IsValid() {
		if rng.IntN(3) > 0 {
			v.Set(set)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rng, v.Field(i))
		}
	case reflect.Slice:
		if n := rng.IntN(3); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				e := v.Index(i)
				if e.Kind() == reflect.Struct && !sample(rng, e.Type()).IsValid() {
					fill(rng, e)
				} else if s := sample(rng, e.Type()); s.IsValid() {
					e.Set(s)
				} else {
					e.SetString("element")
				}
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rng, v.Elem())
	case reflect.String:
		v.SetString([]string{"contoso.com", "<I>CN=ä & ö<S>\t\"", "\u2028 \\ /"}[rng.IntN(3)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8: // enums have at least two values
		v.SetUint(uint64(rng.IntN(2)))
	default:
		v.SetInt(int64(rng.IntN(1000)))
	}
}

// sample returns a value of a type that can't be made field by field.
func sample(rng *rand.Rand, t reflect.Type) reflect.Value {
	n := rng.IntN(200)
	if t == reflect.TypeFor[[]param.SmartHostCredential]() {
		return reflect.ValueOf([]param.SmartHostCredential{{Host: param.MustParseSmartHost("10.1.1.1"), Credential: param.Credential{UserName: "a", Password: "b"}},
			{Host: param.MustParseSmartHost("mail.contoso.com"), Credential: param.Credential{UserName: "c", PasswordFrom: param.SecretPlace{Environment: "D"}}}}[:1+n%2])
	}
	for _, v := range []any{
		netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), uint16(n+1)),
		netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}),
		param.MustParseRange([]string{"10.0.0.1", "10.0.0.1-10.0.0.9", "10.0.0.1/24", "10.0.0.1(255.255.0.0)", "::/0"}[n%5]),
		param.Value(param.MustParseStatusCodes([]string{"", "5.4.6", "5.4.6, 5.1.4"}[n%3])),
		param.MustParseSender([]string{"scanner@contoso.com", "@contoso.com", "@*.contoso.com"}[n%3]),
		param.MustParseSmartHost([]string{"10.1.1.1", "mail.contoso.com", "2001:db8::1"}[n%3]),
		routing.MustParseAddressSpace([]string{"*", "*.contoso.com;7", "X400:c=us;a=x;1", "Local:contoso.com", "--"}[n%5]),
		permission.Grant{To: []permission.SID{permission.SIDAnonymous, permission.SIDPartners, permission.NameSID(`CONTOSO\joe`), "S-1-5-21-1-2-3-1105"}[n%4],
			Allow: permission.SetOf(permission.Submit, permission.AcceptAnySender)},
		auth.BasicAuth | auth.TLS,
		param.Tls10 + param.TlsVersion(n%4), param.CipherSuites()[n%len(param.CipherSuites())], param.MustParseDate(fmt.Sprintf("20%02d-02-28", n%100)),
		routing.InternalRelay,
		param.Size(n * n * 1000),
		param.Limit(n - 1),
		time.Duration(n) * 777 * time.Millisecond,
		param.Value([]string{"", "/var/log/a b", `D:\Logs`}[n%3]), param.Value(n%2 == 0), param.Value(n), param.Value(time.Duration(n) * time.Hour),
		param.Value(param.Limit(n - 1)), param.Value(param.Size(n * n * 1000)), param.Value(param.RateSource(n % 4)), param.Value(param.AuthenticationMode(n % 4)),
		param.Value(auth.Mechanism(n % 8)), param.Value(permission.Group(n % 8)),
	} {
		if reflect.TypeOf(v) == t {
			return reflect.ValueOf(v)
		}
	}
	return reflect.Value{}
}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		c := randomConfig(rng)
		text, err := jsonconfig.MarshalWithSecrets(c)
		if err != nil {
			t.Fatalf("%v\n%+v", err, c)
		}
		back, err := jsonconfig.Parse("f", text)
		if err != nil || !reflect.DeepEqual(back, c) {
			t.Fatalf("%v\n%s\ngot  %+v\nwant %+v", err, text, back, c)
		}
	}
}

// TestPlaces finds parameters in the first or the second of two documents.
func TestPlaces(t *testing.T) {
	document := func(name, text string) *jsonconfig.Document {
		d, err := jsonconfig.ParseDocument(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	a := document("a.json", "{\"Receive\": [\n {\"Name\": \"One\",\n  \"Bindings\": [\"0.0.0.0:25\",\n   \"[::]:25\"]}],\n \"Transport\": {\"Assertions\": [\"a\"]}}")
	b := document("b.json", "{\"Transport\": {\"Assertions\": [\"b\"]},\n \"Receive\": [\n {\"Name\": \"Two\"},\n {\"Banner\": \"220 x\"}]}")
	var whole connector.Config
	places := source.Map{}
	for _, d := range []*jsonconfig.Document{a, b} {
		before := whole
		connector.Merge(&whole, d.Config)
		places.Add(d.Places, whole.MovedPaths(&before, &d.Config))
	}
	for path, want := range map[source.Path]string{
		`Receive["One"].Bindings[1]`: "a.json:4:4",
		`Receive["One"].Banner`:      "a.json:2:2", // not written: the connector
		`Receive["Two"].Name`:        "b.json:3:11",
		`Receive[2].Banner`:          "b.json:4:13", // the third of both
		`Receive["One"].Bindings[0]`: "a.json:3:16",
		`Transport.MaxSendSize`:      "b.json:1:15",
		`Transport.Assertions[0]`:    "a.json:5:31",
		`Transport.Assertions[1]`:    "b.json:1:31", // the second of both
		`Receive["Three"].Name`:      "",
		`Send[0].Name`:               "",
		`Receive[`:                   "",
		`Receive`:                    "b.json:2:13", // the last one
		``:                           "",
	} {
		pos, ok := places.Find(path)
		if ok != (want != "") || ok && pos.String() != want {
			t.Errorf("%s: %v, %v; want %s", path, pos, ok, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Receive":[{"Name":"R","Bindings":["[::]:25"],"Enabled":false}]}`) // a Setting
	f.Add(`{"Receive":[],"Send":[{}]}`)                                        // empty list, empty element
	f.Add(`{"Send":[{"AddressSpaces":["X400:a=b;c=d;9"]}],"Links":[{"Cost":1}]}`)
	f.Add(`{"Receive":[{"Permissions":[{"User":"S-1-5-7","ExtendedRights":["ms-Exch-SMTP-Submit"],"Deny":true}]}]}`)
	f.Add(`{"Server":"\ud800"}`) // half a surrogate pair
	f.Fuzz(func(t *testing.T, text string) {
		d, err := jsonconfig.ParseDocument("f", []byte(text))
		if err != nil {
			var errs source.Diagnostics
			if !errors.As(err, &errs) || len(errs) == 0 || strings.Count(err.Error(), "f:") < len(errs) {
				t.Fatalf("%q: %v", text, err)
			}
			// What could be read of it is compiled all the same, and refused.
			if p, err := jsonconfig.Compile("f", []byte(text)); err == nil || p != nil {
				t.Fatalf("%q compiles", text)
			}
			return
		}
		d.Places.Find(source.Path(text))
		out, err := jsonconfig.MarshalWithSecrets(d.Config)
		if err != nil {
			t.Fatalf("%q parses but has no text: %v", text, err)
		}
		back, err := jsonconfig.Parse("f", out)
		if err != nil || !reflect.DeepEqual(back, d.Config) {
			t.Fatalf("%q\nprints as %s\nreads back as %+v, %v", text, out, back, err)
		}
	})
}
