package explain

import (
	"cmp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// Outcomes returns the results of the witness of a change before and after it: the value that changed where no command
// shows it, or else the reply to the first command that is answered differently.
func Outcomes(c analysis.Change) (before, after string) {
	switch c.Aspect {
	case analysis.AspectSetting, analysis.AspectHeaders,
		analysis.AspectRouteTLS, analysis.AspectRouteAuth, analysis.AspectRouteHeaders, analysis.AspectRouteSetting:
		return c.Before, c.After
	}
	old, now := c.Old(), c.New()
	for i := range min(len(old.Stages), len(now.Stages)) {
		if a, b := stageText(old, i), stageText(now, i); a != b {
			return a, b
		}
	}
	return cmp.Or(c.Before, "cannot leave"), cmp.Or(c.After, "cannot leave") // a route that no session may use
}

// stageText is a command and its result. Accepted commands are alike, whatever their reply says.
func stageText(w connector.Walkthrough, i int) string {
	s := w.Stages[i]
	command := s.Command
	switch {
	case s.Name == connector.StageConnect:
		command = "connection"
	case s.Name == connector.StageRoute && len(w.Routes) > 0:
		routed := 0
		for _, earlier := range w.Stages[:i] {
			if earlier.Name == connector.StageRoute {
				routed++
			}
		}
		return Route(w.Routes[routed])
	}
	switch {
	case s.Decision.Allowed():
		return command + " is accepted"
	case s.Name == connector.StageConnect && s.Reply == (reply.Reply{}):
		return "no Receive connector serves the connection, which is closed"
	}
	return command + " is refused: " + s.Decision.Reply().String()
}

// Refusal returns the refusal of a command in one line; "" if ok is false. It takes the results of analysis.Edit.Refusal
// and analysis.Remedy.Refusal.
func Refusal(s connector.Stage, ok bool) string {
	if !ok {
		return ""
	}
	return s.Command + ": " + s.Decision.Reply().String()
}
