package param_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

func TestTLSText(t *testing.T) {
	roundTrip(t, param.Tls10, "Tls10")
	roundTrip(t, param.Tls11, "Tls11")
	roundTrip(t, param.Tls12, "Tls12")
	roundTrip(t, param.Tls13, "Tls13")
	for _, s := range param.CipherSuites() {
		roundTrip(t, s, s.String())
	}
	for _, s := range []string{"", "Tls", "default", "Tls14", "TlsVersion(9)"} {
		if v, err := param.ParseTlsVersion(s); err == nil {
			t.Errorf("ParseTlsVersion(%q) = %v", s, v)
		}
	}
	for s, want := range map[string]string{
		"TLS_RSA_WITH_RC4_128_SHA":         "is never offered: RC4 is broken",
		"TLS_DHE_RSA_WITH_AES_128_CBC_SHA": "can't be added|give some of TLS_RSA_WITH_AES_128_CBC_SHA256",
		"":                                 "give some of",
	} {
		_, err := param.ParseCipherSuite(s)
		if err == nil || !slices.ContainsFunc(strings.Split(want, "|"), func(part string) bool { return strings.Contains(err.Error(), part) }) {
			t.Errorf("ParseCipherSuite(%q): %v, want %s", s, err, want)
		}
	}
	for _, v := range []interface{ MarshalText() ([]byte, error) }{param.TlsVersion(0), param.TlsVersion(9), param.CipherSuite(0), param.Date{}} {
		if text, err := v.MarshalText(); err == nil {
			t.Errorf("%v has the text %s", v, text)
		}
	}
}

func TestDate(t *testing.T) {
	roundTrip(t, param.MustParseDate("2028-02-29"), "2028-02-29")
	if end := param.MustParseDate("2028-02-29").End(); !end.Equal(time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it ends at %v", end)
	}
	if !(param.Date{}).End().IsZero() || param.MustParseDate("2027-12-31").Compare(param.MustParseDate("2028-01-01")) >= 0 || param.MustParseDate("2027-12-31").Compare(param.Date{}) <= 0 {
		t.Error("dates are in the wrong order")
	}
	for _, s := range []string{"", "2027-02-29", "2027-6-30", "30.06.2027", "2027-06-30T00:00:00Z"} {
		if d, err := param.ParseDate(s); err == nil || !strings.Contains(err.Error(), "as in 2027-06-30") {
			t.Errorf("ParseDate(%q) = %v, %v", s, d, err)
		}
	}
}

func FuzzDate(f *testing.F) {
	f.Add("2027-06-30")
	f.Add("0000-01-01")
	fuzzText[param.Date](f)
}

func FuzzCipherSuite(f *testing.F) {
	f.Add("tls_rsa_with_3des_ede_cbc_sha")
	fuzzText[param.CipherSuite](f)
}
