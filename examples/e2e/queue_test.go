//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// startQueueing runs HubA with a queue and short retry intervals. The result runs
// gateway queue on it.
func startQueueing(t *testing.T, s *stage, config ...string) func(args ...string) string {
	t.Helper()
	data := filepath.Join(publicDir(t), "data")
	gateway := startHub(t, s.hub, s.ca, append(config, "-config", "testdata/impatient.json", "-data", data)...)
	return func(args ...string) string {
		t.Helper()
		out, err := s.hub.command(context.Background(), gateway, append([]string{"queue", args[0], "-data", data}, args[1:]...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("gateway queue %v: %v: %s", args, err, out)
		}
		return string(out)
	}
}

// TestNextHopAway: the gateway accepts mail for a Postfix that is down, queues it,
// delivers mail for other next hops, and delivers the queued mail when Postfix is back, by
// itself or after gateway queue retry.
func TestNextHopAway(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, login: true})
	queue := startQueueing(t, s, "-config", "testdata/basic.json")
	s.postfix.stop(t)

	s.fromOffice(t, "carl@example.org").accepted(t)
	s.fromOffice(t, "dave@example.net").accepted(t)
	s.fromOffice(t, "bob@fabrikam.com").accepted(t)
	s.mailboxes.next(t).envelope(t, annUser, "bob@fabrikam.com")

	// It may take a moment until an attempt is known to have failed.
	awaitQueue(t, queue, func(all []waiting) bool { return len(all) == 2 && all[0].Recipients[0].Reply != "" })
	if said := queue("suspend", "-recipient-domain", "example.net"); said != "1 message suspended\n" {
		t.Errorf("suspend: %q", said)
	}
	if said := queue("list"); !strings.Contains(said, "<carl@example.org>  waiting, next try in ") || !strings.Contains(said, "ToInternetGateway "+gatewayName) {
		t.Errorf("list:\n%s", said)
	}
	s.internet.nothing(t)

	s.postfix.start(t)
	s.internet.next(t).envelope(t, annUser, "carl@example.org")
	awaitQueue(t, queue, func(all []waiting) bool { return len(all) == 1 && all[0].Suspended })
	s.internet.nothing(t)
	if said := queue("resume", "-status", "suspended"); said != "1 message resumed\n" {
		t.Errorf("resume: %q", said)
	}
	s.internet.next(t).envelope(t, annUser, "dave@example.net")
	awaitQueue(t, queue, func(all []waiting) bool { return len(all) == 0 })
	s.mailboxes.nothing(t)
}

// waiting is a message of gateway queue list -json.
type waiting struct {
	Suspended  bool
	Recipients []struct{ To, Status, Reply string }
}

// awaitQueue waits until the queue is as expected.
func awaitQueue(t *testing.T, queue func(args ...string) string, ready func([]waiting) bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text := queue("list", "-json")
		var all []waiting
		for dec := json.NewDecoder(strings.NewReader(text)); dec.More(); {
			var m waiting
			if err := dec.Decode(&m); err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
		if ready(all) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the queue stays\n%s", text)
		}
	}
}

// TestReportsLikePostfix compares the delivery reports of the gateway and of Postfix
// about one of two recipients that was refused.
func TestReportsLikePostfix(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, login: true})
	startQueueing(t, s, "-config", "testdata/basic.json")

	s.fromOffice(t, "bob@fabrikam.com,absent@fabrikam.com").accepted(t)
	s.mailboxes.next(t).envelope(t, annUser, "bob@fabrikam.com")
	ours := s.mailboxes.next(t)
	ours.envelope(t, "", annUser)

	s.stranger.swaks(t, "--server", gatewayAddr, "--from", "dora@example.net", "--to", "carl@example.org,absent@example.org",
		"--tls", "--auth", "PLAIN", "--auth-user", gatewayUser, "--auth-password", gatewayPassword).accepted(t)
	s.internet.next(t).envelope(t, "dora@example.net", "carl@example.org")
	theirs := s.internet.next(t)
	theirs.envelope(t, "", "dora@example.net")

	for _, name := range []string{"Final-Recipient", "Action", "Status", "Diagnostic-Code"} {
		field := regexp.MustCompile(`(?mi)^` + name + `: *(.*?)\r?$`)
		a, b := field.FindSubmatch(ours.Data), field.FindSubmatch(theirs.Data)
		if a == nil || b == nil {
			t.Errorf("%s: %q, Postfix: %q", name, a, b)
			continue
		}
		value := bytes.ReplaceAll(a[1], []byte("fabrikam.com"), []byte("example.org"))
		if squeezed(value) != squeezed(b[1]) {
			t.Errorf("%s: %q, Postfix says %q", name, value, b[1])
		}
	}
	for who, m := range map[string]received{"we": ours, "Postfix": theirs} {
		kind := strings.Join(m.fields("Content-Type"), "")
		if !strings.HasPrefix(kind, "multipart/report") || !strings.Contains(kind, "delivery-status") || len(m.fields("Auto-Submitted")) != 1 {
			t.Errorf("%s send no report but %s\n%s", who, kind, m.Data)
		}
	}
	s.mailboxes.nothing(t)
	s.internet.nothing(t)
}

// squeezed returns a field's value with runs of blanks as one.
func squeezed(value []byte) string { return strings.Join(strings.Fields(string(value)), "") }
