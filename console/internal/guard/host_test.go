package guard

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzHostName checks that a host that passes for a name is the one that browsers see, and that
// no other text does.
func FuzzHostName(f *testing.F) {
	for _, s := range []string{"localhost:8026", "[::1]:1", "127.0.0.1", "localhost.", "u@h", "[::1%25x]", "a:b:c", "LOCALHOST", "[", "]:1", "xn--bcher-kva.example", "a..b", ":"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		name := hostName(header)
		if name == "" {
			return
		}
		u, err := url.Parse("http://" + header + "/path")
		if err != nil {
			t.Fatalf("%q is taken for %q, and is not a host: %v", header, name, err)
		}
		if u.User != nil || u.Path != "/path" || u.RawQuery != "" || u.Fragment != "" || strings.ToLower(u.Hostname()) != name {
			t.Fatalf("%q is taken for %q, and is %q", header, name, u)
		}
		bare := name
		if strings.Contains(bare, ":") {
			bare = "[" + bare + "]"
		}
		if hostName(bare) != name || hostName(bare+":8026") != name {
			t.Fatalf("%q isn't read again", name)
		}
		set, err := hostSet([]string{name})
		if err != nil || !set[name] {
			t.Fatalf("%q can't be a host of the options: %v", name, err)
		}
	})
}
