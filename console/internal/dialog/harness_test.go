package dialog_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// hub is the server of the guide.
var hub = routing.Server{Name: "HubA", FQDN: "huba.fabrikam.com"}

// fresh is the configuration that setup makes on it.
func fresh(p permission.Profile) connector.Config {
	return shell.New(shell.Options{Profile: p, Server: hub}).Config()
}

// run runs commands on a configuration.
func run(cfg connector.Config, commands string, credentials map[string]param.Credential) (connector.Config, error) {
	in, err := shell.Open(cfg, shell.Options{Credential: func(r shell.Request) (param.Credential, error) {
		c, ok := credentials[r.Variable]
		if !ok {
			return c, errors.New("no credential for " + r.Variable)
		}
		return c, nil
	}})
	if err != nil {
		return cfg, err
	}
	if err := in.Run(context.Background(), dialog.ScriptName, []byte(commands)); err != nil {
		return cfg, err
	}
	return in.Config(), nil
}

// tries tries scripts on a configuration.
func tries(cfg connector.Config) dialog.Try {
	return func(_ context.Context, s *dialog.Script) (source.Diagnostics, error) {
		after, err := run(cfg, s.Text(), s.Credentials)
		if err == nil {
			_, err = connector.Compile(after)
		}
		var list source.Diagnostics
		if err != nil && !errors.As(err, &list) {
			return nil, err
		}
		return list, nil
	}
}

// walk is an administrator before a dialog.
type walk struct {
	t     *testing.T
	cfg   connector.Config
	draft *dialog.Draft
	page  string
}

// open opens a dialog on a configuration.
func open(t *testing.T, kind string, s dialog.Subject) *walk {
	t.Helper()
	d, v, err := dialog.Open(kind, s)
	if err != nil {
		t.Fatal(err)
	}
	draft := dialog.NewDrafts(time.Now).Add("session", d, v, "/")
	return &walk{t, s.Config, draft, draft.First()}
}

// form returns the form of the page as a browser sends it: with what it shows.
func (w *walk) form() url.Values {
	w.t.Helper()
	view, ok := w.draft.View(w.page)
	if !ok {
		w.t.Fatalf("there is no page %q", w.page)
	}
	form := url.Values{}
	fill(form, view.Groups)
	return form
}

func fill(form url.Values, groups []dialog.GroupView) {
	for _, g := range groups {
		for _, f := range g.Fields {
			switch f.Kind {
			case dialog.Check:
				form.Set(f.Input+".shown", "1")
				if f.Value != "" {
					form.Set(f.Input, f.Value)
				}
			case dialog.List:
				if f.Entry != nil {
					fill(form, f.Entry.Groups)
				}
			case dialog.Fact, dialog.Secret:
			default:
				form.Set(f.Input, f.Value)
			}
		}
	}
}

// do sends the form of the page with other values, given as name=value (name= clears a
// check box), and a button.
func (w *walk) do(button string, values ...string) dialog.Outcome {
	w.t.Helper()
	form := w.form()
	for _, v := range values {
		name, text, _ := strings.Cut(v, "=")
		if form.Has(name+".shown") && text == "" {
			form.Del(name)
			continue
		}
		form.Set(name, text)
	}
	form.Set("do", button)
	outcome, page, err := w.draft.Submit(context.Background(), w.page, form, tries(w.cfg))
	if err != nil {
		w.t.Fatal(err)
	}
	if outcome == dialog.Show {
		w.page = page
	}
	return outcome
}

// next sends the form with a button and expects a page without mistakes.
func (w *walk) next(page, button string, values ...string) {
	w.t.Helper()
	if outcome := w.do(button, values...); outcome != dialog.Show || w.page != page {
		w.t.Fatalf("%s leads to %q (outcome %d), not to %q; mistakes: %+v", button, w.page, outcome, page, w.mistakes())
	}
	if m := w.mistakes(); len(m) > 0 {
		w.t.Fatalf("%s: mistakes %+v", button, m)
	}
}

func (w *walk) mistakes() []dialog.Mistake {
	view, ok := w.draft.View(w.page)
	if !ok {
		w.t.Fatalf("there is no page %q", w.page)
	}
	return view.Mistakes
}

// finish finishes the dialog and returns the configuration that its commands make.
func (w *walk) finish() connector.Config {
	w.t.Helper()
	if outcome := w.do("finish"); outcome != dialog.Finish {
		w.t.Fatalf("finish shows %q: %+v", w.page, w.mistakes())
	}
	s, _ := w.draft.Script()
	after, err := run(w.cfg, s.Text(), s.Credentials)
	if err != nil {
		w.t.Fatal(err)
	}
	return after
}
