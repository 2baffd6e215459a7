package semantics_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/routing"
)

var count = flag.Int("policies", 1000, "how many random policies are compared")

// randomPolicies calls test with random policies, half of them with a fixed seed.
func randomPolicies(t *testing.T, test func(r *rand.Rand, p *connector.Policy)) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed of the second half: %d", seed)
	for i := range *count {
		r := rand.New(rand.NewPCG(uint64(i), 14))
		if i >= *count/2 {
			r = rand.New(rand.NewPCG(uint64(i), seed))
		}
		if i%4 == 0 {
			test(r, policygen.Policy(r))
		} else {
			test(r, policygen.Wide(r))
		}
		if t.Failed() {
			return
		}
	}
}

// TestDecide compares whole sessions with Policy.Walk.
func TestDecide(t *testing.T) {
	accepted := 0
	randomPolicies(t, func(r *rand.Rand, p *connector.Policy) {
		q := read(t, p)
		for range 100 {
			s := session(r)
			got, want := q.Decide(s), walked(t, p, s)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				text, _ := json.Marshal(s)
				t.Errorf("%s\n%s\nsemantics: %+v\nWalk:      %+v", textOf(t, p), text, got, want)
				return
			}
			if got.Accepted() {
				accepted++
			}
		}
	})
	if accepted < *count {
		t.Errorf("only %d sessions are accepted", accepted)
	}
}

// walked returns what Policy.Walk decides.
func walked(t *testing.T, p *connector.Policy, s semantics.Session) (r semantics.Result) {
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
	if !w.Accepted() {
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
				got, ok := q.Serving(local, remote)
				if in := p.Select(local, remote, nil); in.Name() != got || ok != (in != nil) {
					t.Errorf("%s\n%v to %v: semantics %q, Select %q", textOf(t, p), remote, local, got, in.Name())
					return
				}
			}
		}
	})
}
