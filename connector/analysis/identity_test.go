package analysis_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// reading is the clients that a sentence names.
type reading struct {
	anonymous    bool
	users        []readCrowd
	certificates []readCrowd
}

// readCrowd is one group of each list, unless one of each list of an exception.
type readCrowd struct {
	in     [][]string
	unless [][][]string
}

func (c readCrowd) has(groups []string) bool {
	of := func(lists [][]string) bool {
		return !slices.ContainsFunc(lists, func(list []string) bool {
			return !slices.ContainsFunc(list, func(g string) bool { return slices.Contains(groups, g) })
		})
	}
	return of(c.in) && !slices.ContainsFunc(c.unless, of)
}

var ways = regexp.MustCompile(`(?: or | )(with or without authentication|without authentication|after logging on|with a certificate for )`)

// read reads the end of a sentence as a person would.
func read(text string) reading {
	text, _, _ = strings.Cut(text, " (connector")
	for _, channel := range []string{" without TLS", " with TLS"} {
		text = strings.TrimSuffix(text, channel)
	}
	var r reading
	marks := ways.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		rest := text[m[1]:end]
		switch text[m[2]:m[3]] {
		case "with or without authentication":
			r.anonymous, r.users = true, append(r.users, readCrowd{})
		case "without authentication":
			r.anonymous = true
		case "after logging on":
			r.users = append(r.users, crowdOf(strings.TrimPrefix(rest, " as "), []string{", but nothing changes for ", ", but not as "}, " who are also "))
		default:
			r.certificates = append(r.certificates, crowdOf(rest, []string{", but nothing changes with one that also names ", ", but not with one that also names "}, " and also "))
		}
	}
	return r
}

func crowdOf(text string, but []string, also string) readCrowd {
	var c readCrowd
	for _, b := range but {
		if members, except, ok := strings.Cut(text, b); ok {
			text = members
			for _, one := range strings.Split(except, ", or ") {
				c.unless = append(c.unless, listsOf(one, also))
			}
		}
	}
	if text != "" {
		c.in = listsOf(text, also)
	}
	return c
}

func listsOf(text, also string) [][]string {
	var lists [][]string
	for _, part := range strings.Split(text, also) {
		lists = append(lists, strings.Split(strings.ReplaceAll(part, " or ", ", "), ", "))
	}
	return lists
}

// means reports whether the sentence names the client of d.
func (r reading) means(d connector.Dialog, partner bool) bool {
	list, groups := r.certificates, d.PeerNames
	switch {
	case d.User != nil:
		list, groups = r.users, nil
		for _, sid := range d.User.SIDs {
			groups = append(groups, sid.Name())
		}
	case !partner:
		return r.anonymous
	}
	return slices.ContainsFunc(list, func(c readCrowd) bool { return c.has(groups) })
}

// everyIdentity are all that policygen's policies tell apart.
func everyIdentity() []connector.Dialog {
	all := []connector.Dialog{{}, {TLS: true}}
	for _, names := range subsets(policygen.Names)[1:] {
		all = append(all, connector.Dialog{TLS: true, PeerNames: names})
	}
	for _, sids := range subsets(policygen.Groups) {
		user := &auth.Identity{Principal: permission.Principal{Name: "ann", SIDs: sids}}
		all = append(all, connector.Dialog{User: user}, connector.Dialog{User: user, TLS: true})
	}
	return all
}

