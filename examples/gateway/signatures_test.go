package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSignatures: route and explain say which DKIM keys sign, and what becomes of mail without one.
func TestSignatures(t *testing.T) {
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	for _, domain := range []string{"contoso.com", "broken.example"} {
		if code, out := runCommand(t, "dkim", "new", domain, "-keys", keys, "-algorithm", "ed25519", "-selector", "s1"); code != exitOK {
			t.Fatal(out)
		}
	}
	if err := os.WriteFile(filepath.Join(keys, "broken.example", "s1.pem"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	policy := func(signing, rewrite string) string {
		file := filepath.Join(dir, "policy.json")
		text := fmt.Sprintf(`{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.contoso.com"}],
			"Receive": [{"Name": "In", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.9.9.9"], "PermissionGroups": "AnonymousUsers"%s,
				"Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]},
				{"Name": "Strangers", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["203.0.113.9"], "PermissionGroups": "AnonymousUsers"}],
			"Accepted": [{"Name": "a", "DomainName": "example.org", "DomainType": "InternalRelay"}],
			"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["192.0.2.1"], "DkimSigning": %q}]}`, rewrite, signing)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	const connector = `DKIM of Send connector "Out", mail of authors of `
	for _, row := range []struct{ signing, rewrite, flags, want string }{
		{"Required", "", "route -author a@contoso.com", "contoso.com: signed by s1._domainkey.contoso.com\n"},
		{"Required", "", "route -author a@sub.contoso.com", "sub.contoso.com: signed by s1._domainkey.contoso.com\n"},
		{"Required", "", "route -author a@other.example", "other.example: no key signs now, so it waits\n"},
		{"IfKeyExists", "", "route -author a@other.example", "other.example: no key signs now, so it leaves without a signature\n"},
		{"IfKeyExists", "", "route -author a@broken.example", "broken.example: the DKIM keys of broken.example can't be used: " + filepath.Join(keys, "broken.example", "s1.pem") + ": the file has no PEM private key, so it waits\n"},
		{"None", "", "route -author a@contoso.com", ""},
		{"Required", "", "explain -remote 10.9.9.9 -from a@contoso.com", "contoso.com: signed by s1._domainkey.contoso.com\n"},
		{"Required", "", "explain -remote 10.9.9.9 -from a@contoso.com -author a@other.example", "other.example: no key signs now, so it waits\n"},
		{"Required", `, "RewriteFrom": "scanner@contoso.com"`, "explain -remote 10.9.9.9 -from a@other.example", "contoso.com: signed by s1._domainkey.contoso.com\n"},
		{"IfKeyExists", "", "explain -remote 203.0.113.9 -from a@contoso.com", ""}, // a stranger's mail isn't signed
	} {
		args := append(strings.Fields(row.flags), "-to", "b@example.org", "-dkim-keys", keys, policy(row.signing, row.rewrite))
		code, out := runCommand(t, args...)
		if code != exitOK || row.want != "" && !(strings.Contains(out, connector) && strings.Contains(out, row.want)) || row.want == "" && strings.Contains(out, connector) {
			t.Errorf("%s, %s: exit %d\n%s\nlacks %s", row.signing, row.flags, code, out, row.want)
		}
		code, out = runCommand(t, append(args, "-json")...)
		var answer struct{ Signatures []signature }
		if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitOK || len(answer.Signatures) > 0 != (row.want != "") {
			t.Errorf("%s, %s, -json: exit %d, %v\n%s", row.signing, row.flags, code, err, out)
		} else if row.want != "" && answer.Signatures[0].Waits != strings.HasSuffix(row.want, " waits\n") {
			t.Errorf("%s, %s: %+v", row.signing, row.flags, answer.Signatures)
		}
	}
	for flags, want := range map[string]string{
		"route -to b@example.org -dkim-keys " + keys:                                        "-dkim-keys and -author: give both or neither",
		"route -to b@example.org -author a@contoso.com":                                     "-dkim-keys and -author: give both or neither",
		"route -to b@example.org -author a -dkim-keys " + keys:                              "-author: ",
		"explain -remote 10.9.9.9 -to b@example.org -dkim-keys " + filepath.Join(dir, "no"): "-dkim-keys ",
	} {
		if code, out := runCommand(t, append(strings.Fields(flags), policy("Required", ""))...); code != exitInvalid || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d: %s", flags, code, out)
		}
	}
}
