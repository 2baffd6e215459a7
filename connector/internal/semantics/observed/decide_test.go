package observed_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

var count = flag.Int("policies", 800, "how many random policies are compared")

// drawn is a random policy.
type drawn struct {
	seeds [2]uint64
	is    *connector.Policy
}

// drawAll draws the policies that the tests share.
var drawAll = sync.OnceValue(func() (list []drawn) {
	seed := policygen.Seed()
	for i := range uint64(*count) {
		d := drawn{seeds: [2]uint64{i, seed}}
		d.is = anyPolicy(rand.New(rand.NewPCG(d.seeds[0], d.seeds[1])), int(i))
		list = append(list, d)
	}
	return list
})

// randomPolicies calls test with each of the policies.
func randomPolicies(t *testing.T, test func(r *rand.Rand, p *connector.Policy)) {
	for _, d := range drawAll() {
		test(rand.New(rand.NewPCG(d.seeds[1], d.seeds[0])), d.is)
		if t.Failed() {
			t.Fatalf("with the seeds %d", d.seeds)
		}
	}
}

// anyPolicy draws a policy of one of three kinds.
func anyPolicy(r *rand.Rand, i int) *connector.Policy {
	switch i % 4 {
	case 0:
		return policygen.Policy(r)
	case 1:
		return wholePolicy(r)
	}
	return policygen.Wide(r)
}

// wholePolicy draws a policy with the Receive connectors of policygen.Wide, and with
// servers, sites and Send connectors.
func wholePolicy(r *rand.Rand) *connector.Policy {
	for {
		cfg, wide := sendConfig(r, true), policygen.WideConfig(r)
		for _, c := range wide.Receive {
			c.Server = ""
			cfg.Receive = append(cfg.Receive, c)
		}
		cfg.Accepted = wide.Accepted
		if p, err := connector.Compile(cfg); err == nil {
			return p
		}
	}
}

// TestDecide compares whole sessions with Policy.Walk, and checks that every reason
// occurs.
func TestDecide(t *testing.T) {
	seen := map[semantics.Refusal]int{}
	randomPolicies(t, func(r *rand.Rand, p *connector.Policy) {
		q := read(t, p)
		d := newDrawer(r, q)
		for range 100 {
			s := d.session()
			got, want := q.Decide(s), walked(t, p, s)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				text, _ := json.Marshal(s)
				t.Errorf("%s\n%s\nsemantics: %+v\nWalk:      %+v", textOf(t, p), text, got, want)
				return
			}
			for _, refused := range got.Refused {
				seen[refused]++
			}
			if got.Accepted() {
				seen[semantics.Refusal{}]++
			}
		}
	})
	for _, refused := range everyRefusal {
		if seen[refused] == 0 {
			t.Errorf("%+v doesn't occur", refused)
		}
		delete(seen, refused)
	}
	if len(seen) > 0 {
		t.Errorf("refusals that the test doesn't name: %v", seen)
	}
}

