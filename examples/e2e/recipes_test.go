//go:build linux

package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
	"github.com/interchange-smtp/interchange/relay/sign"
)

// The addresses and names of docs/recipes.
const (
	recipeGateway = "10.1.1.5"
	recipeScanner = "10.1.20.1"
	recipeModern  = "10.1.20.77" // a client that isn't a scanner
	recipeShop    = "10.1.30.7"
	recipeStore   = "10.1.1.9"
	recipeCloud   = "203.0.113.10" // the services of Microsoft and Google, and the provider
	recipeName    = "mail.contoso.com"
	recipeBox     = "scan@contoso.com"
	recipeSecret  = "abc8Q~secret"
)

// recipe is a section of a document in docs/recipes: its files in a directory, and its commands.
type recipe struct {
	dir      string
	commands []string // of all blocks, a line that goes on joined with the next one
}

var (
	recipeBlock = regexp.MustCompile("(?ms)^ *```(\\w+)(?: (\\S+))?\n(.*?)^ *```$")
	heading     = regexp.MustCompile("(?m)^## ")
)

// readRecipe reads a section, or the whole document if section is "".
func readRecipe(t *testing.T, document, section string) recipe {
	t.Helper()
	text, err := os.ReadFile("../../docs/recipes/" + document)
	if err != nil {
		t.Fatal(err)
	}
	r := recipe{dir: publicDir(t)}
	part := string(text)
	if section != "" {
		part = ""
		for _, s := range heading.Split(string(text), -1) {
			if strings.HasPrefix(s, section+"\n") {
				part = s
			}
		}
	}
	for _, m := range recipeBlock.FindAllStringSubmatch(part, -1) {
		if m[2] != "" {
			r.write(t, m[2], m[3])
		} else if m[1] == "sh" {
			r.commands = append(r.commands, lines(strings.ReplaceAll(m[3], "\\\n", ""))...)
		}
	}
	if len(r.commands) == 0 {
		t.Fatalf("%s has no section %q with commands", document, section)
	}
	return r
}

// lines returns the lines of a text without the blanks around them.
func lines(text string) []string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func (r recipe) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command returns the command that begins with words.
func (r recipe) command(t *testing.T, words string) string {
	t.Helper()
	for _, c := range r.commands {
		if strings.HasPrefix(c, words+" ") {
			return c
		}
	}
	t.Fatalf("the recipe has no command %q: %q", words, r.commands)
	return ""
}

// run runs a command of the recipe on h in its directory.
func (r recipe) run(t *testing.T, h *host, input, command string) dialog {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := h.command(ctx, "bash", "-c", command)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "PATH="+r.dir+":"+os.Getenv("PATH"), "CURL_CA_BUNDLE="+filepath.Join(r.dir, "mail.pem"))
	out, _ := cmd.CombinedOutput()
	return dialog{cmd.ProcessState.ExitCode(), string(out)}
}

// site is the network of the recipes.
type site struct {
	recipe
	ca                                           *authority
	cert                                         tls.Certificate // of the gateway
	gateway, scanner, modern, shop, store, cloud *host
}

