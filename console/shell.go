package console

import (
	"net/http"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// shellView is the data of the page Management Shell.
type shellView struct {
	Commands, Output string
	Quiet            bool // they printed nothing
	Mistakes         source.Diagnostics
}

// shellPage shows the form for commands.
func shellPage(r *request) error {
	return r.renderShell(shellView{Commands: r.FormValue("commands")})
}

func (r *request) renderShell(v shellView) error {
	return r.render("shell", view{Title: "Management Shell", Data: v})
}

// runShell runs commands. Those that change the policy become a proposal.
func runShell(r *request) error {
	commands := strings.ReplaceAll(r.PostFormValue("commands"), "\r\n", "\n")
	change := policyfiles.Change{Title: "Commands of the Management Shell", Commands: commands}
	tried, err := r.tryNow(change)
	if err != nil {
		return err
	}
	if tried.Changes() {
		if r.user.Role < Change {
			return &problem{status: http.StatusForbidden, text: "These commands change the policy, which needs the role " + Change.String() + "."}
		}
		return r.review(tried, "Apply", "/shell")
	}
	return r.renderShell(shellView{Commands: commands, Output: tried.Output, Mistakes: tried.Mistakes, Quiet: tried.Output == "" && len(tried.Mistakes) == 0})
}
