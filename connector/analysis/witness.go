package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// triedWitnesses is how many sessions are walked to find one that shows a change.
const triedWitnesses = 12

// bestWitness returns the session that shows a change best; the zero Dialog if none
// of them shows it.
func (c *comparer) bestWitness(change *Change, dialogs []connector.Dialog) connector.Dialog {
	best, most := connector.Dialog{}, 0
	for i := range dialogs {
		if i == triedWitnesses || most == whole {
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
	partial = 1 // a reply differs
	whole   = 2 // it is allowed or happens only before, or only afterwards
)

// visibility walks a session under both policies and returns how much of the change
// it shows.
func (c *comparer) visibility(change *Change, d connector.Dialog) int {
	old, now := c.policies[0].Outcome(d), c.policies[1].Outcome(d)
	switch change.Aspect {
	case AspectSetting:
		switch served := old.Session.Inbound() != nil && now.Session.Inbound() != nil; {
		case !served:
			return 0
		case messageEffects[change.Subject] != nil && !(old.Accepted() && now.Accepted()):
			return partial
		}
		return whole // the value is visible there
	case AspectHeaders, AspectUnreadableSender, AspectRouteTLS, AspectRouteAuth, AspectRouteHeaders, AspectRouteSetting:
		// Only a message that arrives shows it.
		if old.Accepted() && now.Accepted() {
			return whole
		}
		return 0
	case AspectRoute:
		return shownIf(len(old.Routes) > 0 && len(now.Routes) > 0 && (wayOut(old) != wayOut(now) || old.Accepted() != now.Accepted()))
	case AspectAuth:
		a, b := stageOf(old, connector.StageAuth), stageOf(now, connector.StageAuth)
		if a.Allowed() == b.Allowed() && a.Reason != b.Reason {
			return partial
		}
		return shownIf(a.Allowed() != b.Allowed())
	}
	return shownIf(!slices.EqualFunc(old.Stages, now.Stages, func(a, b connector.Stage) bool {
		return a.Name == b.Name && a.Decision.Allowed() == b.Decision.Allowed()
	}))
}

func shownIf(shows bool) int {
	if shows {
		return whole
	}
	return 0
}

// stageOf returns the decision at the last stage with that name; the zero Decision,
// which refuses, if the session did not reach it.
func stageOf(w connector.Walkthrough, name connector.StageName) connector.Decision {
	for _, s := range slices.Backward(w.Stages) {
		if s.Name == name {
			return s.Decision
		}
	}
	return connector.Decision{}
}

// wayOut returns the next hop of the first recipient of a session; "" if the mail
// can't leave.
func wayOut(w connector.Walkthrough) string {
	if w.Routes[0].Outcome != routing.Routed {
		return ""
	}
	hop := newNextHop(w.Routes[0], routing.Domain{})
	return hop.hop
}
