//go:build linux

package ldap_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// suffix is where the directory of the tests begins.
const suffix = "dc=contoso,dc=com"

const directory = `dn: dc=contoso,dc=com
objectClass: dcObject
objectClass: organization
o: Contoso
dc: contoso

dn: cn=searcher,dc=contoso,dc=com
objectClass: person
cn: searcher
sn: searcher
userPassword: search

dn: uid=ann,dc=contoso,dc=com
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
mail: ann@contoso.com
mail: office@contoso.com
userPassword: tea

dn: uid=bob(x)\2Cy,dc=contoso,dc=com
objectClass: inetOrgPerson
uid: bob(x),y
cn: Bob
sn: Bob
mail: bob@contoso.com
userPassword: milk

dn: uid=twin1,dc=contoso,dc=com
objectClass: inetOrgPerson
uid: twin1
cn: Twin
sn: Twin
mail: twin@contoso.com
userPassword: tea

dn: uid=twin2,dc=contoso,dc=com
objectClass: inetOrgPerson
uid: twin2
cn: Twin
sn: Twin
mail: twin@contoso.com
userPassword: tea

dn: uid=nopassword,dc=contoso,dc=com
objectClass: inetOrgPerson
uid: nopassword
cn: N
sn: N

dn: cn=Staff,dc=contoso,dc=com
objectClass: groupOfNames
cn: Staff
member: uid=ann,dc=contoso,dc=com
member: uid=bob(x)\2Cy,dc=contoso,dc=com

dn: cn=Exchange Servers,dc=contoso,dc=com
objectClass: groupOfNames
cn: Exchange Servers
member: uid=ann,dc=contoso,dc=com
`

// slapd is a running OpenLDAP server.
type slapd struct {
	plain, secured string // URLs
	roots          *x509.CertPool
	cmd            *exec.Cmd
}

// startSlapd runs Debian's slapd on loopback until the test ends.
func startSlapd(t *testing.T) *slapd {
	t.Helper()
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs Debian's slapd; set INTERCHANGE_E2E=1 to run it")
	}
	dir := t.TempDir()
	ca, err := relaytest.NewAuthority("Test Authority")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue("localhost")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	config := file("slapd.conf", fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCertificateFile %[2]s
TLSCertificateKeyFile %[3]s
database mdb
suffix %[4]q
directory %[5]s
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=searcher,%[4]s" read by * none
`, dir, file("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))),
		file("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))), suffix, data))
	if out, err := exec.Command("slapadd", "-f", config, "-l", file("directory.ldif", directory)).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v: %s", err, out)
	}
	s := &slapd{plain: "ldap://localhost:" + freePort(t), secured: "ldaps://localhost:" + freePort(t), roots: ca.Pool()}
	s.cmd = exec.Command("slapd", "-d", "0", "-f", config, "-h", s.plain+" "+s.secured)
	var log strings.Builder
	s.cmd.Stdout, s.cmd.Stderr = &log, &log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop() })
	for range 200 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.secured, "ldaps://"))
		if err == nil {
			conn.Close()
			return s
		}
		time.Sleep(50 * time.Millisecond) // another process: only asking shows that it is ready
	}
	s.stop()
	t.Fatalf("slapd isn't ready: %s", log.String())
	return nil
}

func (s *slapd) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