// newSite builds the network, and the files that every recipe needs.
func newSite(t *testing.T, document, section string) *site {
	t.Helper()
	net := newNetwork(t)
	s := &site{
		recipe:  readRecipe(t, document, section),
		ca:      newAuthority(t),
		cert:    rsaCertificate(t, recipeName),
		gateway: net.host(t, "gateway", recipeGateway),
		scanner: net.host(t, "scanner", recipeScanner),
		modern:  net.host(t, "modern", recipeModern),
		shop:    net.host(t, "shop", recipeShop),
		store:   net.host(t, "store", recipeStore),
		cloud:   net.host(t, "cloud", recipeCloud),
	}
	run(t, exec.Command("go", "build", "-o", filepath.Join(s.dir, "gateway"), "../gateway"))
	for _, h := range []*host{s.scanner, s.modern, s.shop} {
		if err := os.WriteFile(filepath.Join("/etc/netns", h.ns, "hosts"), []byte(recipeGateway+" "+recipeName+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writePEM(t, filepath.Join(s.dir, "mail.pem"), "CERTIFICATE", s.cert.Certificate[0])
	key, err := x509.MarshalPKCS8PrivateKey(s.cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(s.dir, "mail.key"), "PRIVATE KEY", key)
	s.write(t, "secret", recipeSecret+"\n")
	s.write(t, "scan.eml", "From: Panel <root@printer.local>\r\nSubject: scan\r\n\r\nPage 1\r\n")
	return s
}

// serve runs the recipe's check, which must find nothing that needs a change, and its gateway.
// The cloud answers in place of the names at the given ports.
func (s *site) serve(t *testing.T, names ...string) {
	t.Helper()
	for _, c := range s.commands {
		if strings.HasPrefix(c, "gateway check ") {
			if d := s.run(t, s.gateway, "", c); d.exit != 0 {
				t.Fatalf("%s: %d\n%s", c, d.exit, d.text)
			}
		}
	}
	args := strings.Fields(s.command(t, "gateway serve"))[2:]
	for _, name := range names {
		_, port, _ := strings.Cut(name, ":")
		args = append(args, "-connect-to", name+":"+recipeCloud+":"+port)
	}
	startServeIn(t, s.dir, s.gateway, s.ca.roots, filepath.Join(s.dir, "gateway"), args...)
}

// certificate returns one of the authority.
func (s *site) certificate(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	cert, err := s.ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return &cert
}

// hop serves at a port of the cloud.
func (s *site) hop(t *testing.T, sink *relaytest.Sink, port string) *mailbox {
	t.Helper()
	go sink.Serve(s.cloud.listen(t, recipeCloud+":"+port))
	t.Cleanup(func() { sink.Close() })
	return &mailbox{sink: sink}
}

// tokenServer serves the token server of a host in the cloud. It has the recipes' application, and a
// service account whose key file is google.json.
func (s *site) tokenServer(t *testing.T, name string) *entra.Server {
	t.Helper()
	tokens, err := entra.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const account = "gateway@contoso.iam.gserviceaccount.com"
	tokens.Apps = []entra.App{{ID: "11111111-2222-3333-4444-555555555555", Secret: recipeSecret, Roles: []string{"SMTP.SendAsApp"}}}
	tokens.ServiceAccounts = map[string]*rsa.PublicKey{account: &key.PublicKey}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": account, "private_key_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": "https://oauth2.googleapis.com/token"})
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "google.json", string(text))
	server := &http.Server{Handler: tokens}
	go server.Serve(tls.NewListener(s.cloud.listen(t, recipeCloud+":443"), &tls.Config{Certificates: []tls.Certificate{*s.certificate(t, name)}}))
	t.Cleanup(func() { server.Close() })
	return tokens
}

// microsoft serves Microsoft's token server and smart host.
func (s *site) microsoft(t *testing.T) *mailbox {
	t.Helper()
	tokens := s.tokenServer(t, "login.microsoftonline.com")
	return s.hop(t, relaytest.Office365{Certificate: s.certificate(t, "*.office365.com"), Mailbox: recipeBox,
		Token: func(token string) bool { return tokens.Accepts(recipeBox, token) }}.Sink(), "587")
}

var microsoftNames = []string{"login.microsoftonline.com:443", "smtp.office365.com:587"}

// scan sends the recipe's message as a scanner, and returns what arrived. The gateway has replaced the sender.
func (s *site) scan(t *testing.T, hop *mailbox) received {
	t.Helper()
	d := s.run(t, s.scanner, "", `swaks --server 10.1.1.5 --from root@printer.local --to bob@example.org --header "Subject: scan"`)
	d.accepted(t)
	m := hop.next(t)
	m.envelope(t, recipeBox, "bob@example.org")
	if from := m.fields("From"); len(from) != 1 || !strings.Contains(from[0], recipeBox) || len(m.fields("X-Original-From")) != 1 {
		t.Errorf("From is %q:\n%s", from, m.Data)
	}
	return m
}

// TestRecipeMicrosoft365: a scanner without any logon sends through Microsoft 365 by all three ways.
func TestRecipeMicrosoft365(t *testing.T) {
	t.Run("client submission", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Client submission")
		hop := s.microsoft(t)
		s.serve(t, microsoftNames...)
		if got := s.command(t, "swaks"); !strings.Contains(got, "root@printer.local") {
			t.Fatal(got)
		}
		m := s.scan(t, hop)
		if m.User != recipeBox || !m.TLS {
			t.Errorf("user %q, TLS %v", m.User, m.TLS)
		}
	})
	t.Run("connector of the tenant", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "A connector of the tenant")
		known := x509.NewCertPool()
		leaf, err := x509.ParseCertificate(s.cert.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		known.AddCert(leaf)
		hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "mail.protection.outlook.com"), ClientCAs: known,
			TuneTLS: func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert }}, "25")
		s.serve(t, "contoso-com.mail.protection.outlook.com:25")
		if m := s.scan(t, hop); !m.TLS || m.User != "" {
			t.Errorf("user %q, TLS %v", m.User, m.TLS)
		}
	})
	t.Run("Azure", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Azure Communication Services")
		hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "*.azurecomm.net"), Users: map[string]string{"mail.app.tenant": recipeSecret}}, "587")
		s.write(t, "credentials", "azure=mail.app.tenant:"+recipeSecret+"\n")
		s.serve(t, "smtp.azurecomm.net:587")
		if m := s.scan(t, hop); m.User != "mail.app.tenant" {
			t.Errorf("user %q", m.User)
		}
	})
}

