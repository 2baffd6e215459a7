package dialog_test

import (
	"context"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// kinds are all kinds of dialogs, with objects for those that need one.
var kinds = []struct{ kind, id string }{
	{dialog.SendConnector, ""}, {dialog.ReceiveConnector, ""}, {dialog.SendProperties, "Out"}, {dialog.ReceiveProperties, "Default HubA"},
	{dialog.AcceptedDomain, ""}, {dialog.AcceptedDomain, "Second"}, {dialog.RemoteDomain, "Contoso"}, {dialog.ServerProperties, ""},
	{dialog.Relay, "Default HubA"}, {dialog.Grant, "Out"},
}

// noMistakes is a Try that finds nothing.
func noMistakes(context.Context, *dialog.Script) (source.Diagnostics, error) { return nil, nil }

// FuzzForm sends two forms to a page of a dialog. Whatever they say, a page is shown, and the commands can be read.
func FuzzForm(f *testing.F) {
	for i := range kinds {
		f.Add(uint8(i), "introduction", "name=A&do=next", "row.address=*&do=add:spaces")
		f.Add(uint8(i), "network", "do=edit:security:0", "do=remove:security:0&routing=dns")
		f.Add(uint8(i), "network", "do=remove:bindings:9", "do=edit:ranges:0&row.range=%0a%0a")
		f.Add(uint8(i), "general", "do=tab:none&size=1&comment=%00%ff%22", "do=secret:password")
		f.Add(uint8(i), "source-server", "do=add:servers", "row.HubA=on&do=ok")
	}
	cfg := filled(f, permission.Current)
	f.Fuzz(func(t *testing.T, kind uint8, page, one, two string) {
		k := kinds[int(kind)%len(kinds)]
		w := open(t, k.kind, dialog.Subject{Config: cfg, ID: k.id})
		for _, text := range []string{one, two} {
			form, _ := url.ParseQuery(text)
			w.draft.Preview(page, form)
			if _, next, err := w.draft.Submit(t.Context(), page, form, noMistakes); err != nil {
				t.Fatal(err)
			} else if _, ok := w.draft.View(w.draft.Page(next)); !ok {
				t.Fatalf("%s: page %q isn't shown", k.kind, next)
			}
		}
		s, _ := w.draft.Script()
		if err := shell.New(shell.Options{Bare: true}).Run(t.Context(), "form", []byte("if ($false) {\n"+s.Text()+"\n}")); err != nil {
			t.Fatalf("%s: %v\n%s", k.kind, err, s.Text())
		}
	})
}

// TestConcurrentForms uses a draft from several pages at a time.
func TestConcurrentForms(t *testing.T) {
	d, v, err := dialog.Open(dialog.SendConnector, dialog.Subject{Config: fresh(permission.Current)})
	if err != nil {
		t.Fatal(err)
	}
	drafts := dialog.NewDrafts(time.Now)
	draft := drafts.Add("anna", d, v, "/")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, do := range []string{"add:spaces", "next", "back", "stay"} {
				if d, ok := drafts.Get("anna", draft.ID); ok {
					form := url.Values{"do": {do}, "row.address": {"*"}, "row.cost": {"1"}}
					d.Preview("address-space", form)
					if _, page, err := d.Submit(context.Background(), "address-space", form, noMistakes); err != nil {
						t.Error(err)
					} else {
						d.View(page)
					}
					d.Script()
				}
			}
		})
	}
	all.Wait()
}
