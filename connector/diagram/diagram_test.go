package diagram_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// receive is a Receive connector on port 25.
func receive(name, ranges string, mechanism auth.Mechanism, groups permission.Group, grants ...permission.Grant) connector.Receive {
	r := connector.Receive{
		Name: name, Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
		AuthMechanism: param.Value(mechanism), PermissionGroups: param.Value(groups), Permissions: grants,
	}
	for s := range strings.SplitSeq(ranges, " ") {
		r.RemoteIPRanges = append(r.RemoteIPRanges, param.MustParseRange(s))
	}
	return r
}

// relaying is the grant that lets somebody relay.
func relaying(to permission.SID) permission.Grant {
	return permission.Grant{To: to, Allow: permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)}
}

// config has a connector of every kind.
func config() connector.Config {
	partners := receive("Partners", "198.51.100.0/24", auth.TLS, permission.Partners)
	partners.DomainSecureEnabled = true
	disabled := receive("Old", "203.0.113.9", auth.None, permission.AnonymousUsers)
	disabled.Enabled = param.Value(false)
	spaces := func(list ...string) (all []routing.AddressSpace) {
		for _, s := range list {
			all = append(all, routing.MustParseAddressSpace(s))
		}
		return all
	}
	return connector.Config{
		Server:    "HubA",
		Servers:   []routing.Server{{Name: "HubA", FQDN: "huba.fabrikam.com", Site: "A"}, {Name: "HubB", FQDN: "hubb.fabrikam.com", Site: "B"}},
		Links:     []routing.SiteLink{{Name: "A-B", Sites: []string{"A", "B"}, Cost: 1}},
		Accepted:  []routing.AcceptedDomain{{DomainName: "fabrikam.com"}, {DomainName: "partner.example", DomainType: routing.ExternalRelay, MatchSubDomains: true}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"contoso.com"}},
		Receive: []connector.Receive{
			receive("Default HubA", "0.0.0.0/0 ::/0", auth.TLS|auth.BasicAuth|auth.BasicAuthRequireTLS, permission.AnonymousUsers|permission.ExchangeUsers),
			receive("Scanners", "192.168.5.1-192.168.5.9 192.168.6.0/24", auth.TLS, permission.AnonymousUsers, relaying(permission.SIDAnonymous)),
			receive("Secured", "192.168.7.7", auth.ExternalAuthoritative, permission.ExchangeServers),
			receive("Apps", "10.0.0.0/8", auth.TLS|auth.BasicAuth, 0, relaying(permission.NameSID(`FABRIKAM\apps`))),
			partners, disabled,
			receive("Closed", "10.1.0.0/16", auth.TLS, 0),
		},
		Send: []connector.Send{
			{Name: "Internet", AddressSpaces: spaces("*")},
			{Name: "Mailboxes", AddressSpaces: spaces("fabrikam.com"), SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}, Port: 2525},
			{Name: "Partner", AddressSpaces: spaces("*.partner.example;5"), SourceTransportServers: []string{"HubB"}},
			{Name: "Off", AddressSpaces: spaces("off.example"), Enabled: param.Value(false)},
		},
	}
}

func compile(t testing.TB, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// many is a policy of n pairs of connectors.
func many(n int) connector.Config {
	cfg := config()
	for i := range n {
		group := permission.AnonymousUsers
		var grants []permission.Grant
		if i%3 == 0 {
			group = permission.ExchangeUsers
		}
		if i == n-1 {
			grants = append(grants, relaying(permission.SIDAnonymous))
		}
		r := receive(fmt.Sprintf("App %d", i), fmt.Sprintf("10.%d.%d.0/24", 1+i/256, i%256), auth.TLS|auth.BasicAuth, group, grants...)
		r.Bindings = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("10.2.3.4"), uint16(2500+i/2))}
		cfg.Receive = append(cfg.Receive, r)
		cfg.Send = append(cfg.Send, connector.Send{
			Name:          fmt.Sprintf("To %d", i),
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace(fmt.Sprintf("d%d.example", i))},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost(fmt.Sprintf("mx%d.example", i/2))},
		})
	}
	return cfg
}

// formats are the ways to print a drawing.
var formats = map[string]func(*diagram.Drawing) string{
	"svg": (*diagram.Drawing).SVG, "dot": (*diagram.Drawing).DOT, "mmd": (*diagram.Drawing).Mermaid, "txt": (*diagram.Drawing).Text,
}

func TestGolden(t *testing.T) {
	for name, d := range map[string]*diagram.Drawing{
		"kinds":   diagram.New(compile(t, config()), diagram.Options{}),
		"many":    diagram.New(compile(t, many(60)), diagram.Options{MaxConnectors: 8, MaxLines: 3}),
		"nothing": diagram.New(compile(t, connector.Config{}), diagram.Options{}),
		"changed": diagram.New(compile(t, changed()), diagram.Options{Before: compile(t, config())}),
	} {
		for ext, print := range formats {
			got := print(d)
			file := filepath.Join("testdata", name+"."+ext)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs:\n%s", file, got)
			}
		}
	}
}

// The same policy always gives the same text.
func TestDeterministic(t *testing.T) {
	for ext, print := range formats {
		first := print(diagram.New(compile(t, many(40)), diagram.Options{}))
		for range 5 {
			if again := print(diagram.New(compile(t, many(40)), diagram.Options{})); again != first {
				t.Errorf("%s is not the same twice", ext)
			}
		}
	}
}

