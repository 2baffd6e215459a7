package param_test

import (
	"encoding"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

// textValue is what all value types of the package share.
type textValue[T any] interface {
	*T
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// roundTrip checks that the text of v is want and reads back as v.
func roundTrip[T comparable, P textValue[T]](t *testing.T, v T, want string) {
	t.Helper()
	b, err := P(&v).MarshalText()
	if err != nil || string(b) != want {
		t.Errorf("MarshalText of %T: %q, %v; want %q", v, b, err, want)
	}
	var got T
	if err := P(&got).UnmarshalText(b); err != nil || got != v {
		t.Errorf("UnmarshalText(%q) = %v, %v; want %v", b, got, err, v)
	}
	for _, form := range []string{strings.ToLower(want), strings.ToUpper(want)} {
		if err := P(&got).UnmarshalText([]byte(form)); err != nil || got != v {
			t.Errorf("UnmarshalText(%q) = %v, %v; want %v", form, got, err, v)
		}
	}
}

func TestEnumText(t *testing.T) {
	for v, want := range map[param.Usage]string{0: "Custom", 1: "Client", 2: "Internal", 3: "Internet", 4: "Partner"} {
		roundTrip(t, v, want)
	}
	roundTrip(t, param.HubTransport, "HubTransport")
	roundTrip(t, param.FrontendTransport, "FrontendTransport")
	roundTrip(t, param.SizeEnabled, "Enabled")
	roundTrip(t, param.SizeDisabled, "Disabled")
	roundTrip(t, param.SizeEnabledWithoutValue, "EnabledWithoutValue")
	roundTrip(t, param.ExtendedProtectionNone, "None")
	roundTrip(t, param.ExtendedProtectionAllow, "Allow")
	roundTrip(t, param.ExtendedProtectionRequire, "Require")
	roundTrip(t, param.LoggingNone, "None")
	roundTrip(t, param.LoggingVerbose, "Verbose")
	roundTrip(t, param.RateSource(0), "None")
	roundTrip(t, param.RateByIPAddress, "IPAddress")
	roundTrip(t, param.RateByUser, "User")
	roundTrip(t, param.RateByIPAddress|param.RateByUser, "All")
	roundTrip(t, param.TlsAuthNone, "None")
	roundTrip(t, param.EncryptionOnly, "EncryptionOnly")
	roundTrip(t, param.CertificateValidation, "CertificateValidation")
	roundTrip(t, param.DomainValidation, "DomainValidation")
	roundTrip(t, param.ErrorPolicy(0), "Default")
	roundTrip(t, param.DowngradeDnsFailures|param.UpgradeCustomFailures, "DowngradeDnsFailures, UpgradeCustomFailures")
	roundTrip(t, param.ConnectorDefault, "Default")
	roundTrip(t, param.ConnectorXPremises, "XPremises")
	roundTrip(t, param.SmartHostLimitsMicrosoft365, "Microsoft365")
	roundTrip(t, param.SmartHostLimitsGoogle, "Google")
}

func TestEnumMistakes(t *testing.T) {
	if r, err := param.ParseTransportRole("frontend"); err != nil || r != param.FrontendTransport {
		t.Errorf("Frontend = %v, %v; want the alias of FrontendTransport", r, err)
	}
	_, err := param.ParseUsage("Internt")
	if err == nil || !strings.Contains(err.Error(), "Custom, Client, Internal, Internet, Partner") {
		t.Errorf("an unknown usage must name the known ones, got %v", err)
	}
	for _, s := range []string{"", "None, User", "User,,IPAddress", "User IPAddress"} {
		if v, err := param.ParseRateSource(s); err == nil {
			t.Errorf("ParseRateSource(%q) = %v, want an error", s, v)
		}
	}
	for _, v := range []encoding.TextMarshaler{param.Usage(99), param.TransportRole(99), param.SizeMode(99),
		param.ExtendedProtection(99), param.ProtocolLogging(99), param.RateSource(99),
		param.TlsAuthLevel(99), param.ErrorPolicy(99), param.ConnectorType(99)} {
		if b, err := v.MarshalText(); err == nil {
			t.Errorf("%T(99) marshals as %q, want an error", v, b)
		}
		if v.(interface{ IsValid() bool }).IsValid() {
			t.Errorf("%T(99) is valid", v)
		}
	}
}

func TestSize(t *testing.T) {
	rows := []struct {
		in    string
		bytes int64
		long  string
	}{
		{"36MB", 36 << 20, "36 MB (37,748,736 bytes)"},
		{" 10 mb ", 10 << 20, "10 MB (10,485,760 bytes)"},
		{"65536", 65536, "64 KB (65,536 bytes)"},
		{"0", 0, "0 B (0 bytes)"},
		{"1023b", 1023, "1023 B (1,023 bytes)"},
		{"1048575", 1048575, "1 MB (1,048,575 bytes)"},
		{"152.1 MB (159,449,088 bytes)", 159449088, "152.1 MB (159,449,088 bytes)"},
		{"36 MB (37.748.736 bytes)", 36 << 20, "36 MB (37,748,736 bytes)"},
		{"36 MB (37\u202f748\u202f736 bytes)", 36 << 20, "36 MB (37,748,736 bytes)"},
		{"36 MB (37\u00a0748\u00a0736 octets)", 36 << 20, "36 MB (37,748,736 bytes)"},
		{"36 MB (37 748 736 байт)", 36 << 20, "36 MB (37,748,736 bytes)"},
		{"152,1 MB (159 449 088 bytes)", 159449088, "152.1 MB (159,449,088 bytes)"},
		{"unlimited", -1, "Unlimited"},
		{"8388607TB", 8388607 << 40, "8388607 TB (9,223,370,937,343,148,032 bytes)"},
	}
	for _, row := range rows {
		got, err := param.ParseSize(row.in)
		if err != nil || int64(got) != row.bytes {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", row.in, int64(got), err, row.bytes)
			continue
		}
		if got.String() != row.long {
			t.Errorf("%q prints as %q, want %q", row.in, got, row.long)
		}
	}
	roundTrip(t, param.Size(36<<20), "36MB")
	roundTrip(t, param.Size(37748737), "37748737B")
	roundTrip(t, param.UnlimitedSize, "Unlimited")
	for _, in := range []string{"", "MB", "-1", "1.5GB", "36 XB", "8388608TB", "36MB (1 bytes)", "36MB (x bytes)",
		"36MB (37,748,736", "x (1 bytes)", "inf MB (1 bytes)", "0x10", "1_000"} {
		if v, err := param.ParseSize(in); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", in, v)
		}
	}
}

func TestLimit(t *testing.T) {
	roundTrip(t, param.Limit(5000), "5000")
	roundTrip(t, param.Unlimited, "Unlimited")
	for _, in := range []string{"", "-1", "2147483648", "many"} {
		if v, err := param.ParseLimit(in); err == nil {
			t.Errorf("ParseLimit(%q) = %v, want an error", in, v)
		}
	}
}

func TestTimeSpan(t *testing.T) {
	rows := []struct {
		in   string
		want time.Duration
		out  string
	}{
		{"00:10:00", 10 * time.Minute, "00:10:00"},
		{"1.00:00:00", 24 * time.Hour, "1.00:00:00"},
		{"0:0:5", 5 * time.Second, "00:00:05"},
		{"08:30", 8*time.Hour + 30*time.Minute, "08:30:00"},
		{"0", 0, "00:00:00"},
		{" 00 ", 0, "00:00:00"},
		{"00:00:00.5", 500 * time.Millisecond, "00:00:00.5000000"},
		{"00:00:00.000000001", 1, "00:00:00.000000001"},
		{"106751.23:47:15", 106751*24*time.Hour + 23*time.Hour + 47*time.Minute + 15*time.Second, "106751.23:47:15"},
	}
	for _, row := range rows {
		got, err := param.ParseTimeSpan(row.in)
		if err != nil || got != row.want {
			t.Errorf("ParseTimeSpan(%q) = %v, %v; want %v", row.in, got, err, row.want)
		}
		if out := param.FormatTimeSpan(row.want); out != row.out {
			t.Errorf("FormatTimeSpan(%v) = %q, want %q", row.want, out, row.out)
		}
	}
	for _, in := range []string{"", "10m", "00:60:00", "24:00:00", "-00:00:01", "1.2.00:00:00", "00:00:00.", "1:2:3:4",
		"999999.00:00:00", "00:00:00.0000000001", ":", ".", "+1:00:00", "08:30.5"} {
		if v, err := param.ParseTimeSpan(in); err == nil {
			t.Errorf("ParseTimeSpan(%q) = %v, want an error", in, v)
		}
	}
	if _, err := param.ParseTimeSpan("30"); err == nil || !strings.Contains(err.Error(), "days") {
		t.Errorf("a bare number must be refused because it means days, got %v", err)
	}
	if got := param.FormatTimeSpan(math.MinInt64); got != "-106751.23:47:16.854775808" {
		t.Errorf("the smallest duration prints as %q", got)
	}
}

func TestBinding(t *testing.T) {
	for in, want := range map[string]string{
		"0.0.0.0:25": "0.0.0.0:25", "[::]:25": "[::]:25", "10.2.3.4:65535": "10.2.3.4:65535",
		"[::ffff:10.2.3.4]:25": "10.2.3.4:25", " [2001:DB8::1]:587": "[2001:db8::1]:587",
	} {
		if b, err := param.ParseBinding(in); err != nil || b.String() != want {
			t.Errorf("ParseBinding(%q) = %v, %v; want %s", in, b, err, want)
		}
	}
	for in, hint := range map[string]string{
		"0.0.0.0": "0.0.0.0:25", "[::]:": "[::]:25", "::": "[::]:25", ":25": "0.0.0.0:25", "*:25": "[::]:25",
		"0.0.0.0:0": "1 to 65535", "0.0.0.0:65536": "1 to 65535", "[fe80::1%eth0]:25": "zone", "mail:25": "0.0.0.0:25", "": "0.0.0.0:25",
	} {
		if b, err := param.ParseBinding(in); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseBinding(%q) = %v, %v; want an error with %q", in, b, err, hint)
		}
	}
}

