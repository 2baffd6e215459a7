package console

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// shellView is the data of the page Management Shell.
type shellView struct {
	Commands, Output string
	Quiet            bool // they printed nothing
	Copy             bool // they run on a copy of the policy, because the user may not change it
	Mistakes         source.Diagnostics
	Asked            []policyfiles.Asked // what Get-Credential asks for
}

// shellPage shows the form for commands.
func shellPage(r *request) error {
	return r.renderShell(shellView{Commands: r.FormValue("commands")})
}

func (r *request) renderShell(v shellView) error {
	v.Copy = r.user.Role < Change
	return r.render("shell", view{Title: "Management Shell", Data: v})
}

// runShell runs commands. Those that change the policy become a proposal.
func runShell(r *request) error {
	commands := strings.ReplaceAll(r.PostFormValue("commands"), "\r\n", "\n")
	if r.user.Role < Change {
		return queryShell(r, commands)
	}
	change := policyfiles.Change{Title: "Commands of the Management Shell", Commands: commands, Credentials: r.answered()}
	tried, err := r.tryNow(change)
	if err != nil {
		return err
	}
	if len(tried.Asked) > 0 {
		return r.renderShell(shellView{Commands: commands, Asked: tried.Asked})
	}
	if tried.Changes() {
		return r.review(&proposal{trial: tried, button: "Apply", back: "/shell"})
	}
	return r.renderShell(shellView{Commands: commands, Output: tried.Output, Mistakes: tried.Mistakes, Quiet: tried.Output == "" && len(tried.Mistakes) == 0})
}

// answered returns the credentials that the user has entered for Get-Credential, by variable.
func (r *request) answered() map[string]param.Credential {
	entered := map[string]param.Credential{}
	for _, variable := range r.PostForm["asked"] {
		c := param.Credential{UserName: r.PostFormValue("user:" + variable), Password: auth.Secret(r.PostFormValue("password:" + variable))}
		if c.UserName != "" && c.Password != "" {
			entered[variable] = c
		}
	}
	return entered
}

// queryShell runs commands of a user who may not change the policy, on a copy. They reach no file, whose absence a
// change of the policy would tell.
func queryShell(r *request, commands string) error {
	now, err := r.version()
	if err != nil {
		return err
	}
	v := shellView{Commands: commands}
	v.Output, err = now.Query(r.Context(), commands)
	if list, ok := mistakes(err); ok {
		v.Mistakes, err = list, nil
	}
	v.Quiet = v.Output == "" && len(v.Mistakes) == 0
	if err != nil {
		return err
	}
	return r.renderShell(v)
}
