package console

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// draftRoutes registers the wizards and property dialogs.
func (c *Console) draftRoutes(mux *http.ServeMux) {
	c.handle(mux, "POST /drafts", Change, openDialog)
	c.handle(mux, "GET /drafts/{id}/{page}", Change, dialogPage)
	c.handle(mux, "GET /drafts/{id}/{page}/map.svg", Change, dialogMap)
	c.handle(mux, "POST /drafts/{id}/{page}", Change, submitDialog)
	c.handle(mux, "POST /drafts/{id}/{page}/preview", Change, previewDialog)
}

// openDialog makes a draft of the dialog that the form names and shows its first page.
func openDialog(r *request) error {
	now, err := r.sound()
	if err != nil {
		return err
	}
	d, values, err := dialog.Open(r.PostFormValue("dialog"), dialog.Subject{
		Config: now.Config, ID: r.PostFormValue("id"), Server: r.PostFormValue("server"), Rights: r.PostFormValue("rights"), Taken: now.Mentions,
	})
	if err != nil {
		return &problem{status: http.StatusNotFound, text: capital(err.Error()) + ".", fix: "Another administrator may have removed it; go back to the list."}
	}
	draft := r.c.drafts.Add(r.user.Session, d, values, r.back("/"))
	return r.redirect("/drafts/" + draft.ID + "/" + draft.Page(r.PostFormValue("page")))
}

// draft returns the draft that the request's path names.
func (r *request) draft() (*dialog.Draft, error) {
	d, ok := r.c.drafts.Get(r.user.Session, r.PathValue("id"))
	if !ok {
		return nil, &problem{status: http.StatusNotFound, text: "This dialog was finished already, or it has waited too long.", fix: "Open it again from the list. The page Changes shows what was applied."}
	}
	return d, nil
}

// try is the dialog.Try of the policy as it is now.
func (r *request) try(_ context.Context, s *dialog.Script) (source.Diagnostics, error) {
	tried, err := r.tryNow(policyfiles.Change{Commands: s.Text(), Credentials: s.Credentials})
	if err != nil {
		return nil, err
	}
	return tried.Mistakes, nil
}

// changeOf is the change that a draft asks for.
func changeOf(d *dialog.Draft) policyfiles.Change {
	s, title := d.Script()
	return policyfiles.Change{Title: title, Commands: s.Text() + "\n", Credentials: s.Credentials}
}

// trial tries what a draft asks for on the policy as it is now.
func (r *request) trial(d *dialog.Draft) (*policyfiles.Trial, error) { return r.tryNow(changeOf(d)) }

// tried is a trial that is kept, or why it failed.
type tried struct {
	trial *policyfiles.Trial
	err   error
}

// size implements holder.
func (t tried) size() int { return heldBy(t.trial) }

// keptTrial is trial for a page that is shown again and again: the same trial each time, with what was computed about
// it. It has no passwords, which only [request.trial] needs. It is nil while it isn't there.
func (r *request) keptTrial(d *dialog.Draft) (*policyfiles.Trial, error) {
	now, err := r.sound()
	if err != nil {
		return nil, err
	}
	change := changeOf(d)
	change.Credentials = maps.Clone(change.Credentials)
	for variable, c := range change.Credentials {
		if c.Password != "" {
			c.Password = "set"
		}
		change.Credentials[variable] = c
	}
	t, ok, err := computed(r, "draft "+d.ID+" "+now.ID+" "+change.Commands, func() tried {
		trial, err := now.Try(r.c.ended, change)
		return tried{trial, err}
	})
	if err != nil || !ok {
		return nil, err
	}
	return t.trial, t.err
}

// dialogShown is the data of the page of a dialog.
type dialogShown struct {
	dialog.View
	ID         string
	Base       string    // the version of the policy that the page shows
	Conflict   *conflict // the files have changed since the page was shown
	Changeable string    // why changes can't be applied; "": they can
	Back       string    // the page to show in the end

	// Of the page with the summary.
	Proof         *proof
	Prerequisites []dialog.Prerequisite
	Relayers      *relayers // of a dialog about relaying; nil: they aren't known yet

	// Of the last page.
	Next     []dialog.NextStep
	Findings []analysis.Finding // about what was made or changed
	Compute  bool               // they are still being computed
}

// dialogPage shows a page of a dialog.
func dialogPage(r *request) error {
	d, err := r.draft()
	if err != nil {
		return err
	}
	page := r.PathValue("page")
	if now := d.Page(page); now != page {
		return r.redirect("/drafts/" + d.ID + "/" + now)
	}
	v, ok := d.View(page)
	if !ok {
		return notFound("page", page)
	}
	shown := dialogShown{View: v, ID: d.ID, Changeable: r.c.unchangeable(), Back: d.Back}
	status := http.StatusOK
	if since := r.FormValue("since"); since != "" && v.Summary {
		status = http.StatusConflict
		if shown.Conflict, err = r.conflictSince(since); err != nil {
			return err
		}
	}
	if v.Final {
		shown.Next = d.NextSteps()
		if err := r.conclude(d, &shown); err != nil {
			return err
		}
	}
	if v.Summary {
		if err := r.summarize(d, &shown); err != nil {
			return err
		}
	}
	title := v.Title
	if v.Object != "" {
		title += ": " + v.Object
	}
	return r.renderStatus(status, "dialog", view{Title: title, Nav: d.Back, Wide: true, Data: shown})
}