// TestRecipeGmail: the same through Gmail, by a service account and by an app password.
func TestRecipeGmail(t *testing.T) {
	t.Run("service account", func(t *testing.T) {
		s := newSite(t, "gmail.md", "A service account")
		tokens := s.tokenServer(t, "oauth2.googleapis.com")
		hop := s.hop(t, &relaytest.Sink{Hostname: "smtp.gmail.com", Certificate: s.certificate(t, "smtp.gmail.com"), Tokens: tokens.Accepts}, "587")
		s.serve(t, "oauth2.googleapis.com:443", "smtp.gmail.com:587")
		if m := s.scan(t, hop); m.User != recipeBox {
			t.Errorf("user %q", m.User)
		}
	})
	t.Run("app password", func(t *testing.T) {
		s := newSite(t, "gmail.md", "An app password")
		hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp.gmail.com"), Users: map[string]string{recipeBox: "abcdefghijklmnop"}}, "587")
		s.write(t, "credentials", "gmail="+recipeBox+":abcdefghijklmnop\n")
		s.serve(t, "smtp.gmail.com:587")
		if m := s.scan(t, hop); m.User != recipeBox {
			t.Errorf("user %q", m.User)
		}
	})
}

// TestRecipeOldPrinters: a printer that knows only LOGIN over TLS 1.0 sends through Microsoft 365. Other clients need TLS 1.2.
func TestRecipeOldPrinters(t *testing.T) {
	s := newSite(t, "old-printers.md", "")
	hop := s.microsoft(t)
	if d := s.run(t, s.gateway, "Tea at five\n", s.command(t, "gateway user")); d.exit != 0 {
		t.Fatal(d.text)
	}
	s.serve(t, microsoftNames...)
	print := strings.Replace(s.command(t, "curl"), "--user "+recipeBox, "--user '"+recipeBox+":Tea at five'", 1) + " -v"
	d := s.run(t, s.scanner, "", print)
	d.accepted(t)
	if !strings.Contains(d.text, "AUTH LOGIN") || !strings.Contains(d.text, "TLSv1.0") && !strings.Contains(d.text, "TLSv1 ") {
		t.Errorf("not LOGIN over TLS 1.0:\n%s", d.text)
	}
	m := hop.next(t)
	m.envelope(t, recipeBox, "bob@example.org")
	if from := m.fields("From"); m.User != recipeBox || len(from) != 1 || !strings.Contains(from[0], recipeBox) {
		t.Errorf("user %q, from %q", m.User, from)
	}
	if d := s.run(t, s.modern, "", print); d.exit == 0 {
		t.Errorf("another client may use TLS 1.0:\n%s", d.text)
	}
	s.write(t, "modern.eml", "From: "+recipeBox+"\r\nSubject: report\r\n\r\nAll is well.\r\n")
	modern := strings.NewReplacer("--tlsv1.0 --tls-max 1.0 --ciphers DEFAULT@SECLEVEL=0", "", "scan.eml", "modern.eml")
	s.run(t, s.modern, "", modern.Replace(print)).accepted(t)
	hop.next(t)
}