// TestNamesEverybody: sentences name all clients that relay to elsewhere.org only before
// or only afterwards, and no others.
func TestNamesEverybody(t *testing.T) {
	identities := everyIdentity()
	to := routing.MustParseAddress("user@elsewhere.org")
	r := rand.New(rand.NewPCG(7, 1))
	seen := map[string]int{}
	pairs(60, 7, func(_ *rand.Rand, a, b *connector.Policy) {
		changes := analysis.Compare(a, b).Changes
		bound := append(a.Bindings(), b.Bindings()...)
		x, y := newSlow(a), newSlow(b)
		for _, local := range policygen.Locals {
			clients := policygen.Clients(local)
			remote := clients[r.IntN(len(clients))]
			in, now := x.serve(local, remote), y.serve(local, remote)
			if in != nil && now != nil && in.RequireTLS != now.RequireTLS {
				continue // what that refuses is said at once, of everybody
			}
			var readings []reading
			var about []analysis.Change
			for _, c := range changes {
				if (c.Aspect == analysis.AspectRelay || c.Aspect == analysis.AspectRecipient) && from(c, bound, local, remote) && covers(c, to.Domain()) {
					about, readings = append(about, c), append(readings, read(c.Text))
				}
			}
			for _, direction := range []analysis.Direction{analysis.Wider, analysis.Stricter} {
				differs, told := map[string]bool{}, map[string]bool{}
				for _, d := range identities {
					d.Local, d.Remote, d.Helo = local, remote, "client.example"
					p, q := x.open(d), y.open(d)
					was, is := p != nil && p.to(to), q != nil && q.to(to)
					// A certificate that neither policy asks for counts as no certificate.
					partner := p != nil && len(p.proven) > 0 || q != nil && len(q.proven) > 0
					if len(d.PeerNames) > 0 && !partner {
						continue
					}
					key := fmt.Sprint(d.PeerNames, d.User != nil)
					if d.User != nil {
						key = fmt.Sprint(d.User.SIDs)
					}
					differs[key] = differs[key] || was != is && toward(is) == direction
					for i, c := range about {
						told[key] = told[key] || c.Direction == direction && readings[i].means(d, partner)
					}
				}
				for key := range differs {
					if differs[key] != told[key] {
						t.Fatalf("%v at %v as %s: differs: %v, told: %v in\n%s", remote, local, key, differs[key], told[key], texts(changes))
					}
					if differs[key] {
						seen[strings.SplitN(key, " ", 2)[0]]++
					}
				}
			}
		}
	})
	if len(seen) < 5 {
		t.Errorf("only differences for %v came up", seen)
	}
}

// TestWhoIsTheText: a change has the clients that its sentence names as values, too.
func TestWhoIsTheText(t *testing.T) {
	identities := everyIdentity()
	seen := 0
	pairs(60, 8, func(_ *rand.Rand, a, b *connector.Policy) {
		for _, c := range analysis.Compare(a, b).Changes {
			if c.Aspect != analysis.AspectRelay && c.Aspect != analysis.AspectRecipient {
				continue
			}
			text := read(c.Text)
			for _, d := range identities {
				seen++
				partner := len(d.PeerNames) > 0
				if got, want := anyHas(c.Who, d), text.means(d, partner); got != want {
					t.Fatalf("%v %v: who has it: %v, the text: %v\n%s", d.PeerNames, d.User, got, want, c)
				}
			}
		}
	})
	if seen == 0 {
		t.Error("no change names clients")
	}
}

// anyHas reports whether one of all has the client of d.
func anyHas(all []analysis.Who, d connector.Dialog) bool {
	proof, groups := analysis.ByNothing, d.PeerNames
	switch {
	case d.User != nil:
		proof, groups = analysis.ByLogon, nil
		for _, sid := range d.User.SIDs {
			groups = append(groups, string(sid))
		}
	case len(d.PeerNames) > 0:
		proof = analysis.ByCertificate
	}
	return slices.ContainsFunc(all, func(w analysis.Who) bool {
		return w.Proof == proof && readCrowd{w.In, w.Unless}.has(groups)
	})
}

// group grants a group the right to relay.
func group(name string, rights ...permission.Right) permission.Grant {
	return allow(permission.NameSID(name), rights...)
}

