package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
)

// TestServerCertificate: explain says which certificate a client is shown, and why.
func TestServerCertificate(t *testing.T) {
	s := newSite(t)
	s.pair("a.example", "many/a.pem", "many/a.key")
	s.pair("b.example", "many/b.pem", "many/b.key")
	s.pair("huba.fabrikam.com", "huba.pem", "huba.key")
	leaves, _, err := leavesOf([]string{s.file("many/b.pem"), s.file("huba.pem")})
	if err != nil {
		t.Fatal(err)
	}
	named, other := relay.CertificateName(leaves[0]).String(), relay.CertificateName(leaves[1]).String()
	a, b, huba := s.file("many/a.pem")+" (a.example)", s.file("many/b.pem")+" (b.example)", s.file("huba.pem")+" (huba.fabrikam.com)"
	for _, row := range []struct {
		name, binding, flags, want string // want "": nothing is said
	}{
		{"", "127.0.0.1:25", "-tls -cert " + s.file("many") + " -cert " + s.file("huba.pem"), "certificate of the server: " + huba + ", chosen by the Fqdn huba.fabrikam.com\n"},
		{"", "127.0.0.1:465", "-tls -cert " + s.file("huba.pem"), "certificate of the server: " + huba + ", chosen by the Fqdn huba.fabrikam.com\n"},
		{"", "127.0.0.1:25", "-tls -cert " + s.file("many/a.pem"), "certificate of the server: " + a + ", chosen of all, because none has the Fqdn huba.fabrikam.com\n"},
		{"", "127.0.0.1:25", "-tls -cert " + s.file("many"), "or the first:\n  " + a + "\n  " + b + "\n"},
		{named, "127.0.0.1:25", "-tls -cert " + s.file("many") + " -cert " + s.file("huba.pem"), "certificate of the server: " + b + ", chosen by TlsCertificateName\n"},
		{named, "127.0.0.1:25", "-tls -cert " + s.file("huba.pem"), "no certificate of the server: TlsCertificateName " + named + ": none of the 1 certificates has that name; there is " + other + "\n"},
		{"", "127.0.0.1:25", "-cert " + s.file("many"), ""},
		{"", "127.0.0.1:465", "-cert " + s.file("many"), ""},
		{"", "127.0.0.1:25", "-tls -no-cert -cert " + s.file("many"), ""},
		{"", "127.0.0.1:25", "-tls", ""},
	} {
		policy, err := json.Marshal(map[string]any{
			"Server": "HubA", "Servers": []any{map[string]string{"Name": "HubA", "FQDN": "huba.fabrikam.com"}},
			"Receive": []any{map[string]any{"Name": "In", "Bindings": []string{row.binding}, "RemoteIPRanges": []string{"127.0.0.1"}, "AuthMechanism": "Tls",
				"PermissionGroups": "AnonymousUsers", "TlsCertificateName": row.name}},
			"Accepted": []any{map[string]string{"Name": "a", "DomainName": "fabrikam.com", "DomainType": "InternalRelay"}},
			"Send":     []any{map[string]any{"Name": "Out", "AddressSpaces": []string{"*"}, "SmartHosts": []string{"192.0.2.1"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(s.dir, "shown.json")
		if err := os.WriteFile(file, policy, 0o600); err != nil {
			t.Fatal(err)
		}
		args := append(strings.Fields(row.flags), "-remote", "127.0.0.1", "-local", row.binding, "-from", "x@example.net", "-to", "b@fabrikam.com")
		_, out := runCommand(t, append([]string{"explain", file}, args...)...)
		if row.want != "" && !strings.Contains(out, row.want) || row.want == "" && strings.Contains(out, " of the server") {
			t.Errorf("%v: %s\nlacks %s", row, out, row.want)
		}
		_, out = runCommand(t, append([]string{"explain", file, "-json"}, args...)...)
		var answer struct{ ServerCertificate *serverCertificate }
		if err := json.Unmarshal([]byte(out), &answer); err != nil || (answer.ServerCertificate != nil) != (row.want != "") {
			t.Errorf("%v, -json: %v: %s", row, err, out)
		}
	}
	if code, out := runCommand(t, "explain", "-remote", "127.0.0.1", "-to", "b@fabrikam.com", "-cert", s.file("absent.pem")); code != exitInvalid || !strings.Contains(out, "absent.pem") {
		t.Errorf("exit %d: %s", code, out)
	}
}
