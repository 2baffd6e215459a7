package logon

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzPlace checks that the address to which a logon leads is one of the console.
func FuzzPlace(f *testing.F) {
	for _, to := range []string{"/console/queues?id=a", "//evil", "/console/../x", "/console//evil", "https://evil/console/", "/console/%2e%2e/x", "/console\\..\\x", "/console/#f"} {
		f.Add(to)
	}
	l := &Logon{Options: Options{Base: "/console"}}
	f.Fuzz(func(t *testing.T, to string) {
		origin := &url.URL{Scheme: "https", Host: "console.contoso.com", Path: "/console/logon"}
		place := l.place(to)
		u, err := origin.Parse(place)
		if err != nil {
			t.Fatal(err)
		}
		if u.Scheme != "https" || u.Host != origin.Host || u.User != nil || !strings.HasPrefix(u.Path, "/console/") || strings.ContainsAny(place, "\\\r\n\t") {
			t.Fatalf("%q leads to %q", to, u)
		}
	})
}