func TestSmartHost(t *testing.T) {
	for in, want := range map[string]string{
		"smtpgateway1.contoso.com": "smtpgateway1.contoso.com",
		"10.10.1.1":                "[10.10.1.1]",
		"[10.10.1.1]":              "[10.10.1.1]",
		"2001:db8::1":              "[2001:db8::1]",
		"[2001:DB8::1]":            "[2001:db8::1]",
		"[IPv6:2001:db8::1]":       "[2001:db8::1]",
		"::ffff:10.10.1.1":         "[10.10.1.1]",
	} {
		h, err := param.ParseSmartHost(in)
		if err != nil || h.String() != want || !h.IsValid() {
			t.Errorf("ParseSmartHost(%q) = %v, %v; want %s", in, h, err, want)
			continue
		}
		again, err := param.ParseSmartHost(h.String())
		if err != nil || again != h {
			t.Errorf("%q doesn't read back: %v, %v", h, again, err)
		}
	}
	for _, in := range []string{"--", "mail.contoso.com:25", "[10.1.1.1]:25", "[10.1.1.1", "*.contoso.com", "10.1.1.300",
		"0.0.0.0", "fe80::1%2", "[mail]"} {
		if h, err := param.ParseSmartHost(in); err == nil {
			t.Errorf("ParseSmartHost(%q) = %v, want an error", in, h)
		}
	}
}

