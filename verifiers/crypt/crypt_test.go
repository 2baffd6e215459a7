package crypt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/verifiers/crypt"
)

// teaHashes are hashes of "tea", made by libxcrypt and by doveadm pw.
var teaHashes = []string{
	"$6$saltsalt$ALYggeVEYq7qBVmrAtSGW/2lVTQvNb6FyLnPgQr6.pppuhpaRfNWYvmZi6E5E2HC8ZGektNiMokKXmsAZzt6O0",
	"$6$rounds=10000$saltsalt$S.8/Lkf6j.ulRmku8rL0SEJJzf6AKHDtiru9HszcL3zqeiLI.0ss38klbEPvlmXTRQDO1ivEFfsKfStNJaPb00",
	"$5$saltsalt$kWwMLQhDW1TzF9cDGZ7aP0rxs0VbLpf/VaG3Wsxmwm.",
	"$1$saltsalt$rk0ZLY8J2oMIW7s5DvK5g.",
	"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$MnlGrnDFChzUR8qW4u6uK3Z5RkpXBigLTPaL7fxNSz0",
	"$y$j75$F5Jx5fExrKuPp53xLKQ..1$tq6ERGBwSl0irD9Yf6T24QtDV6Wd3.Xc5/MLj30GevA",
	"$2b$06$abcdefghijklmnopqrstuuEHwu08QoBlwsdIpRKY7V8nJuCxi0OJG",
	"{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz",
	"{SSHA256}4y8upfXtD1V/pmPyyvSXTmGgg26smtfYZWSQs36WxZfiUGqq",
	"{SSHA512}iHD09v28+BlJnoqHztghDHV1URDPcmObvm9kcUHW6D8BmDUURlmwRvGvPTtvO2MiaGeLZRtrDqtOtgdLmIZs20rq7b4=",
	"{SHA512-CRYPT}$6$BdnY6aMmJ8fGNSUQ$abRks9EVNAArbcySd6eAt0ljM7D8mZF2IOd00cSLhxMBYpjhH3ws/Wb0Q6bm2tpWv7rr6NHiwPCCangQ1lDfm1",
	"{BLF-CRYPT}$2y$05$RR.Qsg40.l9.uD6tvrD8n.Atc/l75GmWOOAfzIVQEzSlWVtcN0aNC",
	"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$HoX0bDVXPIzmTqnOkEd7yQ$VPt6aokOVnqsc3nfAOO04w8gC0zCSMW7m/JeICYl5Xk",
	"{CRYPT}$2y$05$gqlHmot37KYIMUgZD.nrku4v2I685O3VUGaCDMx/gErCQaOFeNuMW",
	"{MD5-CRYPT}$1$OFYi4dHu$aISXUyqqm2Nl2JCvr9Dd71",
}

func TestHashes(t *testing.T) {
	var c crypt.Checker
	for _, hash := range teaHashes {
		if err := c.Check(t.Context(), hash, "tea"); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
		for _, wrong := range []auth.Secret{"Tea", "tea\x00"} {
			if err := c.Check(t.Context(), hash, wrong); !errors.Is(err, auth.ErrBadCredentials) {
				t.Errorf("%s with %q: %v", hash, wrong.Reveal(), err)
			}
		}
	}
	for _, locked := range []string{"", "!", "*", "!!", "!" + teaHashes[0], "*LK*"} {
		for _, password := range []auth.Secret{"tea", "", "!"} {
			if err := c.Check(t.Context(), locked, password); !errors.Is(err, auth.ErrBadCredentials) {
				t.Errorf("%q: %v", locked, err)
			}
		}
	}
}

