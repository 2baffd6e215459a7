package connector_test

import (
	"encoding"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"regexp"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// TestFingerprintOfTheSame: order, defaults that are written out, comments,
// acknowledgements and assertions don't change a fingerprint.
func TestFingerprintOfTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p := policygen.Policy(r)
		cfg := p.Config()
		for i := range cfg.Receive {
			c := &cfg.Receive[i]
			*c = c.WithDefaults(&cfg)
			c.Comment = "reviewed"
			shuffle(r, c.RemoteIPRanges)
			shuffle(r, c.Bindings)
			shuffle(r, c.Permissions)
		}
		for i := range cfg.Send {
			s := &cfg.Send[i]
			*s = s.WithDefaults(&cfg)
			shuffle(r, s.AddressSpaces)
			shuffle(r, s.SmartHosts)
		}
		shuffle(r, cfg.Receive)
		shuffle(r, cfg.Send)
		cfg.Acknowledged = []connector.Acknowledgement{{Code: "open-relay", Place: "Receive", Reason: "intended"}}
		cfg.Transport.Assertions = []string{"never relays"}
		again, err := connector.Compile(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := p.Fingerprint(), again.Fingerprint(); a != b || !regexp.MustCompile("^[a-z2-7]{24}$").MatchString(a) {
			t.Fatalf("%q and %q of\n%+v\n%+v", a, b, p.Config(), cfg)
		}
	}
	if got := (*connector.Policy)(nil).Fingerprint(); got != "" {
		t.Errorf("the nil Policy has %q", got)
	}
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// TestFingerprintOfPasswords: a password doesn't show, only whether there is one.
func TestFingerprintOfPasswords(t *testing.T) {
	of := func(password auth.Secret) string {
		p, err := connector.Compile(connector.Config{Send: []connector.Send{{
			Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts:               []param.SmartHost{param.MustParseSmartHost("smtp.example.net")},
			SmartHostAuthMechanism:   auth.BasicAuthRequireTLS,
			AuthenticationCredential: &param.Credential{UserName: "amy", Password: password},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return p.Fingerprint()
	}
	if of("one") != of("two") {
		t.Error("the fingerprint depends on the password, so that it can be guessed from it")
	}
}

// TestFingerprintOfEveryField: every field shows in the text that is hashed, alone and
// together with each other field of its struct.
func TestFingerprintOfEveryField(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[connector.Config](), reflect.TypeFor[connector.Receive](), reflect.TypeFor[connector.Send](),
		reflect.TypeFor[connector.Transport](), reflect.TypeFor[connector.Service](), reflect.TypeFor[connector.RemoteDomain](),
		reflect.TypeFor[routing.AcceptedDomain](), reflect.TypeFor[routing.Server](), reflect.TypeFor[routing.SiteLink](),
	} {
		seen := map[string]string{connector.CanonicalText(reflect.New(of).Elem()): "no field"}
		for i := range of.NumField() {
			v := reflect.New(of).Elem()
			if name := of.Field(i).Name; !fill(v.Field(i)) {
				t.Errorf("%v.%s: the test has no value for it", of, name)
			} else if text := connector.CanonicalText(v); seen[text] != "" {
				t.Errorf("%v.%s has the text of %s: %s", of, name, seen[text], text)
			} else {
				seen[text] = name
			}
		}
	}
}

// fill sets v to something that isn't zero.
func fill(v reflect.Value) bool {
	v = setting.Target(v)
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		for _, text := range []string{"1", "*", "10.0.0.1", "contoso.com", "amy@contoso.com", "2026-11-30", "5.4.6"} {
			if u.UnmarshalText([]byte(text)) == nil && !v.IsZero() {
				return true
			}
		}
	}
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem())
	case reflect.Struct:
		if a, ok := v.Addr().Interface().(*netip.AddrPort); ok {
			*a = netip.MustParseAddrPort("10.0.0.1:25")
			return true
		}
		return v.Type().Field(0).IsExported() && fill(v.Field(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	default:
		return false
	}
	return true
}
