package param_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/param"
)

// fuzzText checks that what parses prints as text that parses to the same.
func fuzzText[T comparable, P textValue[T]](f *testing.F) {
	f.Fuzz(func(t *testing.T, s string) {
		var v, again T
		if P(&v).UnmarshalText([]byte(s)) != nil {
			return
		}
		text, err := P(&v).MarshalText()
		if err != nil {
			t.Fatalf("%q parses to %v, which has no text: %v", s, v, err)
		}
		if err := P(&again).UnmarshalText(text); err != nil || again != v {
			t.Fatalf("%q parses to %v, prints as %q and reads back as %v, %v", s, v, text, again, err)
		}
	})
}

func FuzzSize(f *testing.F) {
	f.Add("36 MB (37,748,736 bytes)") // Exchange's long form
	f.Add("36MB")                     // and the short one
	f.Add("unlimited")
	f.Add("9223372036854775807B") // the largest
	fuzzText[param.Size](f)
}

func FuzzLimit(f *testing.F) {
	f.Add("UNLIMITED")  // a word
	f.Add("2147483647") // the largest of most limits
	f.Add("-1")         // how Unlimited is stored
	f.Add("1e3")
	fuzzText[param.Limit](f)
}

func FuzzSizeLongForm(f *testing.F) {
	f.Add(int64(159449088)) // 152.1 MB
	f.Add(int64(1048575))   // rounds up to the next unit
	f.Fuzz(func(t *testing.T, n int64) {
		size := param.Size(n)
		if !size.IsValid() {
			return
		}
		if got, err := param.ParseSize(size.String()); err != nil || got != size {
			t.Fatalf("%d prints as %q and reads back as %d, %v", n, size, got, err)
		}
	})
}

func FuzzRange(f *testing.F) {
	f.Add("192.168.1.1/24")               // host bits
	f.Add("10.0.0.0(255.255.0.0)")        // mask
	f.Add("::ffff:10.0.0.1-10.0.0.9")     // mapped and plain
	f.Add("fe80::39bd:88f7:6969:d223%11") // zone
	f.Fuzz(func(t *testing.T, s string) {
		r, err := param.ParseRange(s)
		if err != nil {
			return
		}
		again, err := param.ParseRange(r.String())
		if err != nil || again != r || !r.Contains(r.Low()) || !r.Contains(r.High()) {
			t.Fatalf("%q parses to %v, which reads back as %v, %v", s, r, again, err)
		}
		n := 0
		for p := range r.Prefixes() {
			if !r.Contains(p.Addr()) || p != p.Masked() {
				t.Fatalf("%v has the prefix %v", r, p)
			}
			n++
		}
		if n == 0 || n > 254 {
			t.Fatalf("%v has %d prefixes", r, n)
		}
	})
}

func FuzzTimeSpan(f *testing.F) {
	f.Add("1.12:30:00.5") // all parts
	f.Add("30")           // days, refused
	f.Fuzz(func(t *testing.T, s string) {
		d, err := param.ParseTimeSpan(s)
		if err != nil {
			return
		}
		if again, err := param.ParseTimeSpan(param.FormatTimeSpan(d)); err != nil || again != d || d < 0 {
			t.Fatalf("%q parses to %v, which reads back as %v, %v", s, d, again, err)
		}
	})
}

func FuzzFormatTimeSpan(f *testing.F) {
	f.Add(int64(time.Minute))
	f.Add(int64(math.MaxInt64)) // the longest
	f.Fuzz(func(t *testing.T, n int64) {
		if n < 0 {
			n = ^n
		}
		d := time.Duration(n)
		if got, err := param.ParseTimeSpan(param.FormatTimeSpan(d)); err != nil || got != d {
			t.Fatalf("%d prints as %q and reads back as %v, %v", n, param.FormatTimeSpan(d), got, err)
		}
	})
}

func FuzzBinding(f *testing.F) {
	f.Add("[::]:25")
	f.Add("[::ffff:10.0.0.1]:25") // becomes IPv4
	f.Fuzz(func(t *testing.T, s string) {
		b, err := param.ParseBinding(s)
		if err != nil {
			return
		}
		if again, err := param.ParseBinding(b.String()); err != nil || again != b {
			t.Fatalf("%q parses to %v, which reads back as %v, %v", s, b, again, err)
		}
	})
}

func FuzzSmartHost(f *testing.F) {
	f.Add("[IPv6:2001:db8::1]")       // RFC 5321 literal
	f.Add("smtpgateway1.contoso.com") // the guide's
	fuzzText[param.SmartHost](f)
}

func FuzzSmtpX509Identifier(f *testing.F) {
	f.Add("<I>CN=CA, C=US<S>CN=mail.contoso.com")
	fuzzText[param.SmtpX509Identifier](f)
}

// FuzzX500: a name compares alike however it is printed, and differently from another one.
func FuzzX500(f *testing.F) {
	f.Add("Contoso, Ltd.", "Ohio")
	f.Add(`a "b" \ c`, "#1") // as Windows has to quote
	f.Add("x+y=z;<>", " ")
	f.Fuzz(func(t *testing.T, organization, state string) {
		fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
		for _, s := range []string{organization, state} {
			if !utf8.ValidString(s) || fold(s) == "" {
				return
			}
		}
		attribute := func(arc int, value string) []pkix.AttributeTypeAndValue {
			return []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, arc}, Value: value}}
		}
		rfc := pkix.RDNSequence{attribute(10, organization), attribute(8, state)}.String()
		windows := "S=" + quoted(state) + ", O=" + quoted(organization)
		id := func(name string) param.SmtpX509Identifier {
			return param.SmtpX509Identifier{Issuer: "CN=CA", Subject: name}
		}
		if !id(rfc).Equal(id(windows)) || !id(windows).Equal(id(rfc)) {
			t.Errorf("%s isn't %s", rfc, windows)
		}
		if other := "O=" + quoted(state) + ", S=" + quoted(organization); id(rfc).Equal(id(other)) {
			t.Errorf("%s is %s", rfc, other)
		}
		if other := "S=" + quoted(state) + ", O=" + quoted(state); id(rfc).Equal(id(other)) != (fold(state) == fold(organization)) {
			t.Errorf("%s, %s", rfc, other)
		}
	})
}

// quoted returns a value in quotes, as Windows prints some.
func quoted(value string) string { return `"` + strings.ReplaceAll(value, `"`, `""`) + `"` }

func FuzzFlags(f *testing.F) {
	f.Add("DowngradeDnsFailures, UpgradeCustomFailures")
	f.Add("Default")
	fuzzText[param.ErrorPolicy](f)
}

func FuzzRateSource(f *testing.F) {
	f.Add("All")
	f.Add("User, IPAddress")
	fuzzText[param.RateSource](f)
}
