package mxpolicy

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTrustedServers(t *testing.T) {
	for conf, want := range map[string]string{
		"nameserver 127.0.0.1\n":                                  "127.0.0.1:53",
		"search example\nnameserver 127.0.0.53\nnameserver ::1\n": "127.0.0.53:53 [::1]:53",
		"nameserver 127.0.0.1\nnameserver 192.0.2.1\n":            "",
		"nameserver 192.0.2.1\n":                                  "",
		"nameserver 192.0.2.1\noptions edns0 trust-ad\n":          "192.0.2.1:53",
		"nameserver 127.0.0.11\n":                                 "", // Docker's
		"nameserver name.example\n":                               "",
		"# nameserver 127.0.0.1\n":                                "",
		"":                                                        "",
	} {
		if text := list(trustedServers(strings.NewReader(conf))); text != want {
			t.Errorf("%q: %s, want %s", conf, text, want)
		}
	}
}

// The name servers follow the file, unless it names none that can be believed.
func TestResolvConfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &resolvConf{path: filepath.Join(t.TempDir(), "resolv.conf")}
		expect := func(when, want string) {
			t.Helper()
			if got := list(c.current()); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(c.path+".new", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(c.path+".new", c.path); err != nil {
				t.Fatal(err)
			}
		}
		expect("without a file", "")
		write("nameserver 127.0.0.1\n")
		expect("less than five seconds later", "")
		time.Sleep(confEvery)
		expect("with a file", "127.0.0.1:53")
		write("nameserver 127.0.0.2\n") // of the same size
		time.Sleep(confEvery - 1)
		expect("too early", "127.0.0.1:53")
		time.Sleep(time.Nanosecond)
		expect("after a change", "127.0.0.2:53")
		for when, text := range map[string]string{
			"while it is written": "", "with a server elsewhere": "nameserver 192.0.2.1\n", "with one server elsewhere": "nameserver 127.0.0.1\nnameserver 192.0.2.1\n",
			"with a server beyond the bound": strings.Repeat("#", maxConf) + "\nnameserver 127.0.0.1\n",
		} {
			write(text)
			time.Sleep(confEvery)
			expect(when, "127.0.0.2:53")
		}
		if err := os.Remove(c.path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(confEvery)
		expect("without the file", "127.0.0.2:53")
		write("nameserver 127.0.0.1\n")
		time.Sleep(confEvery)
		if got := (&Resolver{system: c, Servers: []netip.AddrPort{{}}}).client().Servers; strings.Join(got, " ") != "127.0.0.1:53" {
			t.Errorf("a Resolver asks %v", got)
		}
	})
}

func list(servers []netip.AddrPort) string {
	var text []string
	for _, s := range servers {
		text = append(text, s.String())
	}
	return strings.Join(text, " ")
}
