package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// askRoutes registers the pages that explain sessions.
func (c *Console) askRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /ask", View, askPage)
}

// answers is the data of the page Explain a session.
type answers struct {
	Question *question
	Presets  []preset
	Answers  []told               // empty: nothing was asked, or the question has mistakes
	NoPlace  bool                 // the client can connect nowhere
	Account  *dialog.Prerequisite // that the user has an account; nil: the session has no user, or accounts are not known
}

// told is the answer at some places.
type told struct {
	explain.Answer
	Stages []explain.Stage
	Cures  *explain.Cures // nil: they are being computed, or the session is accepted
	Offers []offer        // of the edits among the cures
	Path   string         // the page about this answer alone
}

// Verdict says how the session ends.
func (t told) Verdict() string { return capital(explain.Verdict(t.Walk)) }

// Accepted reports whether the message is accepted.
func (t told) Accepted() bool { return t.Walk.Accepted() }

// Routes describes the routes of the recipients.
func (t told) Routes() (all []string) {
	for _, r := range t.Walk.Routes {
		all = append(all, explain.Route(r))
	}
	return slices.Compact(all)
}

// askPage explains the session that its address describes.
func askPage(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	a := answers{Question: readQuestion(r.URL.Query()), Presets: r.presets(v)}
	if a.Question.Asked() {
		a.Account = r.fillAccount(a.Question)
		if err := r.answer(v, &a); err != nil {
			return err
		}
	}
	return r.render("ask", view{Title: "Explain a session", Data: a})
}

// fillAccount fills in the groups and addresses of the user's account at the gateway, if the question has the name alone. It
// returns the condition that there is such an account.
func (r *request) fillAccount(q *question) *dialog.Prerequisite {
	find := r.c.options.Account
	if find == nil || q.User == "" || q.Groups != "" || q.Addresses != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxLookup)
	defer cancel()
	id, err := find(ctx, q.User)
	p := &dialog.Prerequisite{Text: "The account " + q.User + " must exist."}
	if p.State, p.Detail = dialog.AccountState(err); len(id.SIDs) == 0 {
		return p
	}
	known := questionOf(connector.Dialog{User: &id})
	q.User, q.Groups, q.Addresses = cmp.Or(known.User, q.User), known.Groups, known.Addresses
	p.Detail += " The session has its groups and addresses."
	return p
}

// answer walks the session of a question and explains it.
func (r *request) answer(v *policyfiles.Version, a *answers) error {
	d, ok := a.Question.dialog()
	if !ok {
		return nil
	}
	all := explain.Answers(v.Loaded.Policy, d)
	a.NoPlace = len(all) == 0
	source := explain.Source{Places: v.Loaded.Places, Other: "setup"}
	for _, one := range all {
		alone := *a.Question
		alone.Local = one.Dialog.Local.String()
		t := told{Answer: one, Path: r.c.path("/ask", alone.query()...)}
		if !one.Aside {
			t.Stages = shorten(source.Stages(one.Walk))
		}
		if !one.Aside && !one.Walk.Accepted() {
			cures, ok, err := computed(r, "cures "+v.ID+" "+t.Path, func() explain.Cures { return explain.CuresOf(v.Loaded.Policy, one) })
			if err != nil {
				return err
			}
			if ok {
				t.Cures = &cures
				for _, e := range cures.Edits {
					t.Offers = append(t.Offers, r.offer(e.Text, strings.Join(e.Commands, "\n"), "/ask", a.Question.query()...))
				}
			}
		}
		a.Answers = append(a.Answers, t)
	}
	return nil
}

// shorten leaves out stages of recipients that are decided as the one before: a session that shows a limit may have
// thousands.
func shorten(all []explain.Stage) []explain.Stage {
	const most = 2*maxAsked + 20
	if len(all) <= most {
		return all
	}
	return append(all[:most:most], all[len(all)-most:]...)
}

// preset is a session that the page offers as a beginning.
type preset struct {
	Label string
	Path  string
}

// maxPresets bounds the sessions that are offered.
const maxPresets = 6

// presets returns sessions of the policy's own clients: one from the Internet, and those that findings name.
func (r *request) presets(v *policyfiles.Version) []preset {
	p := v.Loaded.Policy
	internet := &question{Remote: "192.0.2.55", EHLO: "mail.example.net", From: "sender@example.net", To: "info@" + firstDomain(p)}
	all := []preset{{"A client in the Internet", r.c.path("/ask", internet.query()...)}}
	if !v.Ready() {
		return all
	}
	list, err := v.Findings(r.Context())
	if err != nil {
		return all
	}
	seen := make(map[string]bool)
	for _, f := range list {
		if name := receiveName(string(f.Path)); f.Shown() && name != "" && !seen[name] && len(all) < maxPresets {
			seen[name] = true
			all = append(all, preset{"A client of " + name, r.c.witnessPath(f.Witness)})
		}
	}
	return all
}

// firstDomain returns the first accepted domain that isn't a pattern.
func firstDomain(p *connector.Policy) string {
	for _, a := range p.Config().Accepted {
		if !strings.Contains(a.DomainName, "*") {
			return a.DomainName
		}
	}
	return "example.com"
}

// receiveName returns the name of the Receive connector that a path begins with; "" for other paths.
func receiveName(path string) string {
	rest, ok := strings.CutPrefix(path, `Receive["`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, `"]`)
	return name
}