// summarize fills in the page with the summary.
func (r *request) summarize(d *dialog.Draft, shown *dialogShown) error {
	tried, err := r.keptTrial(d)
	if err != nil {
		return err
	}
	if tried == nil {
		shown.Proof = &proof{Commands: shown.Commands, Compute: true}
		return nil
	}
	shown.Base = tried.Before.ID
	if shown.Proof, err = r.proofOf(tried, "/drafts/"+d.ID+"/"+shown.Page+"/map.svg"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxLookup)
	defer cancel()
	facts := r.facts(ctx)
	if known := tried.Before.Ready(); !known && len(tried.Mistakes) == 0 {
		shown.Proof.Compute = true
	} else if known && shown.Proof.Effect != nil {
		before, err := tried.Before.Findings(r.Context())
		if err != nil {
			return err
		}
		facts.Findings = afterwards(before, shown.Proof.Effect)
		if shown.Kind == dialog.Relay {
			s, _ := d.Script()
			changed := slices.Concat(shown.Proof.Effect.Gone, shown.Proof.Effect.Added)
			shown.Relayers = &relayers{relayingThrough(s.Object, before, changed), relayingThrough(s.Object, facts.Findings, changed)}
		}
	}
	shown.Prerequisites = d.Prerequisites(facts)
	return nil
}

// maxLookup is the time that a page has for looking up accounts, such as in a directory that doesn't answer.
const maxLookup = 3 * time.Second

// facts are known without the policy. Accounts are looked up until ctx ends.
func (r *request) facts(ctx context.Context) dialog.Facts {
	facts := dialog.Facts{Account: r.user.Name + " has the role " + r.user.Role.String() + "."}
	o := &r.c.options
	if o.Findings != nil {
		certificates := o.Findings().Certificates
		facts.Certificates, facts.Uncertified = len(certificates) > 0, certificates != nil && len(certificates) == 0
	}
	if o.Account != nil {
		facts.Logon = func(name string) error { _, err := o.Account(ctx, name); return err }
	}
	return facts
}

// conclude fills in the findings of the last page.
func (r *request) conclude(d *dialog.Draft, shown *dialogShown) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	soon, cancel := r.soon()
	defer cancel()
	list, err := v.Findings(soon)
	if r.waited(err) {
		shown.Compute = true
		return nil
	}
	s, _ := d.Script()
	for _, f := range list {
		if f.Path.Within(s.Object) && f.Acknowledged == "" {
			shown.Findings = append(shown.Findings, f)
		}
	}
	return err
}

// dialogMap draws the policy as it will be, with the change marked.
func dialogMap(r *request) error {
	d, err := r.draft()
	if err != nil {
		return err
	}
	tried, err := r.keptTrial(d)
	if err != nil {
		return err
	}
	return r.drawTrial(tried)
}

// previewDialog answers with the commands for the form of a page, as text. Nothing is changed.
func previewDialog(r *request) error {
	d, err := r.draft()
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return &problem{status: http.StatusBadRequest, text: "The form can't be read: " + err.Error()}
	}
	r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = r.w.Write(visible([]byte(d.Preview(r.PathValue("page"), r.PostForm))))
	return err
}

// submitDialog takes the form of a page of a dialog.
func submitDialog(r *request) error {
	d, err := r.draft()
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return &problem{status: http.StatusBadRequest, text: "The form can't be read: " + err.Error()}
	}
	page := r.PathValue("page")
	if page == "completion" && d.Page(page) == page {
		r.c.drafts.Remove(r.user.Session, d.ID)
		return r.redirect(d.Back)
	}
	outcome, next, err := d.Submit(r.Context(), page, r.PostForm, r.try)
	if err != nil {
		return err
	}
	switch outcome {
	case dialog.Cancel:
		r.c.drafts.Remove(r.user.Session, d.ID)
		return r.redirect(d.Back)
	case dialog.Finish:
		return r.finishDialog(d, next)
	}
	return r.redirect("/drafts/" + d.ID + "/" + next)
}

// finishDialog carries out what a wizard has shown on its summary page, and shows the review page of a dialog with tabs.
func (r *request) finishDialog(d *dialog.Draft, page string) error {
	s, _ := d.Script()
	if s.IsZero() { // nothing was changed
		r.c.drafts.Remove(r.user.Session, d.ID)
		return r.redirect(d.Back)
	}
	tried, err := r.trial(d)
	if err != nil {
		return err
	}
	if v, _ := d.View(page); !v.Summary {
		return r.review(&proposal{trial: tried, button: "OK", back: d.Back, dialog: d.ID, tab: page})
	}
	if seen := r.PostFormValue("base"); seen != tried.Before.ID {
		return r.redirect("/drafts/"+d.ID+"/"+page, "since", seen)
	}
	if _, err := r.apply(tried, "/drafts/"+d.ID+"/"+page); err != nil {
		return err
	}
	d.Complete()
	return r.redirect("/drafts/" + d.ID + "/completion")
}

// conflictSince describes the difference between the version that a user has seen and now.
func (r *request) conflictSince(seen string) (*conflict, error) {
	now, err := r.version()
	if err != nil {
		return nil, err
	}
	if before := r.c.files.Version(seen); before != nil {
		return conflictOf(&policyfiles.ConflictError{Base: before, Now: now}), nil
	}
	return &conflict{Unread: "The version that you began with isn't kept any more."}, nil
}
