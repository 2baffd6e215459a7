//go:build linux

package e2e

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
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

// site is the network of the recipes.
type site struct {
	recipe
	net                                          *network
	ca                                           *authority
	cert                                         tls.Certificate // of the gateway
	tokens                                       *entra.Server   // of microsoft
	gateway, scanner, modern, shop, store, cloud *host
}

// newSite builds the network, and the files that every recipe needs.
func newSite(t *testing.T, document string, sections ...string) *site {
	t.Helper()
	net := newNetwork(t)
	s := &site{
		recipe:  readRecipe(t, document, sections...),
		net:     net,
		ca:      newAuthority(t),
		cert:    rsaCertificate(t, recipeName),
		gateway: net.host(t, "gateway", recipeGateway),
		scanner: net.host(t, "scanner", recipeScanner),
		modern:  net.host(t, "modern", recipeModern),
		shop:    net.host(t, "shop", recipeShop),
		store:   net.host(t, "store", recipeStore),
		cloud:   net.host(t, "cloud", recipeCloud),
	}
	s.roots = s.ca.roots
	if err := os.Symlink(buildGateway(t), filepath.Join(s.dir, "gateway")); err != nil {
		t.Fatal(err)
	}
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

// serve runs the recipe's check, which must find nothing that needs a change, its test of the logon with
// tokens, if it has one, and its gateway. The cloud answers in place of the names at the given ports.
func (s *site) serve(t *testing.T, names ...string) {
	t.Helper()
	detours := detours(names)
	s.succeeds(t, s.gateway, s.command(t, "gateway check"))
	for _, c := range s.commands {
		if strings.HasPrefix(c, "gateway oauth test ") {
			s.succeeds(t, s.gateway, s.command(t, "gateway oauth test")+" "+strings.Join(detours, " "))
		}
	}
	s.start(t, s.gateway, detours...)
}

// detours are the flags with which the cloud answers in place of the names at the given ports.
func detours(names []string) []string {
	var flags []string
	for _, name := range names {
		_, port, _ := strings.Cut(name, ":")
		flags = append(flags, "-connect-to", name+":"+recipeCloud+":"+port)
	}
	return flags
}

// logOn runs the recipe's oauth login, and logs an account on with the code that it prints.
func (s *site) logOn(t *testing.T, account string, names ...string) {
	t.Helper()
	cmd := s.prepare(t.Context(), s.gateway, "", s.command(t, "gateway oauth login")+" "+strings.Join(detours(names), " "))
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if _, rest, ok := strings.Cut(lines.Text(), "and enter the code "); ok {
			if code, _, _ := strings.Cut(rest, " "); !s.tokens.Approve(code, account) {
				t.Errorf("there is no code %s", code)
			}
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(said.String(), "logged on: "+account+"\n") {
		t.Fatalf("oauth login: %v\n%s", err, &said)
	}
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
	tokens.Apps = []entra.App{{ID: "11111111-2222-3333-4444-555555555555", Secret: recipeSecret, Roles: []string{"SMTP.SendAsApp"}, Public: true}}
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

// tenant serves the MX host of the tenant.
func (s *site) tenant(t *testing.T, sink *relaytest.Sink) *mailbox {
	t.Helper()
	sink.Certificate = s.certificate(t, "mail.protection.outlook.com")
	return s.hop(t, sink, "25")
}

// microsoft serves Microsoft's token server and smart host, which refuses the recipient absent@example.org.
func (s *site) microsoft(t *testing.T) *mailbox {
	t.Helper()
	tokens := s.tokenServer(t, "login.microsoftonline.com")
	s.tokens = tokens
	sink := relaytest.Office365{Certificate: s.certificate(t, "*.office365.com"), Mailbox: recipeBox,
		Token: func(token string) bool { return tokens.Accepts(recipeBox, token) }}.Sink()
	service := sink.Script
	sink.Script = func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt && argument == "absent@example.org" {
			return "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
		}
		return service(stage, argument)
	}
	return s.hop(t, sink, "587")
}

var microsoftNames = []string{"login.microsoftonline.com:443", "smtp.office365.com:587"}

// scan sends the recipe's message as a scanner, and returns what arrived for a recipient. The gateway has replaced
// the sender.
func (s *site) scan(t *testing.T, hop *mailbox, to string) received {
	t.Helper()
	send := s.command(t, "swaks")
	if !strings.Contains(send, "--from root@printer.local") {
		t.Fatalf("the scanner sends as another: %s", send)
	}
	s.run(t, s.scanner, "", send).accepted(t)
	m := hop.next(t)
	m.envelope(t, recipeBox, to)
	if from := m.fields("From"); len(from) != 1 || !strings.Contains(from[0], recipeBox) || len(m.fields("X-Original-From")) != 1 {
		t.Errorf("From is %q:\n%s", from, m.Data)
	}
	return m
}
