package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// proof describes a change on a page, before it is applied: the template "proof".
type proof struct {
	Commands string
	Undone   *policyfiles.Entry // the change that this one undoes; nil: none
	Mistakes source.Diagnostics // why the change can't be applied
	Warnings source.Diagnostics
	Output   string // what the commands printed

	Effect  *effect // nil: it is still being computed, or there are Mistakes
	Compute bool    // it is still being computed
	Map     string  // the address of the map with the change marked; "": there is no policy to draw
}

// effect lists the differences that a change makes.
type effect struct {
	Wider, Stricter, Different []analysis.Change
	TooLarge                   string
	Added, Gone                []analysis.Finding
	Unproved                   source.Diagnostics // the assertions for which the change can't be applied
}

// Nothing reports whether the change does nothing that a session could see.
func (e *effect) Nothing() bool {
	return len(e.Wider)+len(e.Stricter)+len(e.Different)+len(e.Added)+len(e.Gone) == 0 && e.TooLarge == ""
}

// Refused reports whether the change can't be applied, as far as that is known.
func (p *proof) Refused() bool {
	return len(p.Mistakes) > 0 || p.Effect != nil && len(p.Effect.Unproved) > 0
}

// sound returns the policy as it is now; it is an error if its files have mistakes.
func (r *request) sound() (*policyfiles.Version, error) {
	now, err := r.version()
	if err == nil && len(now.Mistakes) > 0 {
		err = &problem{status: http.StatusConflict, text: "The policy's files have mistakes, so nothing can be changed now: " + now.Mistakes.Error(), fix: "Correct them in the files; the console reads them again."}
	}
	return now, err
}

// tryNow tries a change on the policy as it is now.
func (r *request) tryNow(change policyfiles.Change) (*policyfiles.Trial, error) {
	now, err := r.sound()
	if err != nil {
		return nil, err
	}
	return now.Try(r.Context(), change)
}

// proofOf describes a trial for a page. drawing is the page with the map.
func (r *request) proofOf(t *policyfiles.Trial, drawing string) (*proof, error) {
	p := &proof{Commands: t.Change.Commands, Undone: t.Undoes, Mistakes: t.Mistakes, Warnings: t.Warnings, Output: t.Output}
	if len(t.Mistakes) > 0 {
		return p, nil
	}
	p.Map = drawing
	soon, cancel := r.soon()
	defer cancel()
	e, err := effectOf(soon, t)
	if r.waited(err) {
		p.Compute, err = true, nil
	}
	p.Effect = e
	return p, err
}

// effectOf waits for the differences that a change makes, until ctx ends.
func effectOf(ctx context.Context, t *policyfiles.Trial) (*effect, error) {
	t.Ready() // begins with both
	compared, err := t.Comparison(ctx)
	if err != nil {
		return nil, err
	}
	e := &effect{TooLarge: compared.TooLarge}
	for _, change := range compared.Changes {
		switch change.Direction {
		case analysis.Wider:
			e.Wider = append(e.Wider, change)
		case analysis.Stricter:
			e.Stricter = append(e.Stricter, change)
		default:
			e.Different = append(e.Different, change)
		}
	}
	if e.Added, e.Gone, err = t.Findings(ctx); err == nil {
		e.Unproved, err = t.Unproved(ctx)
	}
	return e, err
}

// mistakes returns the diagnostics in err, if it is about the policy.
func mistakes(err error) (list source.Diagnostics, ok bool) {
	ok = errors.As(err, &list)
	return list, ok
}
