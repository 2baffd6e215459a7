package shell_test

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/internal/golden"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestProcedures runs the procedures that Exchange's documentation gives and
// compares what is printed, and how the policy decides, with the file beside
// each. In a script, a comment
//
//	#: server FQDN [edge] [2007]
//
// says on what server it runs, and
//
//	#> client server sender recipient [tls] [user=…] [server] [cert=…] [size=…]
//
// asks the policy that the whole script makes.
func TestProcedures(t *testing.T) {
	golden.Scripts(t, filepath.Join("testdata", "procedures"), ".txt", func(t *testing.T, name string, src []byte) string {
		return procedure(t, name, string(src))
	})
}

// procedure runs a script and asks its questions.
func procedure(t *testing.T, name, src string) string {
	t.Helper()
	var out strings.Builder
	opts := shell.Options{Out: &out, Credential: func(shell.Request) (param.Credential, error) {
		return param.Credential{UserName: "relay@contoso.com", Password: password}, nil
	}}
	var questions []string
	for line := range strings.Lines(src) {
		if words, ok := strings.CutPrefix(line, "#: server "); ok {
			server := strings.Fields(words)
			opts.Server.FQDN = server[0]
			opts.Server.Name, _, _ = strings.Cut(server[0], ".")
			opts.Server.Edge = slices.Contains(server, "edge")
			if slices.Contains(server, "2007") {
				opts.Profile = permission.Exchange2007
			}
		}
		if question, ok := strings.CutPrefix(line, "#> "); ok {
			questions = append(questions, strings.TrimSpace(question))
		}
	}
	in := shell.New(opts)
	if err := in.Run(context.Background(), name, []byte(src)); err != nil {
		fmt.Fprintf(&out, "\nerrors:\n%v\n", err)
	}
	if strings.Contains(out.String(), password) {
		t.Errorf("the output shows the password:\n%s", &out)
	}
	p, err := connector.Compile(in.Config())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		w := p.Walk(question(t, q))
		verdict := map[bool]string{true: "accepted", false: "refused"}[w.Accepted()]
		fmt.Fprintf(&out, "\n=== %s: %s\n%s", q, verdict, dialog(w))
	}
	return out.String()
}

// dialog leaves what was said of a walkthrough, the connectors that were chosen,
// and the reason of each refusal.
func dialog(w connector.Walkthrough) string {
	var b strings.Builder
	lines := strings.Split(strings.TrimRight(w.String(), "\n"), "\n")
	for i, line := range lines {
		reason := i+1 < len(lines) && (strings.HasPrefix(lines[i+1], "  < 4") || strings.HasPrefix(lines[i+1], "  < 5"))
		chosen := strings.HasPrefix(line, "    yes  receive-connector") || strings.HasPrefix(line, "    yes  send-connector")
		if reason || chosen || !strings.HasPrefix(line, "    ") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// question reads what follows #>.
func question(t *testing.T, text string) connector.Dialog {
	t.Helper()
	words := strings.Fields(text)
	if len(words) < 4 {
		t.Fatalf("#> %s: too short", text)
	}
	d := connector.Dialog{
		Remote: netip.MustParseAddr(words[0]), Local: netip.MustParseAddrPort(words[1]), Helo: "client.example",
		From: routing.MustParseAddress(words[2]), To: []routing.Address{routing.MustParseAddress(words[3])},
	}
	for _, word := range words[4:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "tls":
			d.TLS = true
		case "user":
			d.User = &auth.Identity{Principal: permission.Authenticated(value), Addresses: []routing.Address{routing.MustParseAddress(value)}}
		case "server": // the user is one of Exchange's servers
			d.User.Principal = permission.Authenticated(d.User.Addresses[0].String(), permission.SIDHubServers)
		case "cert":
			d.PeerNames = []string{value}
		case "size":
			size, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			d.Size = size
		default:
			t.Fatalf("#> %s: what is %s?", text, word)
		}
	}
	return d
}
