// Package policy compares a whole decision of this project with the same question to
// general policy engines: may this principal, on the connector chosen by
// local address and remote address, send to a recipient in another organisation?
//
// N rules are N/10 connectors with ten grants each, every grant to another
// group, of which every user is in one. The engines have no prefix matching, so
// the connector is chosen for them with bart; its time is in their figures.
package policy

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/cedar-policy/cedar-go"
	"github.com/gaissmai/bart"
	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

const rules = 1000

// Ten grants a connector: to group0 to group9, whose members are user0 to user9.
const grants = 10

// remote is the client of connector i, connection its name.
func remote(i int) netip.Addr   { return netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 7}) }
func name(i int) string         { return fmt.Sprintf("connector%d", i) }
func user(i int) string         { return fmt.Sprintf(`CONTOSO\user%d`, i) }
func group(i int) string        { return fmt.Sprintf(`CONTOSO\group%d`, i) }
func prefix(i int) netip.Prefix { return netip.PrefixFrom(remote(i), 24).Masked() }

var local = netip.MustParseAddrPort("192.0.2.1:25")

func prefixes() *bart.Table[int] {
	t := new(bart.Table[int])
	for i := range rules / grants {
		t.Insert(prefix(i), i)
	}
	return t
}

// BenchmarkInterchangeLogin is the whole question: the connector is chosen, the
// principal logs on, the recipient is judged.
func BenchmarkInterchangeLogin(b *testing.B) {
	p, ids := interchange(b)
	channel := auth.Channel{Local: local, TLS: true}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		in := p.Select(local, remote(i%(rules/grants)), nil)
		session, _ := in.Open(channel, nil).Login(ids[i%grants])
		if !session.Rcpt(foreign).Allowed() {
			b.Fatal("refused")
		}
	}
}

// BenchmarkInterchange is the question as a relay puts it: who speaks on which
// connector is known since the login, and each recipient is judged.
func BenchmarkInterchange(b *testing.B) {
	p, ids := interchange(b)
	sessions := make([]connector.Session, rules)
	for i := range sessions {
		in := p.Select(local, remote(i/grants), nil)
		sessions[i], _ = in.Open(auth.Channel{Local: local, TLS: true}, nil).Login(ids[i%grants])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if !sessions[i%rules].Rcpt(foreign).Allowed() {
			b.Fatal("refused")
		}
	}
}

// foreign is a recipient in another organisation.
var foreign = connector.Rcpt{To: routing.MustParseAddress("friend@example.net")}

// interchange returns the policy of all rules, and the users.
func interchange(b *testing.B) (*connector.Policy, []auth.Identity) {
	cfg := connector.Config{Accepted: []routing.AcceptedDomain{{Name: "ours", DomainName: "contoso.com"}}}
	for i := range rules / grants {
		r := connector.Receive{Name: name(i), Bindings: []netip.AddrPort{local},
			RemoteIPRanges: []param.Range{param.MustParseRange(prefix(i).String())},
			AuthMechanism:  param.Value(auth.TLS | auth.BasicAuth)}
		for g := range grants {
			r.Permissions = append(r.Permissions, permission.Grant{To: permission.NameSID(group(g)),
				Allow: permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)})
		}
		cfg.Receive = append(cfg.Receive, r)
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ids := make([]auth.Identity, grants)
	for g := range ids {
		ids[g].Principal = permission.Principal{Name: user(g), SIDs: []permission.SID{
			permission.NameSID(user(g)), permission.NameSID(group(g)), permission.SIDAuthenticatedUsers}}
	}
	return p, ids
}

func BenchmarkCasbin(b *testing.B) {
	m, err := model.NewModelFromString(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`)
	if err != nil {
		b.Fatal(err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		b.Fatal(err)
	}
	for i := range rules {
		if _, err := e.AddPolicy(group(i%grants), name(i/grants), "relay"); err != nil {
			b.Fatal(err)
		}
	}
	for g := range grants {
		if _, err := e.AddGroupingPolicy(user(g), group(g)); err != nil {
			b.Fatal(err)
		}
	}
	bench(b, func(connector int, principal string) bool {
		ok, _ := e.Enforce(principal, name(connector), "relay")
		return ok
	})
}

func BenchmarkCedar(b *testing.B) {
	policies := cedar.NewPolicySet()
	for i := range rules {
		var p cedar.Policy
		text := fmt.Sprintf("permit(principal in Group::%q, action == Action::\"relay\", resource == Connector::%q);",
			group(i%grants), name(i/grants))
		if err := p.UnmarshalCedar([]byte(text)); err != nil {
			b.Fatal(err)
		}
		policies.Add(cedar.PolicyID(fmt.Sprint(i)), &p)
	}
	entities := cedar.EntityMap{}
	for g := range grants {
		uid := cedar.NewEntityUID("User", cedar.String(user(g)))
		entities[uid] = cedar.Entity{UID: uid, Parents: cedar.NewEntityUIDSet(cedar.NewEntityUID("Group", cedar.String(group(g))))}
	}
	bench(b, func(connector int, principal string) bool {
		decision, _ := cedar.Authorize(policies, entities, cedar.Request{
			Principal: cedar.NewEntityUID("User", cedar.String(principal)),
			Action:    cedar.NewEntityUID("Action", "relay"),
			Resource:  cedar.NewEntityUID("Connector", cedar.String(name(connector))),
		})
		return decision == cedar.Allow
	})
}

func BenchmarkOPA(b *testing.B) {
	data := map[string]any{}
	for i := range rules / grants {
		groups := map[string]any{}
		for g := range grants {
			groups[group(g)] = map[string]any{"relay": true}
		}
		data[name(i)] = groups
	}
	members := map[string]any{}
	for g := range grants {
		members[user(g)] = []any{group(g)}
	}
	query, err := rego.New(
		rego.Query("data.smtp.allow"),
		rego.Module("smtp.rego", `package smtp
default allow := false
allow if {
	some group in data.members[input.principal]
	data.grants[input.connector][group].relay
}`),
		rego.Store(inmem.NewFromObject(map[string]any{"grants": data, "members": members})),
	).PrepareForEval(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	bench(b, func(connector int, principal string) bool {
		rs, err := query.Eval(context.Background(), rego.EvalInput(map[string]any{
			"connector": name(connector), "principal": principal}))
		return err == nil && rs.Allowed()
	})
}

// bench asks an engine in turn for every connector and principal.
func bench(b *testing.B, allowed func(connector int, principal string) bool) {
	table := prefixes()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c, _ := table.Lookup(remote(i % (rules / grants)))
		if !allowed(c, user(i%grants)) {
			b.Fatal("refused")
		}
	}
}
