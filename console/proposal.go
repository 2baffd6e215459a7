package console

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// Limits of the proposals that wait for an answer. They hold policies, which may be large.
const (
	maxProposals       = 64
	maxSessionProposed = 16
	proposalAge        = 12 * time.Hour
)

// maxHeldText bounds the policies that proposals hold, and those of computed results, by the bytes of their files: a
// policy takes 25 to 35 times as much memory. The last two may be larger.
const maxHeldText = 4 << 20

// proposal is a change that waits for the answer of the user who made it.
type proposal struct {
	id, session string
	made        time.Time
	trial       *policyfiles.Trial
	back        string // the page to show afterwards
	button      string // that applies it: OK, or the verb of the action

	dialog, tab string // the draft of the dialog that asks for it, and its page; "": no dialog does
}

// proposals keeps what users have proposed, in memory: passwords in changes aren't written before they are applied.
type proposals struct {
	mu   sync.Mutex
	list []*proposal // the oldest first
}

// settingSize is about how many bytes of a file a setting takes.
const settingSize = 32

// heldBy returns the bytes of the files of the policy that a trial holds. A few commands can make a large policy.
func heldBy(t *policyfiles.Trial) int {
	switch {
	case t == nil:
		return 0
	case t.After == nil:
		return t.Before.Size() + len(t.Change.Commands)
	}
	return max(t.Before.Size(), settingSize*len(t.After.Places)) + len(t.Change.Commands)
}

// add keeps a proposal, and drops old ones beyond the limits.
func (l *proposals) add(p *proposal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	same, text := 0, heldBy(p.trial)
	for i := len(l.list) - 1; i >= 0; i-- {
		old, newer := l.list[i], len(l.list)-i
		if old.session == p.session {
			same++
		}
		if p.made.Sub(old.made) > proposalAge || old.session == p.session && same >= maxSessionProposed || newer >= maxProposals ||
			newer > 1 && text+heldBy(old.trial) > maxHeldText {
			l.list = append(l.list[:i], l.list[i+1:]...)
			continue
		}
		text += heldBy(old.trial)
	}
	l.list = append(l.list, p)
}

// find returns the proposal of a session, or nil.
func (l *proposals) find(id, session string) *proposal {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.list {
		if p.id == id && p.session == session {
			return p
		}
	}
	return nil
}

// remove drops a proposal that was answered.
func (l *proposals) remove(p *proposal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.list {
		if l.list[i] == p {
			l.list = append(l.list[:i], l.list[i+1:]...)
			return
		}
	}
}

// forget drops the proposals of a session that has ended.
func (l *proposals) forget(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(p *proposal) bool { return p.session == session })
}

// of returns the proposals of a session, the newest first.
func (l *proposals) of(session string) (all []*proposal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range slices.Backward(l.list) {
		if p.session == session {
			all = append(all, p)
		}
	}
	return all
}

// replace puts a new trial in place of that of a proposal, which keeps its ID.
func (l *proposals) replace(p *proposal, tried *policyfiles.Trial) *proposal {
	next := *p
	next.trial = tried
	l.remove(p)
	l.add(&next)
	return &next
}

// propose tries a change and shows its review page. back is the page to show after the answer.
func (r *request) propose(change policyfiles.Change, button, back string) error {
	tried, err := r.tryNow(change)
	if err != nil {
		return err
	}
	return r.review(&proposal{trial: tried, button: button, back: back})
}

// review keeps a proposal of the user and shows its review page.
func (r *request) review(p *proposal) error {
	p.id, p.session, p.made = rand.Text(), r.user.Session, r.c.now()
	r.c.proposals.add(p)
	return r.redirect("/changes/" + p.id)
}

// proposal returns the proposal that the request's path names.
func (r *request) proposal() (*proposal, error) {
	p := r.c.proposals.find(r.PathValue("id"), r.user.Session)
	if p == nil {
		return nil, &problem{status: http.StatusNotFound, text: "This change was applied already, or it has waited too long.", fix: "The page Changes lists what was applied; make the change again if it isn't there."}
	}
	return p, nil
}

// reviewPage shows what a change does before it is applied.
func reviewPage(r *request) error {
	p, err := r.proposal()
	if err != nil {
		return err
	}
	return r.renderReview(http.StatusOK, p, nil)
}

// reviewed is the data of the review page.
type reviewed struct {
	ID, Base, Button string
	Cancel           string // the page to which the user goes back without the change
	Proof            *proof
	Conflict         *conflict // nil: the files haven't changed since
	Changeable       string    // why changes can't be applied; "": they can
}

