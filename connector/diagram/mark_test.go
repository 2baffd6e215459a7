package diagram_test

import (
	"fmt"
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

// changed is config with a change of every kind.
func changed() connector.Config {
	cfg := config()
	cfg.Accepted = append(cfg.Accepted[:1], routing.AcceptedDomain{DomainName: "new.example"})
	cfg.Receive = slices.DeleteFunc(cfg.Receive, func(r connector.Receive) bool { return r.Name == "Secured" })
	for i := range cfg.Receive {
		switch r := &cfg.Receive[i]; r.Name {
		case "Default HubA":
			r.Banner = "220 hello"
		case "Scanners":
			r.RemoteIPRanges = append(r.RemoteIPRanges[1:], param.MustParseRange("192.168.8.0/24"))
		case "Apps":
			r.Enabled = param.Value(false)
		case "Old":
			r.Enabled = param.Value(true)
		case "Closed":
			r.Permissions = []permission.Grant{relaying(permission.SIDAnonymous)}
		}
	}
	cfg.Receive = append(cfg.Receive, receive("Faxes", "192.168.9.0/24", auth.TLS, permission.AnonymousUsers))
	cfg.Send[1].SmartHosts = []param.SmartHost{param.MustParseSmartHost("10.2.3.10")}
	cfg.Send[2] = connector.Send{Name: "Bank", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("bank.example")}}
	cfg.Send[3].Enabled = param.Value(true)
	return cfg
}

// marksOf returns the marks of the connectors in a table, and of its lines.
func marksOf(t diagram.Table) []string {
	var all []string
	add := func(r diagram.Row) {
		if r.Mark != diagram.MarkNone {
			all = append(all, r.Mark.String()+" "+r.Name)
		}
		for _, l := range slices.Concat(r.Outer, r.Bindings, r.Lines) {
			if l.Mark != diagram.MarkNone {
				all = append(all, l.Mark.String()+" "+r.Name+": "+l.Text)
			}
		}
	}
	for _, r := range slices.Concat(t.Receive, t.Send) {
		add(r)
	}
	for _, l := range slices.Concat(t.Accepted, t.Other) {
		if l.Mark != diagram.MarkNone {
			all = append(all, l.Mark.String()+" "+l.Text)
		}
	}
	slices.Sort(all)
	return all
}