// TestBadHashes: kinds that aren't taken, and costs beyond the bounds, are errors that don't
// quote the hash.
func TestBadHashes(t *testing.T) {
	const key = "ALYggeVEYq7qBVmrAtSGW/2lVTQvNb6FyLnPgQr6"
	var c crypt.Checker
	for _, hash := range []string{
		"tea", "{PLAIN}tea", "{CLEAR}tea", "ab3F8dK2mNpQs", "{CRYPT}ab3F8dK2mNpQs", "{MD5}" + key, "{SHA256}" + key,
		"{SHA512-CRYPT}$5$saltsalt$" + key, "{SSHA512}", "{SSHA512}AAAA", "{SSHA999}AAAA", "{SSHA}!!!!", "{",
		"$6$rounds=1000001$saltsalt$" + key, "$6$rounds=999999999$saltsalt$" + key, "$6$rounds=-1$saltsalt$" + key, "$6$rounds=$saltsalt$" + key, "$6$", "$6$saltsalt$",
		"$y$jFT$F5Jx5fExrKuPp53xLKQ..1$" + key, "$y$j9zz$x$" + key, "$y$k9T$x$" + key, "$y$j9T$x", "$7$CU..../....x$" + key, "$gy$j9T$x$" + key,
		"$2b$15$abcdefghijklmnopqrstuuEHwu08QoBlwsdIpRKY7V8nJuCxi0OJG", "$argon2id$v=19$m=4194304,t=3,p=1$HoX0bDVXPIzmTqnOkEd7yQ$" + key,
		"$md5,iterations=4294967295$saltsalt$$" + key, "$sha1$4294967295$saltsalt$" + key, "$pbkdf2-sha256$2147483647$saltsalt$" + key,
		"$6$" + strings.Repeat("x", 600), "$argon2id$junk", "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$" + key + "$", "$2b$31$abcdefghijklmnopqrstuuEHwu08QoBlwsdIpRKY7V8nJuCxi0OJG", "$2b$06$short",
		"$1$saltsalt$rk0ZLY8J2oMIW7s5DvK5", "$5$saltsalt$" + key, teaHashes[0] + "0", strings.Replace(teaHashes[2], "Vb", "V=", 1),
	} {
		if _, err := crypt.Parse("shadow", strings.NewReader("ann:"+hash+":19000\n")); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("a file with %.40s: %v", hash, err)
		}
		if err := c.Check(t.Context(), hash, "tea"); err == nil || errors.Is(err, auth.ErrBadCredentials) || strings.Contains(err.Error(), key) {
			t.Errorf("%.40s: %v", hash, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Check(ctx, teaHashes[0], "tea"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

const shadow = "# kept by vipw\n" +
	"root:*:19000:0:99999:7:::\n" +
	"ann:$6$saltsalt$ALYggeVEYq7qBVmrAtSGW/2lVTQvNb6FyLnPgQr6.pppuhpaRfNWYvmZi6E5E2HC8ZGektNiMokKXmsAZzt6O0:19000:0:99999:7:::\r\n" +
	"bob@contoso.com:{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz:1000:1000::/home/bob::userdb_quota_rule=*:bytes=1G\n\n"

func TestFile(t *testing.T) {
	f, err := crypt.Parse("shadow", strings.NewReader(shadow))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		user, password string
		addresses      int
		err            error
	}{
		{"ann", "tea", 0, nil},
		{"ANN", "tea", 0, nil},
		{"bob@contoso.com", "tea", 1, nil},
		{"ann", "milk", 0, auth.ErrBadCredentials},
		{"root", "tea", 0, auth.ErrBadCredentials},
		{"root", "*", 0, auth.ErrBadCredentials},
		{"eve", "tea", 0, auth.ErrBadCredentials},
		{"", "tea", 0, auth.ErrBadCredentials},
		{"# kept by vipw", "tea", 0, auth.ErrBadCredentials},
	}
	for _, tt := range tests {
		id, err := f.Verify(t.Context(), auth.Credentials{Username: tt.user, Password: auth.Secret(tt.password)}, auth.Channel{})
		if !errors.Is(err, tt.err) || len(id.Addresses) != tt.addresses || err == nil && !strings.EqualFold(id.Name, tt.user) || err != nil && len(id.SIDs) > 0 {
			t.Errorf("%s %s: %v, %v", tt.user, tt.password, id, err)
		}
	}
	for authzid, want := range map[string]error{"": nil, "ann": nil, "root": auth.ErrBadCredentials, "bob@contoso.com": auth.ErrBadCredentials} {
		if _, err := f.Verify(t.Context(), auth.Credentials{AuthzID: authzid, Username: "ann", Password: "tea"}, auth.Channel{}); !errors.Is(err, want) {
			t.Errorf("ann as %q: %v", authzid, err)
		}
	}
	if id, err := f.Identity(t.Context(), "ANN"); err != nil || id.Name != "ann" {
		t.Errorf("%v, %v", id, err)
	}
	for name, unknown := range map[string]bool{"eve": true, "root": false} {
		id, err := f.Identity(t.Context(), name)
		if !errors.Is(err, auth.ErrBadCredentials) || errors.Is(err, auth.ErrNoUser) != unknown || len(id.SIDs) > 0 {
			t.Errorf("%s: %v, %v", name, id, err)
		}
	}
	// No unknown name gets in, whichever user's hash it is checked against.
	for i := range 50 {
		if _, err := f.Verify(t.Context(), auth.Credentials{Username: fmt.Sprint("x", i), Password: "tea"}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
			t.Error(err)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v %s", f, f, f, f); strings.Contains(text, "salt") {
		t.Error(text)
	}
	if _, err := new(crypt.File).Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("the zero File: %v", err)
	}
}

func TestFileMistakes(t *testing.T) {
	_, err := crypt.Parse("shadow", strings.NewReader("ann\nbob:tea\nann:!\nAnn:!\n Exchange Servers:!\n"))
	list, ok := err.(source.Diagnostics)
	if !ok || len(list) != 4 || list[0].Line != 1 || list[3].Line != 5 || !strings.Contains(err.Error(), `shadow:4: user "Ann" exists above`) {
		t.Error(err)
	}
	if _, err := crypt.Load(t.TempDir() + "/none"); err == nil {
		t.Error("a file that isn't there")
	}
	if _, err := crypt.Parse("shadow", strings.NewReader(strings.Repeat("x\n", 100))); len(err.(source.Diagnostics)) != 50 {
		t.Error(err)
	}
}

func FuzzCheck(f *testing.F) {
	for _, hash := range teaHashes {
		f.Add(hash)
	}
	f.Add("$6$rounds=1000$$x")
	f.Add("$y$j//$.$.")
	var c crypt.Checker
	f.Fuzz(func(t *testing.T, hash string) {
		if strings.Contains(hash, "rounds=") || strings.HasPrefix(hash, "$2") || strings.Contains(hash, "argon2id") {
			t.Skip("takes long")
		}
		if err := c.Check(t.Context(), hash, "a password of no hash here"); err == nil {
			t.Fatalf("%q has the password", hash)
		}
	})
}

func Example() {
	users, err := crypt.Parse("passwd", strings.NewReader("ann:{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz:1000:1000::/home/ann\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := users.Verify(context.Background(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{TLS: true})
	fmt.Println(id.Name, err)
	// Output: ann <nil>
}