func (r *request) renderReview(status int, p *proposal, c *conflict) error {
	shown, err := r.proofOf(p.trial, "/changes/"+p.id+"/map.svg")
	if err != nil {
		return err
	}
	return r.renderStatus(status, "review", view{Title: p.trial.Change.Title, Nav: "/history", Wide: true, Data: reviewed{
		ID: p.id, Base: p.trial.Before.ID, Button: p.button, Cancel: r.cancel(p), Conflict: c,
		Proof: shown, Changeable: r.c.unchangeable(),
	}})
}

// cancel returns the page to which Cancel leads: the dialog that asks for the change, as long as it is kept.
func (r *request) cancel(p *proposal) string {
	if _, kept := r.c.drafts.Get(p.session, p.dialog); kept {
		return "/drafts/" + p.dialog + "/" + p.tab
	}
	return p.back
}

// unchangeable says why the policy can't be changed here, or returns "".
func (c *Console) unchangeable() string {
	if err := c.files.Changeable(); err != nil {
		return err.Error()
	}
	return ""
}

// reviewMap draws the policy as it will be, with the change marked.
func reviewMap(r *request) error {
	p, err := r.proposal()
	if err != nil {
		return err
	}
	return r.drawTrial(p.trial)
}

// drawTrial answers with the map of the policy after a change, with the change marked.
func (r *request) drawTrial(t *policyfiles.Trial) error {
	if t == nil || len(t.Mistakes) > 0 {
		return notFound("map at", r.URL.Path)
	}
	return r.svg(diagram.New(t.After.Policy, diagram.Options{Before: t.Before.Loaded.Policy}))
}

// svg answers with a drawing.
func (r *request) svg(d *diagram.Drawing) error {
	r.w.Header().Set("Content-Type", "image/svg+xml")
	_, err := r.w.Write([]byte(d.SVG()))
	return err
}

// conflict is that the files were changed since a change was tried.
type conflict struct {
	Since  []string // what is different since then, in sentences
	Unread string   // why that isn't known
}

// applyChange applies a change that the user has reviewed.
func applyChange(r *request) error {
	p, err := r.proposal()
	if err != nil {
		return err
	}
	// Another tab of the user may have seen the change tried again on newer files.
	if seen := r.PostFormValue("base"); seen != "" && seen != p.trial.Before.ID {
		since, err := r.conflictSince(seen)
		if err != nil {
			return err
		}
		return r.renderReview(http.StatusConflict, p, since)
	}
	if _, err := r.apply(p.trial, r.URL.Path); err != nil {
		var changed *policyfiles.ConflictError
		if !errors.As(err, &changed) {
			return err
		}
		tried, err := r.tryAgain(p.trial)
		if err != nil {
			return err
		}
		return r.renderReview(http.StatusConflict, r.c.proposals.replace(p, tried), conflictOf(changed))
	}
	r.c.proposals.remove(p)
	r.c.drafts.Remove(p.session, p.dialog)
	return r.redirect(p.back)
}

// apply applies a trial, logs it and keeps a notice for the next page. back is the page to which the user can go back if
// that fails.
func (r *request) apply(t *policyfiles.Trial, back string) (*policyfiles.Entry, error) {
	ctx := control.WithUser(r.Context(), r.user.Name) // for the gateway's log
	entry, err := r.c.files.Apply(ctx, t, r.user.Name)
	if err != nil {
		r.logAction("change not applied", "title", t.Change.Title, "error", err)
		if changed := (*policyfiles.ConflictError)(nil); errors.As(err, &changed) || r.Context().Err() != nil {
			return nil, err
		}
		return nil, &problem{status: http.StatusUnprocessableEntity, text: "The change was not applied: " + err.Error(), back: back}
	}
	r.logAction("change applied", "title", t.Change.Title, "version", entry.After)
	r.c.notices.put(r.user.Session, "Applied: "+t.Change.Title+".")
	return entry, nil
}

// logAction writes the line about an action to the log.
func (r *request) logAction(what string, attrs ...any) {
	r.c.logger.Info(what, append([]any{"user", r.user.Name, "role", r.user.Role.String(), "client", r.user.Address}, attrs...)...)
}

// conflictOf says what is different since the version that a change was tried on.
func conflictOf(e *policyfiles.ConflictError) *conflict {
	if e.Base.Loaded == nil || e.Now.Loaded == nil {
		return &conflict{Unread: "The files have mistakes now."}
	}
	compared := analysis.Compare(e.Base.Loaded.Policy, e.Now.Loaded.Policy)
	c := &conflict{Unread: compared.TooLarge}
	for _, change := range compared.Changes {
		c.Since = append(c.Since, change.Text)
	}
	return c
}

// tryAgain tries a change on the files as they are now.
func (r *request) tryAgain(t *policyfiles.Trial) (*policyfiles.Trial, error) {
	if t.Undoes != nil {
		return r.c.files.TryUndo(r.Context())
	}
	return r.tryNow(t.Change)
}