// everyRefusal are the refusals of sessions, and none for an accepted message.
var everyRefusal = []semantics.Refusal{
	{}, {Stage: "connect", Reason: "no-connector"}, {Stage: "connect", Reason: "implicit-tls"},
	{Stage: "ehlo", Reason: "illegal-character"}, {Stage: "ehlo", Reason: "hello-domain-required"}, {Stage: "starttls", Reason: "unrecognized-command"},
	{Stage: "auth", Reason: "starttls-first"}, {Stage: "auth", Reason: "mechanism-not-offered"}, {Stage: "auth", Reason: "login-without-submit"},
	{Stage: "mail", Reason: "starttls-first"}, {Stage: "mail", Reason: "not-authenticated"}, {Stage: "mail", Reason: "address-needs-utf8"},
	{Stage: "mail", Reason: "message-too-large"}, {Stage: "mail", Reason: "sender-not-allowed"}, {Stage: "mail", Reason: "secured-sender-denied"},
	{Stage: "mail", Reason: "anonymous-send-as-denied"}, {Stage: "mail", Reason: "send-as-denied"},
	{Stage: "rcpt", Reason: "address-needs-utf8"}, {Stage: "rcpt", Reason: "too-many-recipients"}, {Stage: "rcpt", Reason: "envelope-too-large"},
	{Stage: "rcpt", Reason: "reserved-top-level-domain"}, {Stage: "rcpt", Reason: "reserved-second-level-domain"}, {Stage: "rcpt", Reason: "single-label-domain"},
	{Stage: "rcpt", Reason: "relay-denied"}, {Stage: "rcpt", Reason: "routed-recipient"},
	{Stage: "route", Reason: "unroutable"}, {Stage: "route", Reason: "route-too-small"},
	{Stage: "data", Reason: "need-rcpt"}, {Stage: "data", Reason: "header-too-large"}, {Stage: "data", Reason: "hop-count-exceeded"},
	{Stage: "data", Reason: "message-too-large"}, {Stage: "data", Reason: "route-too-small"}, {Stage: "data", Reason: "sender-not-allowed"},
	{Stage: "data", Reason: "secured-sender-denied"}, {Stage: "data", Reason: "anonymous-send-as-denied"}, {Stage: "data", Reason: "send-as-denied"},
}

// walked returns what Policy.Walk decides.
func walked(t *testing.T, p *connector.Policy, s observed.Session) (r observed.Result) {
	t.Helper()
	d := dialog(t, s)
	w := p.Walk(d)
	r.Connector = p.Select(d.Local, d.Remote, nil).Name()
	for _, stage := range w.Stages {
		if !stage.Decision.Allowed() {
			r.Refused = append(r.Refused, semantics.Refusal{Stage: string(stage.Name), Reason: stage.Decision.Reason.String()})
		}
		if stage.Name == connector.StageMail && stage.Decision.Allowed() {
			if from := w.Session.SenderOf(d.From); !from.IsNull() {
				r.Sender = from.String()
			}
		}
	}
	for i, route := range w.Routes {
		if route.Outcome == routing.Routed {
			r.Routes = append(r.Routes, routed(acceptedBy(w)[i], route))
		}
	}
	if last := w.Stages[len(w.Stages)-1]; last.Name != connector.StageData || !last.Decision.Allowed() {
		return r
	}
	if from := w.Session.FromOf(d.Authors, true); from.IsValid() {
		r.NewFrom = from.String()
	}
	for _, field := range s.Header {
		if w.Session.Headers().Keep(field) {
			r.Kept = append(r.Kept, field)
		}
	}
	return r
}

// acceptedBy returns the recipients that RCPT accepted.
func acceptedBy(w connector.Walkthrough) (to []string) {
	for _, stage := range w.Stages {
		if stage.Name == connector.StageRoute {
			to = append(to, stage.Command)
		}
	}
	return to
}

func routed(to string, r connector.Route) semantics.Route {
	via := ""
	if r.Via != nil {
		via = r.Via.Name
	}
	return semantics.Route{To: to, Outcome: semantics.Routed, Connector: r.Outbound.Name(), Space: r.Space.String(), Via: via}
}

// TestServing compares the choice of the connector with Policy.Select at every edge of a
// range and beside it, at every binding.
func TestServing(t *testing.T) {
	randomPolicies(t, func(_ *rand.Rand, p *connector.Policy) {
		q := read(t, p)
		for _, local := range append(slices.Clone(p.Bindings()), locals...) {
			for _, remote := range q.Mentions().Clients() {
				got, in := q.Serving(local, remote), p.Select(local, remote, nil)
				if (got != nil) != (in != nil) || got != nil && got.Name != in.Name() {
					t.Errorf("%s\n%v to %v: semantics %v, Select %q", textOf(t, p), remote, local, got, in.Name())
					return
				}
			}
		}
	})
}
