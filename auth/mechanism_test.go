package auth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
)

const (
	basicTLS = auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS
	every    = basicTLS | auth.Integrated | auth.ExchangeServer | auth.ExternalAuthoritative
)

func TestParseMechanism(t *testing.T) {
	tests := []struct {
		in   string
		want auth.Mechanism
		text string
	}{
		{"", auth.None, "None"},
		{" none ", auth.None, "None"},
		{"Tls", auth.TLS, "Tls"},
		{"basicauth,TLS", auth.TLS | auth.BasicAuth, "Tls, BasicAuth"},
		{"BasicAuth, BasicAuthRequireTLS, Tls", basicTLS, "Tls, BasicAuth, BasicAuthRequireTLS"},
		{"ExternalAuthoritative,ExchangeServer,BasicAuthRequireTLS,BasicAuth,Integrated,Tls", every,
			"Tls, Integrated, BasicAuth, BasicAuthRequireTLS, ExchangeServer, ExternalAuthoritative"},
		{"Tls,Tls", auth.TLS, "Tls"},
	}
	for _, tt := range tests {
		got, err := auth.ParseMechanism(tt.in)
		if err != nil || got != tt.want || got.String() != tt.text {
			t.Errorf("ParseMechanism(%q) = %v, %v; want %v", tt.in, got, err, tt.text)
		}
	}
}

func TestParseMechanismRefuses(t *testing.T) {
	tests := []struct{ in, want string }{
		{"None, Tls", string(auth.NoneExclusive)},
		{"Tls,none", string(auth.NoneExclusive)},
		{"Tls,", `unknown mechanism ""`},
		{",", `unknown mechanism ""`},
		{"Kerberos,Foo", "\n"}, // two mistakes, two lines
		{"Tlſ", "unknown mechanism"},
		{strings.Repeat("x,", 1<<16), "unknown mechanism"},
	}
	for _, tt := range tests {
		m, err := auth.ParseMechanism(tt.in)
		if err == nil || m != auth.None || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseMechanism(%.60q) = %v, %v; want an error with %q", tt.in, m, err, tt.want)
		} else if len(err.Error()) > 20_000 {
			t.Errorf("ParseMechanism(%.60q): error of %d bytes", tt.in, len(err.Error()))
		}
	}
}

func TestMechanismCheck(t *testing.T) {
	tests := []struct {
		m    auth.Mechanism
		want []source.Code
	}{
		{auth.None, nil},
		{auth.TLS, nil},
		{auth.TLS | auth.BasicAuth, nil},
		{auth.BasicAuth, nil},
		{basicTLS | auth.Integrated | auth.ExchangeServer, nil},
		{auth.ExternalAuthoritative, nil},
		{auth.ExternalAuthoritative | auth.TLS, nil},
		{auth.BasicAuthRequireTLS, []source.Code{auth.RequireTLSNeedsBasic, auth.RequireTLSNeedsTLS}},
		{auth.BasicAuthRequireTLS | auth.TLS, []source.Code{auth.RequireTLSNeedsBasic}},
		{auth.BasicAuthRequireTLS | auth.BasicAuth, []source.Code{auth.RequireTLSNeedsTLS}},
		{auth.ExternalAuthoritative | auth.BasicAuth, []source.Code{auth.ExternalOnlyBesidesTLS}},
		{auth.ExternalAuthoritative | auth.ExchangeServer, []source.Code{auth.ExternalOnlyBesidesTLS}},
		{auth.OAuth | auth.ClientCertificate | auth.TLS, nil},
		{auth.OAuth, []source.Code{auth.OAuthNeedsTLS}},
		{auth.ClientCertificate | auth.BasicAuth, []source.Code{auth.CertificateNeedsTLS}},
		{auth.ExternalAuthoritative | auth.OAuth | auth.TLS, []source.Code{auth.ExternalOnlyBesidesTLS}},
		{1<<12 | auth.ExternalAuthoritative | auth.BasicAuthRequireTLS, []source.Code{
			auth.UnknownMechanism, auth.RequireTLSNeedsBasic, auth.RequireTLSNeedsTLS, auth.ExternalOnlyBesidesTLS}},
	}
	for _, tt := range tests {
		var got []source.Code
		for _, e := range tt.m.Check() {
			got = append(got, e.Code)
			if e.Detail == "" || !strings.Contains(e.Error(), string(e.Code)) {
				t.Errorf("%v: %#v", tt.m, e)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("(%v).Check() = %v, want %v", tt.m, got, tt.want)
		}
	}
}

func TestOffer(t *testing.T) {
	basic := []string{"LOGIN", "PLAIN"}
	tests := []struct {
		m          auth.Mechanism
		clear, tls []string
	}{
		{auth.None, nil, nil},
		{auth.TLS, nil, nil},
		{auth.BasicAuth, basic, basic},
		{auth.TLS | auth.BasicAuth, basic, basic},
		{basicTLS, nil, basic},
		{auth.BasicAuthRequireTLS, nil, basic},
		{auth.Integrated | auth.ExchangeServer, nil, nil},
		{auth.ExternalAuthoritative | auth.TLS, nil, nil},
		{every, nil, nil}, // breaks a rule: the safe reading
	}
	for _, tt := range tests {
		for _, tls := range []bool{false, true} {
			want := tt.clear
			if tls {
				want = tt.tls
			}
			ch := auth.Channel{TLS: tls}
			if got := tt.m.Offer(ch); !slices.Equal(got, want) {
				t.Errorf("(%v).Offer(tls=%v) = %v, want %v", tt.m, tls, got, want)
			}
			for _, name := range []string{"LOGIN", "plain", "NTLM", "GSSAPI", "EXTERNAL", "", "PLAIN "} {
				permitted := slices.Contains(want, strings.ToUpper(name))
				if got := tt.m.Permits(name, ch); got != permitted {
					t.Errorf("(%v).Permits(%q, tls=%v) = %v", tt.m, name, tls, got)
				}
			}
		}
	}
}

func TestMechanismText(t *testing.T) {
	if b, err := auth.Mechanism(1 << 12).MarshalText(); err == nil {
		t.Errorf("an unknown flag marshals as %q", b)
	}
	if s := (auth.TLS | 1<<12).String(); s != "Tls, Mechanism(0x1000)" {
		t.Errorf("String = %q", s)
	}
	m := auth.TLS
	if err := m.UnmarshalText([]byte("nonsense")); err == nil || m != auth.TLS {
		t.Errorf("after a failed UnmarshalText: %v, %v", m, err)
	}
}

func FuzzParseMechanism(f *testing.F) {
	f.Add("Tls, BasicAuth, BasicAuthRequireTLS") // as Exchange prints
	f.Add("none,tls")                            // None beside another
	f.Add(" ,,")                                 // empty elements
	f.Add("ExternalAuthoritative\x00")           // stray byte
	f.Fuzz(func(t *testing.T, s string) {
		m, err := auth.ParseMechanism(s)
		if err != nil {
			if m != auth.None {
				t.Fatalf("%v beside error %v", m, err)
			}
			return
		}
		again, err := auth.ParseMechanism(m.String())
		if err != nil || again != m || !m.IsValid() {
			t.Fatalf("%q -> %v -> %v, %v", s, m, again, err)
		}
	})
}
