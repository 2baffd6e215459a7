//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// directoryName is the name of the directory in its certificate.
const directoryName = "ldap.fabrikam.com"

// directoryEntries are the users and groups of slapd.
const directoryEntries = `dn: dc=fabrikam,dc=com
objectClass: dcObject
objectClass: organization
o: Fabrikam
dc: fabrikam

dn: cn=interchange,dc=fabrikam,dc=com
objectClass: person
cn: interchange
sn: interchange
userPassword: search

dn: uid=ann,dc=fabrikam,dc=com
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
mail: ann@fabrikam.com
userPassword: Tea at five

dn: uid=bob,dc=fabrikam,dc=com
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: Bob
mail: bob@fabrikam.com
userPassword: milk

dn: cn=Relays,dc=fabrikam,dc=com
objectClass: groupOfNames
cn: Relays
member: uid=ann,dc=fabrikam,dc=com
`

// directoryPolicy lets the users of the directory submit at port 587, and its group Relays relay.
const directoryPolicy = `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "` + hubName + `"}],
	"Receive": [{"Name": "Users", "Bindings": ["` + hubAddr + `:587"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS",
		"PermissionGroups": "None", "AuthTarpitInterval": "00:00:00", "Permissions": [
			{"User": "NT AUTHORITY\\Authenticated Users", "ExtendedRights": ["ms-Exch-SMTP-Submit"]},
			{"User": "FABRIKAM\\Relays", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]}],
	"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
	"Send": [{"Name": "ToAll", "AddressSpaces": ["*", "fabrikam.com"], "SmartHosts": ["` + storeAddr + `"]}]}`

// slapd is Debian's directory server with its files in a directory.
type slapd struct {
	config string
	cmd    *exec.Cmd
}

// newSlapd makes the files of a slapd with directoryEntries in dir.
func newSlapd(t *testing.T, dir string, ca *authority) *slapd {
	t.Helper()
	cert, key := ca.issue(t, directoryName)
	config := filepath.Join(dir, "slapd.conf")
	for name, text := range map[string]string{
		"slapd.conf": fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile %[1]s
TLSCertificateKeyFile %[2]s
database mdb
suffix dc=fabrikam,dc=com
directory %[3]s
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=interchange,dc=fabrikam,dc=com" read by * none
`, cert, key, filepath.Join(dir, "entries")),
		"entries.ldif": directoryEntries,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "entries"), 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command("slapadd", "-f", config, "-l", filepath.Join(dir, "entries.ldif")))
	s := &slapd{config: config}
	t.Cleanup(s.stop)
	return s
}

// start runs slapd on h at storeAddr, by ldap and ldaps.
func (s *slapd) start(t *testing.T, h *host) {
	t.Helper()
	s.cmd = h.command(context.Background(), "slapd", "-d", "0", "-f", s.config, "-h", "ldap://"+storeAddr+" ldaps://"+storeAddr)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.awaitPort(t, storeAddr+":636")
}

func (s *slapd) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait() // the signal ended it
		s.cmd = nil
	}
}

// TestDirectory: users of slapd log on at the gateway and send with the rights of their groups,
// by ldaps and by StartTLS. While slapd is stopped they get 454, and no longer than that.
func TestDirectory(t *testing.T) {
	net := newNetwork(t)
	hub, office := net.host(t, "hub", hubAddr), net.host(t, "office", officeAddr, storeAddr)
	mailboxes := newMailbox(t, office, storeAddr+":25")
	ca, dir, binary := newAuthority(t), publicDir(t), buildGateway(t)
	cert, key := ca.issue(t, hubName)
	directory := newSlapd(t, dir, ca)
	directory.start(t, office)
	flags := []string{"-config", filepath.Join(dir, "policy.json"), "-ldap", filepath.Join(dir, "ldap.json")}
	for scheme, port := range map[string]string{"ldaps": "636", "ldap": "389"} {
		for name, text := range map[string]string{
			"policy.json": directoryPolicy,
			"password":    "search\n",
			"ldap.json": `{"URLs": ["` + scheme + "://" + directoryName + `"], "Authorities": "` + ca.roots + `", "BaseDN": "dc=fabrikam,dc=com", "Domain": "FABRIKAM",
				"BindDN": "cn=interchange,dc=fabrikam,dc=com", "BindPasswordFrom": {"File": "password"}}`,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(scheme, func(t *testing.T) {
			startServe(t, hub, ca.roots, binary, append(flags, "-cert", cert, "-key", key, "-connect-to", directoryName+":"+port+":"+storeAddr+":"+port)...)
			send := func(user, password, from, to string, more ...string) dialog {
				t.Helper()
				return office.swaks(t, append([]string{"--server", hubAddr + ":587", "--tls", "--auth-user", user, "--auth-password", password, "--from", from, "--to", to}, more...)...)
			}
			if d := send("ann", annPassword, annUser, "carl@example.org"); d.exit != 0 || d.offers("AUTH SCRAM") || !d.offers("AUTH LOGIN PLAIN") {
				t.Fatalf("not taken, or by another mechanism:\n%s", d.text)
			}
			mailboxes.next(t).envelope(t, annUser, "carl@example.org")
			send(annUser, annPassword, annUser, "bob@fabrikam.com", "--auth", "PLAIN").accepted(t)
			mailboxes.next(t).envelope(t, annUser, "bob@fabrikam.com")
			send(`FABRIKAM\bob`, "milk", "bob@fabrikam.com", annUser, "--auth", "LOGIN").accepted(t)
			mailboxes.next(t).envelope(t, "bob@fabrikam.com", annUser)
			send("bob", "milk", "bob@fabrikam.com", "carl@example.org").refused(t, "550 5.7.54")
			send("bob", "milk", annUser, "ann@fabrikam.com").refused(t, "550 5.7.60")
			send("ann", "milk", annUser, annUser, "--auth", "PLAIN").refused(t, "535 5.7.3")
			send("eve", "milk", annUser, annUser, "--auth", "PLAIN").refused(t, "535 5.7.3")
			send("a*", annPassword, annUser, annUser, "--auth", "PLAIN").refused(t, "535 5.7.3")
			send("ann", "<>", annUser, annUser, "--auth", "PLAIN").refused(t, "501 5.5.2") // RFC 4616 has no empty password
			directory.stop()
			send("ann", annPassword, annUser, annUser, "--auth", "PLAIN").refused(t, "454 4.7.0")
			directory.start(t, office)
			send("ann", annPassword, annUser, annUser).accepted(t)
			mailboxes.next(t).envelope(t, annUser, annUser)
			mailboxes.nothing(t)
		})
	}
	t.Run("check", func(t *testing.T) {
		out, err := hub.command(t.Context(), binary, append([]string{"check"}, flags...)...).CombinedOutput()
		if want := "warning: " + filepath.Join(dir, "ldap.json") + ": no user can log on: directory: "; err == nil || !strings.Contains(string(out), want) {
			t.Errorf("check, where the name of the directory is unknown: %v:\n%s", err, out)
		}
	})
}
