package console

import (
	"fmt"
	"testing"
	"time"
)

// TestProposalBounds: a session has at most sixteen proposals, all sessions together 64, each for twelve hours; the
// oldest is forgotten.
func TestProposalBounds(t *testing.T) {
	var all proposals
	made := time.Unix(1e9, 0)
	add := func(id, session string) { all.add(&proposal{id: id, session: session, made: made}) }
	add("first", "one")
	add("other", "two")
	for i := range maxSessionProposed {
		add(fmt.Sprint(i), "one")
	}
	if all.find("first", "one") != nil || all.find("0", "one") == nil || all.find("other", "two") == nil {
		t.Errorf("the %dth proposal of a session must end its first, and no other", maxSessionProposed+1)
	}
	for i := range maxProposals {
		add("another", fmt.Sprint("session ", i))
	}
	if len(all.list) != maxProposals || all.find("other", "two") != nil {
		t.Errorf("%d proposals are kept", len(all.list))
	}
	made = made.Add(proposalAge + time.Second)
	if add("last", "one"); len(all.list) != 1 {
		t.Errorf("%d proposals live longer than twelve hours", len(all.list)-1)
	}
}

// TestNoticeBounds: notices and actions that no page shows don't fill the memory.
func TestNoticeBounds(t *testing.T) {
	var n notices
	for i := range 2*maxNotices + 1 {
		n.put(fmt.Sprint(i), "done")
	}
	if last := fmt.Sprint(2 * maxNotices); len(n.text) > maxNotices || n.take(last) != "done" || n.take(last) != "" {
		t.Errorf("%d notices are kept", len(n.text))
	}
	var a transcript
	for i := range maxTranscript + 1 {
		a.add(time.Unix(0, 0), fmt.Sprint(i), "", "")
	}
	if all := a.all(); len(all) != maxTranscript || all[0].By != fmt.Sprint(maxTranscript) {
		t.Errorf("%d actions are kept, the newest is by %s", len(all), all[0].By)
	}
}
