package ledger

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How much more than after the warm-up the gateway may have when it is calm again. The warm-up has filled the
// tables by source, whose sizes are bounded, so that nothing has a reason to grow, except that the queue keeps up
// to 64 goroutines for further deliveries, and that the runtime and files that change with the hour need some.
// Beside the end-to-end tests the soak has some 7000 sessions: a goroutine that stays in one of a hundred is found, a
// file descriptor in one of a thousand, and a kilobyte of memory in each.
const (
	moreGoroutines  = 64 + 5
	moreDescriptors = 5
	moreMemory      = 6 << 20
)

// gauges are values of the gateway's metrics.
type gauges map[string]float64

const (
	goroutines  = "go_goroutines"
	descriptors = "process_open_fds"
	sessions    = "interchange_sessions"
	nextGC      = "go_memstats_next_gc_bytes" // twice the memory that was in use at the last collection
	collections = "go_gc_duration_seconds_count"
	resident    = "process_resident_memory_bytes"
	lostLines   = "interchange_log_dropped_total"
	panics      = "interchange_panics_total"
)

func (g gauges) memory() float64 { return g[nextGC] / 2 }

func (g gauges) String() string {
	return fmt.Sprintf("%v goroutines, %v file descriptors, %.1f MB of memory in use, %.1f MB resident, %v sessions",
		g[goroutines], g[descriptors], g.memory()/1e6, g[resident]/1e6, g[sessions])
}

// grown says what there is more of than before.
func (g gauges) grown(before gauges) (all []string) {
	for _, limit := range []struct {
		what       string
		is, was, m float64
	}{
		{"goroutines", g[goroutines], before[goroutines], moreGoroutines},
		{"file descriptors", g[descriptors], before[descriptors], moreDescriptors},
		{"bytes of memory", g.memory(), before.memory(), moreMemory},
		{"open sessions", g[sessions], before[sessions], 0},
	} {
		if limit.is > limit.was+limit.m {
			all = append(all, fmt.Sprintf("%.0f %s, after the warm-up %.0f", limit.is, limit.what, limit.was))
		}
	}
	return all
}

// calm waits until the gateway has ended what it does for clients that are gone, and returns its gauges then:
// when they haven't grown since before or, if before is nil, when they don't fall any more.
func (s *soak) calm(before gauges) (now gauges) {
	s.t.Helper()
	low, same := s.read(), 0
	for end := time.Now().Add(settling); time.Now().Before(end); time.Sleep(time.Second / 5) {
		now = s.read()
		if before != nil {
			if now[nextGC] = before[nextGC]; len(now.grown(before)) == 0 {
				break
			}
			continue
		}
		same++
		if now[goroutines] < low[goroutines] || now[descriptors] < low[descriptors] || now[sessions] < low[sessions] {
			low, same = now, 0
		}
		if same > 20 && now[sessions] == 0 {
			break
		}
	}
	return s.collected()
}

// collected returns the gauges after two more collections of garbage, which reading them makes necessary.
func (s *soak) collected() gauges {
	s.t.Helper()
	for first := s.read(); ; {
		if now := s.read(); now[collections] >= first[collections]+2 {
			return now
		}
	}
}

// read reads the gauges. Those with labels are added up; how often a limit was reached is under its name, too.
func (s *soak) read() gauges {
	s.t.Helper()
	resp, err := http.Get("http://" + s.site.metrics + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	g := gauges{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		line := lines.Text()
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' {
			continue
		}
		n, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			s.t.Fatalf("%s: %v", line, err)
		}
		name, labels, _ := strings.Cut(line[:i], "{")
		g[name] += n
		if _, limit, ok := strings.Cut(labels, `limit="`); ok {
			g[strings.TrimSuffix(limit, `"}`)] += n
		}
	}
	if lines.Err() != nil || g[goroutines] == 0 || g[descriptors] == 0 {
		s.t.Fatalf("metrics: %v, %v", g, lines.Err())
	}
	return g
}

// hits fails the test unless the hostile clients have met the limits that are made for them, and no
// connection has ended by a fault of the gateway.
func (s *soak) hits(g gauges) {
	s.t.Helper()
	for _, limit := range []string{"MaxInboundConnectionPerSource", "MaxProtocolErrors", "MaxLogonFailures", "CommandsWithoutEffect", "ConnectionTimeout", "ConnectionInactivityTimeout", "MaxMessageSize"} {
		if g[limit] == 0 {
			s.t.Errorf("the limit %s was never reached", limit)
		}
	}
	if g[panics] > 0 || g[lostLines] > 0 {
		s.t.Errorf("%v panics, and %v lines of logs that could not be written", g[panics], g[lostLines])
	}
}
