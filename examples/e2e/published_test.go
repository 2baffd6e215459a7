//go:build linux

package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// direct sends all mail by DNS.
const direct = `{
	"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	"Receive": [{"Name": "Office", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.2.3.20"], "PermissionGroups": "AnonymousUsers",
		"Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]}],
	"Send": [{"Name": "Internet", "AddressSpaces": ["*"]}]
}`

// unboundConf validates the zone whose key is in {anchor}, and asks dnsAddr about all names.
const unboundConf = `
server:
	directory: "{dir}"
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	logfile: ""
	val-log-level: 2
	interface: 127.0.0.1
	do-ip6: no
	qname-minimisation: no
	trust-anchor: "{anchor}"
forward-zone:
	name: "."
	forward-addr: ` + dnsAddr + `
remote-control:
	control-enable: no
`

// startUnbound runs unbound on h as its system's name server until the test ends.
func startUnbound(t *testing.T, h *host, z *signedZone) {
	t.Helper()
	unbound, err := exec.LookPath("unbound")
	if err != nil {
		t.Fatal(err)
	}
	dir := publicDir(t)
	file := filepath.Join(dir, "unbound.conf")
	text := strings.NewReplacer("{dir}", dir, "{anchor}", strings.ReplaceAll(z.key.String(), "\t", " ")).Replace(unboundConf)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := h.command(context.Background(), unbound, "-d", "-c", file)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait() // a stopped process has no meaningful status
		if t.Failed() {
			t.Logf("unbound said:\n%s", &said)
		}
	})
	h.awaitPort(t, "127.0.0.1:53")
}

// serveSTS serves MTA-STS policies by the names of their domains on h, with certificates of ca,
// until the test ends.
func serveSTS(t *testing.T, h *host, ca *authority, address string, policies map[string]string) {
	t.Helper()
	config := new(tls.Config)
	for domain := range policies {
		c, err := ca.Issue("mta-sts." + domain)
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = append(config.Certificates, c)
	}
	server := &http.Server{TLSConfig: config, ReadTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, policies[strings.TrimPrefix(r.Host, "mta-sts.")])
	})}
	listener := h.listen(t, address)
	go server.ServeTLS(listener, "", "")
	t.Cleanup(func() { server.Close() })
}

// TestPublishedTLS: the gateway, with unbound as the system's name server, follows what the owners
// of domains publish about the TLS of their mail exchanger, which is Postfix.
func TestPublishedTLS(t *testing.T) {
	net := newNetwork(t)
	ca := newAuthority(t)
	hub, office := net.host(t, "hub", hubAddr), net.host(t, "office", officeAddr, dnsAddr)
	internet := newMailbox(t, net.host(t, "internet", internetAddr), internetAddr+":25")
	gateway := net.host(t, "gateway", gatewayAddr)
	startPostfix(t, gateway, ca, gatewayConfig{source: gatewayAddr})
	digest := spkiDigest(t, filepath.Join(ca.dir, gatewayName+".pem"))
	z := newSignedZone(t, "signed.example.",
		"good.signed.example. 60 MX 10 mx.signed.example.",
		"mx.signed.example. 60 A "+gatewayAddr,
		"_25._tcp.mx.signed.example. 60 TLSA 3 1 1 "+digest,
		"other.signed.example. 60 MX 10 mx2.signed.example.",
		"mx2.signed.example. 60 A "+gatewayAddr,
		"_25._tcp.mx2.signed.example. 60 TLSA 3 1 1 "+strings.Repeat("AB", 32),
		"plain.signed.example. 60 MX 10 mx3.signed.example.",
		"mx3.signed.example. 60 A "+gatewayAddr,
		"bogus.signed.example. 60 MX 10 mx.signed.example.",
		"unsigned.example. 60 MX 10 mx.unsigned.example.",
		"mx.unsigned.example. 60 A "+gatewayAddr,
		"_25._tcp.mx.unsigned.example. 60 TLSA 3 1 1 "+strings.Repeat("AB", 32),
		gatewayName+". 60 A "+gatewayAddr,
		"sts.example. 60 MX 10 "+gatewayName+".",
		`_mta-sts.sts.example. 60 TXT "v=STSv1; id=1"`,
		"mta-sts.sts.example. 60 A "+strangerAddr,
		"wrong.example. 60 MX 10 "+gatewayName+".",
		`_mta-sts.wrong.example. 60 TXT "v=STSv1; id=1"`,
		"mta-sts.wrong.example. 60 A "+strangerAddr,
	)
	z.bogus = "bogus.signed.example."
	z.serve(t, office, dnsAddr+":53")
	policy := "version: STSv1\nmode: enforce\nmx: %s\nmax_age: 86400\n"
	serveSTS(t, net.host(t, "stranger", strangerAddr), ca, strangerAddr+":443", map[string]string{
		"sts.example": fmt.Sprintf(policy, gatewayName), "wrong.example": fmt.Sprintf(policy, "mx.wrong.example"),
	})
	startUnbound(t, hub, z)
	file := filepath.Join(publicDir(t), "direct.json")
	if err := os.WriteFile(file, []byte(direct), 0o644); err != nil {
		t.Fatal(err)
	}
	binary := buildGateway(t)
	startServe(t, hub, ca.roots, binary, "-config", file)

	for _, row := range []struct {
		name, domain, refused string
	}{
		{"a record fits", "good.signed.example", ""},
		{"no record fits", "other.signed.example", "451 4.7.5"},
		{"no record", "plain.signed.example", ""},
		{"wrong signatures", "bogus.signed.example", "451 4.4.3"},
		{"records that aren't signed", "unsigned.example", ""},
		{"a policy that is met", "sts.example", ""},
		{"a policy that names another host", "wrong.example", "451 4.7.5"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := toHub(t, office, officeAddr, hubAddr, "dora@fabrikam.com", "carl@"+row.domain)
			if row.refused != "" {
				d.refused(t, row.refused)
				return
			}
			d.accepted(t)
			m := internet.next(t)
			m.envelope(t, "dora@fabrikam.com", "carl@"+row.domain)
			if hops := m.fields("Received"); len(hops) == 0 || !strings.Contains(hops[0], "with ESMTPS") {
				t.Errorf("without TLS: Received %q", hops)
			}
		})
	}
	t.Run("route -tls", func(t *testing.T) {
		for domain, want := range map[string]string{
			"good.signed.example":  "10 mx.signed.example: TLS with a certificate that fits the TLSA records of mx.signed.example (DANE)\n       TLSA 3 1 1 " + digest,
			"bogus.signed.example": "error: bogus.signed.example MX: the name server 127.0.0.1:53 can't answer, or the signatures are bogus",
			"sts.example":          "10 " + gatewayName + ": TLS with a valid certificate for this name (MTA-STS)",
			"wrong.example":        "no mail: the MTA-STS policy of wrong.example doesn't name it; it names mx.wrong.example",
		} {
			cmd := hub.command(t.Context(), binary, "route", file, "-to", "carl@"+domain, "-tls")
			cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+ca.roots)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s: %v: %s\nwant %s", domain, err, out, want)
			}
		}
	})
	internet.nothing(t)
}

// spkiDigest returns the SHA-256 of the public key in a certificate's file, as in a TLSA record.
func spkiDigest(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%X", sha256.Sum256(c.RawSubjectPublicKeyInfo))
}
