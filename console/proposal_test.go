package console

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// TestProposalsEnd: the proposals of a session are forgotten with it, and those of others stay.
func TestProposalsEnd(t *testing.T) {
	var all proposals
	for _, session := range []string{"one", "two", "one"} {
		all.add(&proposal{id: session + "'s", session: session, made: time.Now()})
	}
	all.forget("one")
	if all.find("one's", "one") != nil || all.find("two's", "two") == nil || len(all.list) != 1 {
		t.Errorf("left: %v", all.list)
	}
}

// TestLargeProposals: of large policies fewer proposals and results are kept than of small ones, and at least two.
func TestLargeProposals(t *testing.T) {
	for _, tt := range []struct{ text, want int }{{1000, maxSessionProposed}, {maxHeldText / 8, 7}, {maxHeldText, 2}} {
		b := newTester(t, relay+"#"+strings.Repeat("-", tt.text)+"\n")
		v, err := b.console.files.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		trial, err := v.Try(t.Context(), policyfiles.Change{Commands: "Get-ReceiveConnector"})
		if err != nil {
			t.Fatal(err)
		}
		proposed, results := &b.console.proposals, &b.console.works
		for i := range 2 * maxSessionProposed {
			proposed.add(&proposal{id: fmt.Sprint(i), session: "one", made: time.Now(), trial: trial})
			_, _ = results.find(fmt.Sprint(i), func() any { return tried{trial: trial} }).result.Get(t.Context())
		}
		if n := len(proposed.list); n != tt.want || proposed.list[n-1].id != fmt.Sprint(2*maxSessionProposed-1) {
			t.Errorf("%d bytes: %d proposals are kept, want %d", tt.text, n, tt.want)
		}
		if n := len(results.list); tt.want < maxSessionProposed && (n < tt.want || n > tt.want+2) || n < tt.want {
			t.Errorf("%d bytes: %d results are kept, want about %d", tt.text, n, tt.want)
		}
	}
}

// TestProposalMadeByLoop: a large policy counts as one, however few commands make it.
func TestProposalMadeByLoop(t *testing.T) {
	b := newTester(t, relay)
	v, err := b.console.files.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	trial, err := v.Try(t.Context(), policyfiles.Change{Commands: `1..2000 | ForEach-Object { New-AcceptedDomain -Name "d$_" -DomainName "d$_.example" }`})
	if err != nil || trial.After == nil {
		t.Fatal(err, trial.Mistakes)
	}
	if held := heldBy(trial); held < 2000*40 {
		t.Errorf("2,000 accepted domains count as %d bytes", held)
	}
}

// TestCancelReview: Cancel on the review of a property dialog leads back to the dialog with what was entered, until the
// change is applied or the dialog isn't kept any more.
func TestCancelReview(t *testing.T) {
	b := newTester(t, relay)
	w := b.open("dialog", "receive-properties", "id", "Printers", "back", "/server")
	dialog := w.page
	w.click("OK", "", "Specify the FQDN this connector will provide in response to HELO or EHLO:=other.example")
	cancel := regexp.MustCompile(`href="([^"]*)">Cancel`)
	if m := cancel.FindStringSubmatch(w.body); m == nil || m[1] != dialog {
		t.Fatalf("Cancel leads to %q, not to %s:\n%s", m, dialog, plain(w.body))
	}
	b.expect(b.get(dialog), http.StatusOK, `value="other.example"`)
	review := w.page
	b.console.drafts.Forget(b.session)
	if m := cancel.FindStringSubmatch(b.get(review).body); m == nil || m[1] != "/server" {
		t.Errorf("without the dialog Cancel leads to %q", m)
	}

	w = b.open("dialog", "receive-properties", "id", "Printers", "back", "/server")
	dialog = w.page
	w.click("OK", "", "Specify the FQDN this connector will provide in response to HELO or EHLO:=other.example")
	w.click("OK", "")
	b.expect(b.get(dialog), http.StatusNotFound, "finished already")
}