// TestMarks: every kind of change has its mark, and nothing else has one.
func TestMarks(t *testing.T) {
	d := diagram.New(compile(t, changed()), diagram.Options{Before: compile(t, config())})
	want := []string{
		"changed Closed", "changed Default HubA", "changed Mailboxes", "changed Scanners",
		"disabled Apps", "enabled Off", "enabled Old",
		"new Bank", "new Closed: anonymous: relay", "new Faxes", "new Mailboxes: [10.2.3.10]", "new Scanners: 192.168.8.0/24", "new new.example",
		"removed Closed: no client may submit", "removed Mailboxes: [10.2.3.9]", "removed Partner", "removed Scanners: 192.168.5.1-192.168.5.9", "removed Secured",
		"removed partner.example (ExternalRelay) and below",
	}
	if got := marksOf(d.Table()); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestNoMarks: a policy that replaces itself has no marks, and is drawn as without them.
func TestNoMarks(t *testing.T) {
	p := compile(t, config())
	plain, compared := diagram.New(p, diagram.Options{}), diagram.New(p, diagram.Options{Before: p})
	for ext, print := range formats {
		if print(plain) != print(compared) {
			t.Errorf("%s differs", ext)
		}
	}
}

// TestMarksReversed: what one direction adds the other removes.
func TestMarksReversed(t *testing.T) {
	a, b := compile(t, config()), compile(t, changed())
	reversed := strings.NewReplacer("new ", "removed ", "removed ", "new ", "enabled ", "disabled ", "disabled ", "enabled ")
	var want []string
	for _, m := range marksOf(diagram.New(b, diagram.Options{Before: a}).Table()) {
		word, rest, _ := strings.Cut(m, " ")
		want = append(want, reversed.Replace(word+" ")+rest)
	}
	slices.Sort(want)
	if got := marksOf(diagram.New(a, diagram.Options{Before: b}).Table()); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestMarksBounded: a marked connector is drawn even if it is one of many, and no removed one makes
// the drawing say that clients may relay.
func TestMarksBounded(t *testing.T) {
	before := many(60)
	after := many(60)
	after.Receive[40].MaxMessageSize = 5 * param.MB
	d := diagram.New(compile(t, after), diagram.Options{Before: compile(t, before), MaxConnectors: 3})
	if got := marksOf(d.Table()); !slices.Contains(got, "changed "+after.Receive[40].Name) {
		t.Error(got)
	}

	secure := config()
	secure.Receive = secure.Receive[4:5]
	d = diagram.New(compile(t, secure), diagram.Options{Before: compile(t, config())})
	if got := marksOf(d.Table()); !slices.Contains(got, "new no client may relay") || !slices.Contains(got, "removed relaying") || strings.Contains(d.Mermaid(), "#d9480f") {
		t.Error(got, d.Mermaid())
	}
}

// TestOnly: the connectors that are named are drawn, with those that their mail meets.
func TestOnly(t *testing.T) {
	p := compile(t, config())
	for _, tt := range []struct {
		only []string
		want string
	}{
		{nil, "Default HubA, Scanners, Secured, Apps, Partners, Closed > Mailboxes, Partner, Internet"},
		{[]string{"partners"}, "Partners > Mailboxes, Partner"},
		{[]string{"Scanners"}, "Scanners > Mailboxes, Partner, Internet"},
		{[]string{"Internet"}, "Default HubA, Scanners, Secured, Apps > Internet"},
		{[]string{"Scanners", "Internet"}, "Scanners > Internet"},
		{[]string{"Closed"}, "Closed > "},
		{[]string{"other"}, " > "},
	} {
		table := diagram.New(p, diagram.Options{Only: tt.only}).Table()
		names := func(rows []diagram.Row) string {
			var all []string
			for _, r := range rows {
				all = append(all, r.Name)
			}
			return strings.Join(all, ", ")
		}
		if got := names(table.Receive) + " > " + names(table.Send); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.only, got, tt.want)
		}
	}
	const want = "5 other Receive connectors not drawn"
	if notes := diagram.New(p, diagram.Options{Only: []string{"Scanners"}}).Table().Notes; !slices.Contains(notes, want) {
		t.Errorf("%q", notes)
	}
}

// TestTableIsDrawing: every text of the table is in the picture, and every line of a box in the table.
func TestTableIsDrawing(t *testing.T) {
	for i, opts := range []diagram.Options{{}, {Before: compile(t, config())}, {MaxConnectors: 2, MaxLines: 2}} {
		d := diagram.New(compile(t, changed()), opts)
		var inTable []string
		table := d.Table()
		for _, r := range slices.Concat(table.Receive, table.Send) {
			inTable = append(inTable, r.Name)
			for _, l := range slices.Concat(r.Outer, r.Bindings, r.Lines) {
				inTable = append(inTable, l.Text)
			}
		}
		for _, l := range table.Accepted {
			inTable = append(inTable, l.Text)
		}
		text := d.Text()
		for _, s := range inTable {
			if !strings.Contains(text, s) {
				t.Errorf("%d: the text lacks %q", i, s)
			}
		}
		for _, m := range quoted.FindAllString(d.DOT(), -1) {
			for l := range strings.SplitSeq(strings.Trim(m, `"`), `\l`) {
				l = strings.NewReplacer("+ ", "", "− ", "", `\\`, `\`).Replace(l)
				if !slices.Contains(inTable, l) && !drawnElsewhere(l) {
					t.Errorf("%d: the table lacks %q", i, l)
				}
			}
		}
	}
}

// drawnElsewhere reports whether a text of DOT isn't one of a connector.
func drawnElsewhere(s string) bool {
	for _, other := range []string{"", "Helvetica", "Accepted domains", "All other domains", "relaying", "new", "changed", "removed", "enabled", "disabled", "+", "−", "≠"} {
		if s == other {
			return true
		}
	}
	return strings.HasPrefix(s, "#") || strings.HasPrefix(s, "rounded") || strings.HasPrefix(s, "Mail through")
}

// BenchmarkNew draws a change of a policy of a thousand connectors of each kind.
func BenchmarkNew(b *testing.B) {
	p, before := compile(b, many(1000)), compile(b, many(999))
	for _, opts := range []diagram.Options{{}, {Before: before}} {
		b.Run(fmt.Sprintf("compared=%v", opts.Before != nil), func(b *testing.B) {
			for b.Loop() {
				diagram.New(p, opts).SVG()
			}
		})
	}
}
