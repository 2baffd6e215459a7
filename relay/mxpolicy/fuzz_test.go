package mxpolicy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// FuzzFile: what is taken from a File holds no longer, and has no more mail exchangers, than a policy
// that is fetched, and is written as the same again.
func FuzzFile(f *testing.F) {
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	f.Add(`{"domain":"example.com","id":"1","mode":"enforce","mx":["*.example.com"],"maxAge":86400,"fetched":"2026-11-30T00:00:00Z"}`)
	f.Add(`{"domain":"bücher.example","mode":"none","maxAge":1,"fetched":"2026-11-29T23:59:59.5+01:00"}`)
	f.Add(`{"domain":"example.com","mode":"enforce","maxAge":99999999999,"fetched":"2026-11-29T00:00:00Z"}`)
	f.Add(`{"domain":"example.com","mode":"testing","mx":["a.b"],"maxAge":1,"fetched":"9999-12-31T23:59:59-23:00"}`)
	f.Add(`{"domain":"a.b","mode":"none","maxAge":5,"fetched":"2026-11-30T00:00:00Z"},{"domain":"a.b","mode":"x"}`)
	file := filepath.Join(f.TempDir(), "mta-sts.json")
	read := func(t *testing.T, text string) (*Policies, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := &Policies{now: func() time.Time { return now }, domains: make(map[string]*stsDomain)}
		content, err := readFile(file)
		if err == nil {
			err = p.fill(content)
		}
		return p, err
	}
	f.Fuzz(func(t *testing.T, policies string) {
		p, _ := read(t, `{"version":1,"policies":[`+policies+`]}`)
		for name, d := range p.domains {
			k := d.valid(now)
			if ascii, err := asciiName(name); err != nil || ascii != name || k == nil || k.Expires().After(now.Add(maxAge*time.Second)) || len(k.MX) > maxMX || len(k.MX) == 0 && k.Mode != ModeNone {
				t.Fatalf("%q: %+v", name, k)
			}
		}
		text, err := json.Marshal(p.content())
		if err != nil {
			t.Fatal(err)
		}
		if again, err := read(t, string(text)); err != nil || !reflect.DeepEqual(again.content(), p.content()) {
			t.Fatalf("%+v is %+v, %v", p.content(), again.content(), err)
		}
	})
}

// FuzzResolvConf: name servers that are believed are on this machine and are not Docker's, unless
// the file has the option trust-ad.
func FuzzResolvConf(f *testing.F) {
	f.Add("nameserver 127.0.0.53\nnameserver ::1%lo\noptions edns0\n")
	f.Add("nameserver ::ffff:127.0.0.11\n")
	f.Add("nameserver 192.0.2.1\r\noptions ndots:1\ttrust-ad\n")
	f.Add("options trust-ad\nnameserver 127.0.0.1.\n")
	f.Add(strings.Repeat("x", 1<<16))
	f.Fuzz(func(t *testing.T, conf string) {
		for _, server := range trustedServers(strings.NewReader(conf)) {
			addr := server.Addr().Unmap()
			if !strings.Contains(conf, "trust-ad") && (!addr.IsLoopback() || addr == forwarder) || server.Port() != 53 || !strings.Contains(conf, "nameserver") {
				t.Fatalf("%q: %v", conf, server)
			}
		}
	})
}
