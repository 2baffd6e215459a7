package console

import (
	"bytes"
	"strings"

	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// historyPage shows the changes that were made, which is also the transcript to copy.
func historyPage(r *request) error {
	entries, err := r.c.files.Entries(r.Context())
	if err != nil {
		return err
	}
	why := r.c.unchangeable()
	undo := action{Label: "Undo the last change…", Path: "/undo", Post: map[string]string{}, Role: Change, Reason: why}
	if len(entries) == 0 {
		undo.Reason = "nothing was changed yet"
	}
	return r.render("history", view{Title: "Changes", Actions: []action{undo, {Label: "All commands as a script", Path: "/history.ps1", Role: View}}, Data: struct {
		Entries    []policyfiles.Entry
		Changeable string
		Queue      []transcribed
	}{entries, why, r.c.transcript.all()}})
}

// historyScript answers with the commands of all changes, the oldest first.
func historyScript(r *request) error {
	var script bytes.Buffer
	entries, err := r.c.files.Entries(r.Context())
	if err != nil {
		return err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		e := &entries[i]
		script.WriteString("# " + formatTime(e.Time) + ", " + oneLine(e.By) + ": " + oneLine(e.Title) + "\n" + strings.TrimRight(e.Commands, "\n") + "\n\n")
	}
	r.download("changes.ps1", "text/plain; charset=utf-8")
	_, err = r.w.Write(visible(script.Bytes()))
	return err
}

// oneLine returns text without line ends.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// proposeUndo shows what undoing the last change does.
func proposeUndo(r *request) error {
	tried, err := r.c.files.TryUndo(r.Context())
	if err != nil {
		return err
	}
	return r.review(&proposal{trial: tried, button: "Undo", back: "/history"})
}
