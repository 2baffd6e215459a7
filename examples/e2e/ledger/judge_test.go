package ledger

import (
	"maps"
	"strings"
	"testing"
	"time"
)

// TestJudge: the ledger finds every fault that it is made to find.
func TestJudge(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(seconds int, transaction string, answered bool) *sighting {
		then := noon.Add(time.Duration(seconds) * time.Second)
		return &sighting{transaction: transaction, dot: then, at: then, answered: answered}
	}
	const bob = "bob@fine.example"
	for _, tt := range []struct {
		name    string
		letter  letter
		copies  []*sighting
		reports []*sighting
		waits   bool
		kill    int         // seconds after noon; 0: none
		want    string      // the fault found
		extra   explanation // of one copy too many; unexplained: there is no explanation
		refused int         // seconds after noon, when a hop refuses it; 0: never
		full    int         // seconds after noon, when the disk is full for a second and the gateway ends; 0: never
	}{
		{name: "delivered", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", true)}},
		{name: "reported", letter: letter{acked: "A"}, reports: []*sighting{at(1, "A", true)}},
		{name: "waits", letter: letter{acked: "A"}, waits: true},
		{name: "lost", letter: letter{acked: "A"}, want: "LOST"},
		{name: "not acknowledged", letter: letter{unheard: 1}},
		{name: "refused", letter: letter{refused: true}},
		{name: "refused and delivered", letter: letter{refused: true}, copies: []*sighting{at(1, "A", true)}, want: "though the client was refused"},
		{name: "torn", letter: letter{acked: "A"}, copies: []*sighting{{transaction: "A", at: noon, torn: "short"}}, want: "torn: short"},
		{name: "twice", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", true), at(2, "A", true)}, want: "2 copies"},
		{name: "delivered and reported", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", true)}, reports: []*sighting{at(2, "A", true)}, want: "1 copies and 1 reports"},
		{name: "answer lost", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", false), at(2, "A", true)}, extra: answerLost},
		{name: "answer lost, and twice more", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", false), at(2, "A", true), at(3, "A", true)}, extra: answerLost, want: "3 copies"},
		{name: "under way at a kill", letter: letter{acked: "A"}, copies: []*sighting{at(9, "A", true), at(12, "A", true)}, kill: 10, extra: atKill},
		{name: "long before a kill", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", true), at(12, "A", true)}, kill: 10, want: "2 copies"},
		{name: "both after a kill", letter: letter{acked: "A"}, copies: []*sighting{at(11, "A", true), at(12, "A", true)}, kill: 10, want: "2 copies"},
		{name: "reported twice", letter: letter{acked: "A"}, reports: []*sighting{at(1, "A-1", true), at(2, "A-2", true)}, want: "2 reports"},
		{name: "refused at a kill and again", letter: letter{acked: "A"}, reports: []*sighting{at(11, "A-1", true), at(12, "A-2", true)}, refused: 9, kill: 10, extra: atKill},
		{name: "refused long before a kill", letter: letter{acked: "A"}, reports: []*sighting{at(11, "A-1", true), at(12, "A-2", true)}, refused: 1, kill: 10, want: "2 reports"},
		{name: "delivered, answer lost, and reported", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", false)}, reports: []*sighting{at(2, "A-1", true)}},
		{name: "no room for a note", letter: letter{acked: "A"}, copies: []*sighting{at(10, "A", true), at(12, "A", true)}, full: 10, extra: diskFull},
		{name: "noted long before there was no room", letter: letter{acked: "A"}, copies: []*sighting{at(1, "A", true), at(12, "A", true)}, full: 10, want: "2 copies"},
		{name: "answered late, after a kill", letter: letter{acked: "A"}, copies: []*sighting{at(11, "A", true), {transaction: "A", dot: noon.Add(9 * time.Second), at: noon.Add(12 * time.Second), answered: true}}, kill: 10, extra: atKill},
		{name: "sent again", letter: letter{acked: "B", unheard: 1}, copies: []*sighting{at(1, "A", true), at(2, "B", true)}, extra: clientUnheard},
		{name: "sent again, and once more", letter: letter{acked: "B", unheard: 1}, copies: []*sighting{at(1, "A", true), at(2, "B", true), at(3, "C", true)}, extra: clientUnheard, want: "3 copies"},
		{name: "another transaction without cause", letter: letter{acked: "B"}, copies: []*sighting{at(1, "A", true), at(2, "B", true)}, want: "2 copies"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l ledger
			m := l.compose([]string{bob})
			m.acked, m.refused, m.unheard = tt.letter.acked, tt.letter.refused, tt.letter.unheard
			m.copies[bob], m.reports[bob] = tt.copies, tt.reports
			if tt.refused > 0 {
				m.refusal[bob] = []time.Time{noon.Add(time.Duration(tt.refused) * time.Second)}
			}
			if tt.kill > 0 {
				kill := noon.Add(time.Duration(tt.kill) * time.Second)
				l.kills = []span{{kill, kill}}
			}
			if tt.full > 0 {
				full := noon.Add(time.Duration(tt.full) * time.Second)
				l.full, l.ends = []span{{full, full.Add(time.Second)}}, []span{{full, full.Add(time.Second / 2)}}
			}
			waiting := queued{}
			if tt.waits {
				waiting[0] = []string{bob}
			}
			v := l.judge(waiting)
			if said := strings.Join(v.wrong, "\n"); tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
				t.Errorf("wrong: %q, want %q", said, tt.want)
			}
			delete(v.extra, unexplained)
			if want := map[explanation]int{tt.extra: 1}; len(v.extra) > 0 && !maps.Equal(v.extra, want) || len(v.extra) == 0 && tt.extra != unexplained {
				t.Errorf("%v", v)
			}
		})
	}
	var l ledger
	l.compose([]string{bob})
	l.arrived(0, []string{"eve@fine.example"}, false, noon, "A", "")
	l.arrived(7, []string{bob}, false, noon, "A", "")
	if v := l.judge(nil); len(v.wrong) != 2 {
		t.Errorf("strange messages: %q", v.wrong)
	}
}
