//go:build linux

package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tokenPolicy lets applications log on with tokens at port 587 of HubA.
const tokenPolicy = `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "` + hubName + `"}],
	"Receive": [{"Name": "Applications", "Bindings": ["` + hubAddr + `:587"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, OAuth", "PermissionGroups": "ExchangeUsers", "AuthTarpitInterval": "00:00:00"}],
	"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
	"Send": [{"Name": "ToMailboxes", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["` + storeAddr + `"]}]}`

// TestTokens: curl sends with an access token, by OAUTHBEARER, and can't with one that
// has expired or is for somebody else.
func TestTokens(t *testing.T) {
	net := newNetwork(t)
	hub, office := net.host(t, "hub", hubAddr), net.host(t, "office", officeAddr, storeAddr)
	mailboxes := newMailbox(t, office, storeAddr+":25")
	ca, dir := newAuthority(t), publicDir(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	for name, text := range map[string]string{
		"policy.json": tokenPolicy,
		"tokens.json": `{"Issuer": "https://login.fabrikam.com", "Audience": ["` + hubName + `"], "Keys": "keys.json", "Scopes": ["smtp.send"], "UserClaim": "email", "AllUsers": true}`,
		"keys.json":   `{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "` + encode(public) + `"}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := ca.issue(t, hubName)
	startServe(t, hub, ca.roots, buildGateway(t), "-config", filepath.Join(dir, "policy.json"), "-tokens", filepath.Join(dir, "tokens.json"), "-cert", cert, "-key", key)

	token := func(life time.Duration) string {
		claims, err := json.Marshal(map[string]any{"iss": "https://login.fabrikam.com", "aud": hubName, "email": annUser, "scope": "smtp.send", "exp": time.Now().Add(life).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		text := encode([]byte(`{"alg":"EdDSA","typ":"at+jwt","kid":"k"}`)) + "." + encode(claims)
		return text + "." + encode(ed25519.Sign(private, []byte(text)))
	}
	curl := func(user, token string) dialog {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := office.command(ctx, "curl", "--silent", "--show-error", "--verbose", "--ssl-reqd", "--cacert", ca.roots,
			"--resolve", hubName+":587:"+hubAddr, "smtp://"+hubName+":587/client.example", "--user", user, "--oauth2-bearer", token,
			"--mail-from", annUser, "--mail-rcpt", "bob@fabrikam.com", "--upload-file", "-")
		cmd.Stdin = strings.NewReader("From: <" + annUser + ">\r\nSubject: token\r\n\r\nHello.\r\n")
		out, err := cmd.CombinedOutput()
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			t.Fatalf("curl: %v: %s", err, out)
		}
		return dialog{cmd.ProcessState.ExitCode(), string(out)}
	}
	curl(annUser, token(time.Hour)).accepted(t)
	mailboxes.next(t).envelope(t, annUser, "bob@fabrikam.com")
	for _, bad := range []dialog{curl(annUser, token(-time.Hour)), curl("eve@fabrikam.com", token(time.Hour))} {
		if bad.exit != 67 || !strings.Contains(bad.text, "< 535 5.7.3") { // 67: log-on refused
			t.Errorf("exit %d:\n%s", bad.exit, bad.text)
		}
	}
	mailboxes.nothing(t)
}