// TestWho pins the names of the clients that a change or a finding is about.
func TestWho(t *testing.T) {
	clients := func(grants ...permission.Grant) func(*connector.Config) {
		return func(c *connector.Config) { c.Receive[1].Permissions = grants }
	}
	submit := func(grants ...permission.Grant) func(*connector.Config) {
		return func(c *connector.Config) {
			c.Receive[1].PermissionGroups = param.Value(permission.Group(0))
			c.Receive[1].Permissions = append([]permission.Grant{allow(permission.SIDAuthenticatedUsers, permission.Submit)}, grants...)
		}
	}
	partners := func(relay bool, names ...string) func(*connector.Config) {
		return func(c *connector.Config) {
			c.Receive[0].DomainSecureEnabled = true
			c.Receive[0].AuthMechanism = param.Value(auth.TLS)
			c.Receive[0].PermissionGroups = param.Value(permission.Partners)
			c.Transport.TLSReceiveDomainSecureList = names
			if relay {
				c.Receive[0].Permissions = []permission.Grant{allow(permission.SIDPartners, permission.AcceptAnyRecipient)}
			}
		}
	}
	deny := permission.Grant{To: permission.NameSID("interns"), Deny: permission.SetOf(permission.AcceptAnyRecipient)}
	for _, row := range []struct {
		name        string
		before, now func(*connector.Config)
		change      string // the end of the first sentence
		found       string // the same of the finding that tells who relays
	}{
		{"groups of equal power",
			submit(), submit(group("printers", permission.AcceptAnyRecipient), group("scanners", permission.AcceptAnyRecipient), group("everybody-in-marketing", permission.AcceptAnyRecipient)),
			`after logging on as everybody-in-marketing, printers or scanners (connector "Clients").`, `after logging on as everybody-in-marketing, printers or scanners`},
		{"a group that is denied",
			submit(), submit(allow(permission.SIDAuthenticatedUsers, permission.AcceptAnyRecipient), deny),
			`after logging on, but nothing changes for interns (connector "Clients").`, `after logging on, but not as interns`},
		{"two groups together",
			clients(), func(c *connector.Config) {
				c.Receive[1].PermissionGroups = param.Value(permission.Group(0))
				c.Receive[1].Permissions = []permission.Grant{group("staff", permission.Submit), group("printers", permission.AcceptAnyRecipient), group("scanners", permission.AcceptAnyRecipient)}
			},
			`after logging on, but nothing changes for printers or scanners who are also staff (connector "Clients").`, `after logging on as printers or scanners who are also staff`},
		{"partners",
			partners(false, "bank.org", "partner.org", "supplier.net"), partners(true, "bank.org", "partner.org", "supplier.net"),
			`with a certificate for bank.org, partner.org or supplier.net (connector "Internet").`, `with a certificate for bank.org, partner.org or supplier.net`},
	} {
		old, cfg := office(), office()
		row.before(&old)
		row.now(&cfg)
		p := compile(t, cfg)
		changes := analysis.Compare(compile(t, old), p).Changes
		if len(changes) == 0 || !slices.ContainsFunc(changes, func(c analysis.Change) bool { return strings.HasSuffix(c.Text, " to any domain "+row.change) }) {
			t.Errorf("%s: got\n%s", row.name, texts(changes))
		}
		found := analysis.Check(p, analysis.Options{})
		if !slices.ContainsFunc(found, func(f analysis.Finding) bool { return strings.HasSuffix(f.Detail, " to any domain "+row.found) }) {
			t.Errorf("%s: got %v", row.name, found)
		}
	}

	// One partner more: it is a partner now, and may send as itself. None of the
	// others may send as it, unless the certificate names both.
	old, cfg := office(), office()
	partners(true, "bank.org")(&old)
	partners(true, "bank.org", "evil.com")(&cfg)
	changes := analysis.Compare(compile(t, old), compile(t, cfg)).Changes
	want := `All clients on 0.0.0.0:25 may now send as addresses in evil.com with a certificate for bank.org that also names the sender's domain (connector "Internet").`
	if !slices.ContainsFunc(changes, func(c analysis.Change) bool { return c.Text == want }) {
		t.Errorf("got\n%s\nwant among them\n%s", texts(changes), want)
	}
}

// TestNamesCertificatesToo: where the same is different for strangers, users and
// partners, the partners are named; and they aren't where nothing changes for them.
func TestNamesCertificatesToo(t *testing.T) {
	for groups, want := range map[permission.Group]string{
		permission.Partners: "with or without authentication or with a certificate for bank.org or partner.org",
		0:                   "with or without authentication",
	} {
		cfg := office()
		in := &cfg.Receive[0]
		in.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
		in.PermissionGroups = param.Value(permission.AnonymousUsers | permission.ExchangeUsers | groups)
		in.DomainSecureEnabled = true
		in.Permissions = []permission.Grant{{To: permission.SIDAuthenticatedUsers, Deny: permission.SetOf(permission.AcceptAnyRecipient)}}
		cfg.Receive = cfg.Receive[:1]
		cfg.Transport.TLSReceiveDomainSecureList = []string{"bank.org", "partner.org"}
		before := compile(t, cfg)
		cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: "fabrikam.com", DomainType: routing.InternalRelay})
		got := texts(analysis.Compare(before, compile(t, cfg)).Changes)
		if want = "All clients may now send to fabrikam.com " + want + ` (connector "Internet").`; !slices.Contains(strings.Split(got, "\n"), want) {
			t.Errorf("got\n%s\nwant among them\n%s", got, want)
		}
	}
}
