package console

import (
	"testing"
	"time"
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