// TestRecipeApplications: an application logs on and sends as its own address only.
func TestRecipeApplications(t *testing.T) {
	s := newSite(t, "applications.md", "")
	hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp.provider.example"), Users: map[string]string{"contoso": "p"}}, "587")
	s.write(t, "credentials", "provider=contoso:p\n")
	if d := s.run(t, s.gateway, "Tea at five\n", s.command(t, "gateway user")); d.exit != 0 {
		t.Fatal(d.text)
	}
	s.serve(t, "smtp.provider.example:587")
	mailboxes := newMailbox(t, s.store, recipeStore+":25")
	send := s.command(t, "swaks") + " --auth-password 'Tea at five'"
	s.run(t, s.shop, "", send).accepted(t)
	hop.next(t).envelope(t, "shop@contoso.com", "bob@example.org")
	s.run(t, s.shop, "", strings.Replace(send, "bob@example.org", "ann@contoso.com", 1)).accepted(t)
	mailboxes.next(t).envelope(t, "shop@contoso.com", "ann@contoso.com")
	s.run(t, s.shop, "", strings.Replace(send, "--from shop@", "--from boss@", 1)).refused(t, "550 5.7.60")
	if d := s.run(t, s.gateway, "", s.command(t, "gateway explain")); d.exit != 1 || !strings.Contains(d.text, "550 5.7.60") {
		t.Errorf("explain: %d\n%s", d.exit, d.text)
	}
}

// TestRecipeDKIM: mail is signed by the keys whose records the gateway has printed.
func TestRecipeDKIM(t *testing.T) {
	s := newSite(t, "dkim.md", "")
	printed := s.run(t, s.gateway, "", s.command(t, "gateway dkim new"))
	if printed.exit != 0 {
		t.Fatal(printed.text)
	}
	z := newSignedZone(t, "contoso.com.")
	for p := dns.NewZoneParser(strings.NewReader(printed.text), "", ""); ; {
		r, ok := p.Next()
		if !ok {
			if p.Err() != nil {
				t.Fatalf("%v:\n%s", p.Err(), printed.text)
			}
			break
		}
		z.add(r)
	}
	for _, line := range []string{"example.org. 60 IN MX 10 mx.example.org.", "mx.example.org. 60 IN A " + recipeCloud} {
		r, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		z.add(r)
	}
	z.serve(t, s.gateway, "127.0.0.1:53")
	if d := s.run(t, s.gateway, "", s.command(t, "gateway dkim check")); d.exit != 0 {
		t.Fatalf("check: %d\n%s", d.exit, d.text)
	}
	hop := s.hop(t, &relaytest.Sink{Hostname: "mx.example.org"}, "25")
	s.serve(t)
	s.run(t, s.shop, "", s.command(t, "swaks")).accepted(t)
	m := hop.next(t)
	m.envelope(t, "shop@contoso.com", "bob@example.org")
	d, err := sign.ReadDirectory(filepath.Join(s.dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if got := verifiedDKIM(t, d, "contoso.com", m.Data); got != "[True, True]" {
		t.Errorf("%s\n%s", got, m.Data)
	}
}
