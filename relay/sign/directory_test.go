package sign_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

func file(t *testing.T, text []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func pemOf(t *testing.T, k sign.Key) []byte {
	t.Helper()
	text, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestReadDirectory: keys are read as they were written; a file that can't be used stops the mail of its domain
// alone.
func TestReadDirectory(t *testing.T) {
	dir := t.TempDir()
	from := time.Date(2026, 12, 6, 8, 0, 0, 0, time.UTC)
	file(t, pemOf(t, key(t, "contoso.com", "e1", from, edKey)), dir, "contoso.com", "e1.pem")
	file(t, pemOf(t, key(t, "contoso.com", "r1", time.Time{}, rsaKey())), dir, "contoso.com", "r1.pem")
	traditional := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey().(*rsa.PrivateKey))})
	file(t, append([]byte("# of opendkim-genkey\nSigns-From: 2026-12-01\n"), traditional...), dir, "Fabrikam.COM", "mail.pem")
	file(t, []byte("v=DKIM1"), dir, "Fabrikam.COM", "mail.txt")
	file(t, []byte("x"), dir, "README")
	file(t, []byte("x"), dir, ".hidden", "x.pem")
	file(t, []byte("x"), dir, "bad.com", "a.pem")
	d, err := sign.ReadDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	for domain, want := range map[string]string{
		"contoso.com": "e1 ed25519 2026-12-06 r1 rsa 0001-01-01", "fabrikam.com": "mail rsa 2026-12-01", "other.com": "", "bad.com": "the file has no PEM private key",
	} {
		list, err := d.Keys(t.Context(), routing.MustParseDomain(domain))
		var got []string
		for _, k := range list {
			got = append(got, k.Selector, k.Algorithm(), k.From.Format(time.DateOnly))
			if !slices.Contains(d.Files(), k.File) || filepath.Base(k.File) != k.Selector+".pem" {
				t.Errorf("%s, selector %s: the path is %q, and there are %q", domain, k.Selector, k.File, d.Files())
			}
		}
		if text := strings.Join(got, " "); err == nil && text != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", domain, text, err, want)
		}
	}
	if got := fmt.Sprint(d.Problems()); len(d.Problems()) != 1 || !strings.Contains(got, filepath.Join("bad.com", "a.pem")) || !errors.Is(d.Problems(), source.CodeDkimKeyUnusable) {
		t.Errorf("problems: %s", got)
	}
	var domains []string
	for domain := range d.Domains() {
		domains = append(domains, domain.String())
	}
	if got := strings.Join(domains, " "); got != "bad.com contoso.com fabrikam.com" {
		t.Errorf("domains: %s", got)
	}
	if _, err := sign.ReadDirectory(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent directory: %v", err)
	}
	file(t, nil, dir, "no domain", "a.pem")
	if d, err = sign.ReadDirectory(dir); err != nil || len(d.Problems()) != 2 {
		t.Errorf("a directory that isn't a domain: %v, %v", err, d.Problems())
	}
	if list, err := new(sign.Directory).Keys(t.Context(), routing.MustParseDomain("contoso.com")); list != nil || err != nil {
		t.Errorf("the zero Directory: %v, %v", list, err)
	}
}

