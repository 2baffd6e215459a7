package ledger

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/tracking"
)

// traces is how many messages gateway trace is asked about.
const traces = 5

// checkTracking fails the test unless the message tracking log has the reception of every acknowledged letter
// with all its recipients, and what became of each.
func (s *soak) checkTracking() {
	s.t.Helper()
	files, err := tracking.Open(filepath.Join(s.gateway.data, "logs", "MessageTracking"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("message tracking log: %d files, %v", len(files), err)
	}
	received, ended := map[string][]string{}, map[string][]string{} // recipients by the number of the message
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			s.t.Fatal(err)
		}
		for row, err := range tracking.Read(f) {
			if err != nil {
				s.t.Errorf("%s: %v", name, err)
				continue
			}
			switch row.EventId {
			case tracking.Receive:
				received[row.InternalMessageId] = append(received[row.InternalMessageId], row.Recipients...)
			case tracking.Send, tracking.Fail:
				ended[row.InternalMessageId] = append(ended[row.InternalMessageId], row.Recipients...)
			}
		}
		f.Close()
	}
	missing := 0
	for _, m := range s.ledger.letters {
		if m.acked == "" {
			continue
		}
		id := tracking.InternalID(m.acked)
		for _, to := range m.to {
			if !slices.Contains(received[id], to) || !slices.Contains(ended[id], to) {
				if missing++; missing <= 10 {
					s.t.Errorf("tracking of message %d (%s) to %s: received for %v, ended for %v", m.number, m.acked, to, received[id], ended[id])
				}
			}
		}
	}
	if missing > 10 {
		s.t.Errorf("and %d more", missing-10)
	}
}

// checkTraces fails the test unless gateway trace finds some of the letters.
func (s *soak) checkTraces() {
	s.t.Helper()
	asked := 0
	for _, i := range s.rng.Perm(len(s.ledger.letters)) {
		m := s.ledger.letters[i]
		if m.acked == "" {
			continue
		}
		if asked++; asked > traces {
			return
		}
		out, err := s.gateway.command("trace", "-data", s.gateway.data, "-id", m.acked, "-json").Output()
		if err != nil || !json.Valid(out) {
			s.t.Errorf("trace of message %d (%s): %v, %.200s", m.number, m.acked, err, out)
		}
	}
}

// checkProtocolLogs fails the test unless the protocol logs of Receive connectors are CSV, and gateway replay
// judges them without a malformed line.
func (s *soak) checkProtocolLogs() {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.gateway.data, "logs", "ProtocolLog", "SmtpReceive", "RECV*.LOG"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("protocol logs: %q, %v", files, err)
	}
	slices.SortFunc(files, func(a, b string) int { // RECVyyyymmddhh-n.LOG
		hourA, _, _ := strings.Cut(filepath.Base(a), "-")
		hourB, _, _ := strings.Cut(filepath.Base(b), "-")
		return cmp.Or(cmp.Compare(hourA, hourB), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	for _, name := range files {
		readCSV(s.t, name)
	}
	cmd := s.gateway.command(append([]string{"replay", "-json", "-users", s.site.users, "-config", s.gateway.config}, files...)...)
	cmd.Stderr = s.gateway.log
	out, _ := cmd.Output() // the exit code says whether something differs
	var report struct {
		MalformedLines, Alike, Different int64
		Malformed                        []any
	}
	if err := json.Unmarshal(out, &report); err != nil {
		s.t.Fatalf("replay: %v: %.300s", err, out)
	}
	s.t.Logf("replay: %d sessions are alike, %d differ", report.Alike, report.Different)
	if report.MalformedLines > 0 || report.Alike == 0 {
		s.t.Errorf("replay: %d malformed lines, %d sessions alike: %.5v", report.MalformedLines, report.Alike, report.Malformed)
	}
}

// readCSV reads a log as any reader of CSV does.
func readCSV(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.FieldsPerRecord, r.ReuseRecord = '#', 9, true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}