// Whatever is left out, a relaying path is not, and the bound holds.
func TestBound(t *testing.T) {
	for _, most := range []int{1, 2, 5, 24} {
		svg := diagram.New(compile(t, many(60)), diagram.Options{MaxConnectors: most}).SVG()
		if n := strings.Count(svg, `<rect class="box`); n > 4*most+2 {
			t.Errorf("%d boxes with at most %d connectors", n, most)
		}
		if !strings.Contains(svg, `class="wire open"`) {
			t.Errorf("at most %d: the open relay doesn't stand out", most)
		}
	}
}

// FuzzNames wants names that hold anything to come out as text: SVG stays
// XML with the same elements, DOT keeps its quotes, Mermaid its labels.
func FuzzNames(f *testing.F) {
	f.Add("Plain")                            // nothing to escape
	f.Add(`</text><script>alert(1)`)          // markup
	f.Add(`"]; end --> x["`)                  // ends a label of Mermaid
	f.Add(`a\" b\\`)                          // ends a string of DOT
	f.Add("&amp;#35;<b>`*_~")                 // entities and Markdown
	f.Add("\u202eright to left\u200b \ufffe") // what isn't seen, and what XML has no place for
	f.Fuzz(func(t *testing.T, name string) {
		cfg := config()
		cfg.Receive[1].Name, cfg.Send[1].Name = name, name
		p, err := connector.Compile(cfg)
		if err != nil {
			t.Skip("no valid name")
		}
		plain := compile(t, config())
		textual(t, name, diagram.New(p, diagram.Options{}), diagram.New(plain, diagram.Options{}))
		other := config()
		other.Receive[1].Name, other.Send[1].Name = "Other", "Other"
		if !slices.Contains([]string{"scanners", "mailboxes"}, strings.ToLower(name)) { // else it is no other name
			textual(t, name, diagram.New(plain, diagram.Options{Before: p}), diagram.New(plain, diagram.Options{Before: compile(t, other)}))
		}
	})
}

// textual checks that a drawing of a policy with a name has the same elements as one with another name.
func textual(t *testing.T, name string, d, plain *diagram.Drawing) {
	t.Helper()
	if got, want := elements(t, d.SVG()), elements(t, plain.SVG()); got != want {
		t.Errorf("%q: %d elements, want %d", name, got, want)
	}
	if got, want := strings.Count(quoted.ReplaceAllString(d.DOT(), "S"), "\n"), strings.Count(quoted.ReplaceAllString(plain.DOT(), "S"), "\n"); got != want {
		t.Errorf("%q: DOT has %d lines, want %d", name, got, want)
	}
	if rest := quoted.ReplaceAllString(d.DOT(), "S"); strings.Contains(rest, `"`) {
		t.Errorf("%q: a quote of DOT is open: %s", name, rest)
	}
	for line := range strings.Lines(d.Mermaid()) {
		if !mermaid.MatchString(line) {
			t.Errorf("%q: Mermaid has the line %q", name, line)
		}
	}
	if got, want := strings.Count(d.Text(), "\n"), strings.Count(plain.Text(), "\n"); got != want {
		t.Errorf("%q: the text has %d lines, want %d", name, got, want)
	}
}

var (
	quoted  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	mermaid = regexp.MustCompile(`^(flowchart LR|  %% [^"<>]*|  subgraph column\d\["[A-Za-z ]+"\]|    \w+\["(?:[^"<>\[\]{}|` + "`" + `]|<b>|</b>|<i>|</i>|<br/>)*"\]|  end|  \w+ (-->|==>|-\.->)(\|\w+\|)? \w+|  (linkStyle|style) [\w,]+ [\w:#, -]+)\n$`)
)

// elements counts the elements of a document.
func elements(t *testing.T, doc string) (n int) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(doc))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		if _, ok := token.(xml.StartElement); ok {
			n++
		}
	}
}

// TestWithoutStyleSheet: every shape says its colour itself, because a server may forbid style sheets; black
// boxes would be left.
func TestWithoutStyleSheet(t *testing.T) {
	doc := diagram.New(compile(t, changed()), diagram.Options{Before: compile(t, config())}).SVG()
	dec := xml.NewDecoder(strings.NewReader(doc))
	shapes := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || !slices.Contains([]string{"svg", "rect", "path", "circle"}, e.Name.Local) {
			continue
		}
		shapes++
		if !slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "fill" }) {
			t.Errorf("%v has no fill", e)
		}
		if slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "style" }) {
			t.Errorf("%v has a style attribute", e)
		}
	}
	if shapes < 50 {
		t.Errorf("%d shapes", shapes)
	}
}

// TestLargeMessages: a Send connector that only large messages leave by is on a
// relaying path, too.
func TestLargeMessages(t *testing.T) {
	cfg := config()
	cfg.Send[0].MaxMessageSize = 5 * param.MB
	cfg.Send = append(cfg.Send, connector.Send{
		Name: "Large", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*;9")},
		SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.2.3.8")},
	})
	text := diagram.New(compile(t, cfg), diagram.Options{}).Mermaid()
	i := strings.Index(text, "<b>Large</b>")
	if i < 0 {
		t.Fatal(text)
	}
	box := strings.Trim(text[strings.LastIndex(text[:i], "\n")+1:i], ` ["`)
	if !strings.Contains(text, "other ==> "+box) {
		t.Errorf("nothing is relayed to %s:\n%s", box, text)
	}
}
