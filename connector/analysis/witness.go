package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// triedWitnesses is how many sessions are walked to find one that shows a change.
const triedWitnesses = 12

// shown returns the session that shows a change best; the zero Dialog if none of them
// does.
func (c *comparer) bestWitness(change *Change, dialogs []connector.Dialog) connector.Dialog {
	best, most := connector.Dialog{}, 0
	for i := range dialogs {
		if i == triedWitnesses || most == wholly {
			break
		}
		d := dialogs[i]
		if n := c.visibility(change, d); n > most {
			best, most = d, n
		}
	}
	return best
}

// How much a session shows of a change.
const (
	partly = 1 // a reply is another one
	wholly = 2 // what the change is about is allowed or comes about only before, or only afterwards
)

// shows holds a session under both policies and reports how much it shows.
func (c *comparer) visibility(change *Change, d connector.Dialog) int {
	old, now := c.policies[0].Walk(d), c.policies[1].Walk(d)
	switch change.Aspect {
	case AspectSetting:
		if old.Session.Inbound() != nil && now.Session.Inbound() != nil {
			return wholly // the value is what there is to see
		}
		return 0
	case AspectHeaders, AspectIllegibleSender, AspectRouteTLS, AspectRouteAuth, AspectRouteHeaders, AspectRouteSetting:
		// Nobody sees it but in a message that arrives.
		if old.Accepted() && now.Accepted() {
			return wholly
		}
		return 0
	case AspectRoute:
		return shownIf(len(old.Routes) > 0 && len(now.Routes) > 0 && (wayOut(old) != wayOut(now) || old.Accepted() != now.Accepted()))
	case AspectAuth:
		a, b := stageOf(old, connector.StageAuth), stageOf(now, connector.StageAuth)
		if a.Allowed() == b.Allowed() && a.Reason != b.Reason {
			return partly
		}
		return shownIf(a.Allowed() != b.Allowed())
	}
	return shownIf(!slices.EqualFunc(old.Stages, now.Stages, func(a, b connector.Stage) bool {
		return a.Name == b.Name && a.Decision.Allowed() == b.Decision.Allowed()
	}))
}

func shownIf(shows bool) int {
	if shows {
		return wholly
	}
	return 0
}

// stageOf is what was decided at the last stage of a name; the zero Decision, which
// refuses, if it didn't come to that.
func stageOf(w connector.Walkthrough, name connector.StageName) connector.Decision {
	for _, s := range slices.Backward(w.Stages) {
		if s.Name == name {
			return s.Decision
		}
	}
	return connector.Decision{}
}

// wayOut is where the first recipient of a session leaves to; "" if it can't.
func wayOut(w connector.Walkthrough) string {
	if w.Routes[0].Outcome != routing.Routed {
		return ""
	}
	hop := newNextHop(w.Routes[0], routing.Domain{})
	return hop.hop
}