func TestSmtpX509Identifier(t *testing.T) {
	const text = "<I>CN=Contoso Issuing CA, DC=contoso, DC=com<S>CN=mail.contoso.com"
	id, err := param.ParseSmtpX509Identifier(text)
	if err != nil || id.Issuer != "CN=Contoso Issuing CA, DC=contoso, DC=com" || id.Subject != "CN=mail.contoso.com" || id.String() != text {
		t.Errorf("got %+v, %v", id, err)
	}
	if id, err := param.ParseSmtpX509Identifier(strings.NewReplacer("<I>", "<i>", "<S>", "<s>").Replace(text)); err != nil || id.String() != text {
		t.Errorf("small letters of markers: got %v, %v", id, err)
	}
	for _, in := range []string{"", "CN=x", "<I>CN=x", "<I>CN=x<S>", "<I><S>CN=x", "<I>CN=a<S>CN=b<FQDN>x", "<S>CN=a<I>CN=b"} {
		if id, err := param.ParseSmtpX509Identifier(in); err == nil {
			t.Errorf("ParseSmtpX509Identifier(%q) = %v, want an error", in, id)
		}
	}
}

func TestSameCertificateName(t *testing.T) {
	const goDaddy = `CN=Go Daddy Secure Certificate Authority - G2, OU=http://certs.godaddy.com/repository/, O="GoDaddy.com, Inc.", L=Scottsdale, S=Arizona, C=US`
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{goDaddy, `CN=Go Daddy Secure Certificate Authority - G2,OU=http://certs.godaddy.com/repository/,O=GoDaddy.com\, Inc.,L=Scottsdale,ST=Arizona,C=US`, true},
		{goDaddy, strings.ToLower(goDaddy), true},
		{goDaddy, strings.Replace(goDaddy, "Arizona", "Ohio", 1), false},
		{"CN=a, O=b", "O=b, CN=a", false},
		{"CN=a, O=b", "CN=a", false},
		{`O="a, b", C=US`, `O=a, O=b, C=US`, false},
		{`O="a, CN=b"`, "O=a, CN=b", false},
		{`O="say ""hi"""`, `O=say \"hi\"`, true},
		{`O=a\z`, `O=a\\z`, true},
		{`O=M\C3\BCller`, "O=müller", true},
		{"E=ann@contoso.com, CN=a", "1.2.840.113549.1.9.1=#0c0f616e6e40636f6e746f736f2e636f6d,CN=a", true},
		{"E=ann@contoso.com, CN=a", "EMAILADDRESS=ann@contoso.com,CN=a", true},
		{"OID.2.5.4.15=Private Organization, CN=a", "2.5.4.15=#131450726976617465204f7267616e697a6174696f6e,CN=a", true},
		{"OU=a + CN=b, C=US", "CN=b+OU=a,C=US", true},
		{"CN=#zz", "CN=#ZZ", true},
		{"CN=a", "a", false},
		{"CN=a,", "CN=a", false},
		{`CN="a`, "CN=b", false},
	} {
		a, b := param.SmtpX509Identifier{Issuer: tt.a, Subject: "CN=x"}, param.SmtpX509Identifier{Issuer: tt.b, Subject: "cn=X"}
		if a.Equal(b) != tt.same || b.Equal(a) != tt.same {
			t.Errorf("%v and %v: want %v", a, b, tt.same)
		}
		a.Issuer, a.Subject, b.Issuer, b.Subject = a.Subject, a.Issuer, b.Subject, b.Issuer
		if a.Equal(b) != tt.same {
			t.Errorf("%v and %v: want %v", a, b, tt.same)
		}
	}
}