// TestPEMIsRefused: texts that hold no key to sign with.
func TestPEMIsRefused(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	block := func(typ string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}))
	}
	exchange, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	noSigner, err := x509.MarshalPKCS8PrivateKey(exchange)
	if err != nil {
		t.Fatal(err)
	}
	good := string(pemOf(t, key(t, "contoso.com", "e1", time.Time{}, edKey)))
	for text, want := range map[string]string{
		"":                                      "no PEM private key",
		block("CERTIFICATE", der):               "no PEM private key",
		block("PRIVATE KEY", der):               "neither an RSA nor an Ed25519 key",
		block("PRIVATE KEY", noSigner):          "neither an RSA nor an Ed25519 key",
		block("PRIVATE KEY", der[:20]):          "damaged",
		block("RSA PRIVATE KEY", der):           "neither an RSA nor an Ed25519 key",
		block("ENCRYPTED PRIVATE KEY", der):     "encrypted",
		"Signs-From: tomorrow\n" + good:         `"tomorrow" is not a time`,
		block("CERTIFICATE", der) + good:        "",
		good + "Signs-From: tomorrow\n":         "",
		"Signs-From: 2026-12-06\r\n" + good:     "",
		"Signs-From:2026-12-06T08:00Z\n" + good: "is not a time",
	} {
		_, err := sign.ParsePEM(routing.MustParseDomain("contoso.com"), "s", []byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// TestRecords: records fit their keys, also in the forms that others write, and what is wrong with a record is
// said.
func TestRecords(t *testing.T) {
	ed, rs := key(t, "football.example.com", "brisbane", time.Time{}, edKey), key(t, "contoso.com", "r1", time.Time{}, rsaKey())
	// RFC 8463, appendix A.2.
	if got := ed.Zone(); got != `brisbane._domainkey.football.example.com. IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="` {
		t.Errorf("the record of RFC 8463: %s", got)
	}
	old := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(rsaKey().Public().(*rsa.PublicKey)))
	_, value, _ := strings.Cut(rs.Record(), "p=")
	for _, tc := range []struct {
		k       sign.Key
		records []string
		want    string
	}{
		{ed, []string{ed.Record()}, ""},
		{rs, []string{rs.Record()}, ""},
		{rs, []string{"p=" + value}, ""},
		{rs, []string{"v=DKIM1; h=sha1:sha256; s=email; t=s; p=" + value[:100] + " " + value[100:] + ";"}, ""},
		{rs, []string{"k=rsa; p=" + old}, ""},
		{rs, nil, "there is no TXT record"},
		{rs, []string{rs.Record(), rs.Record()}, "2 TXT records"},
		{rs, []string{ed.Record()}, "of type ed25519 (k=)"},
		{ed, []string{"p=" + value}, "of type rsa (k=)"},
		{rs, []string{"v=DKIM1; k=rsa; p="}, "revoked"},
		{rs, []string{"v=DKIM1; k=rsa"}, "no public key"},
		{rs, []string{"v=DKIM2; p=" + value}, "version"},
		{rs, []string{"v=DKIM1; h=sha1; p=" + value}, "SHA-256"},
		{rs, []string{"v=DKIM1; s=other; p=" + value}, "isn't for mail"},
		{rs, []string{"v=DKIM1; t=y:s; p=" + value}, "t=y"},
		{rs, []string{rs.Record()[:255]}, "cut off"},
		{rs, []string{strings.Replace(rs.Record(), "IDAQAB", "IDAQAC", 1)}, "another public key"},
		{rs, []string{"v=spf1 -all"}, "version"},
		{rs, []string{"hello"}, "can't be read"},
		{rs, []string{"p=a; p=b"}, "can't be read"},
		{sign.Key{}, []string{rs.Record()}, "of type rsa"},
	} {
		err := tc.k.Check(tc.records)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%.80q: %v, want %q", tc.records, err, tc.want)
		}
	}
	for part := range strings.SplitSeq(rs.Zone(), "\n") {
		if len(part) > 310 {
			t.Errorf("a string is too long: %s", part)
		}
	}
	if strings.NewReplacer(" ", "", "\n\t", "", `"`, "", "(", "", ")", "").Replace(rs.Zone()) != "r1._domainkey.contoso.com.INTXT"+strings.ReplaceAll(rs.Record(), " ", "") {
		t.Errorf("the zone: %s", rs.Zone())
	}
}

// FuzzCheck: whatever a name server answers, it is read or refused.
func FuzzCheck(f *testing.F) {
	k := key(f, "contoso.com", "e1", time.Time{}, edKey)
	for _, s := range []string{k.Record(), "v=DKIM1;p=", ";;=;", "p=====", "h=:;s=*", "k=rsa; p=MAA="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, record string) {
		if err := k.Check([]string{record}); err == nil && !strings.Contains(strings.Join(strings.Fields(record), ""), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") {
			t.Fatalf("%q fits", record)
		}
	})
}
