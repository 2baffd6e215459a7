//go:build linux

package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// node is one of the two gateways behind the load balancer.
type node struct {
	recipe
	host *host
	*serving
}

// TestRecipeLoadBalancer: two gateways behind HAProxy. One is drained, then one is killed with mail on its queue: clients always
// reach a gateway, and every message arrives once.
func TestRecipeLoadBalancer(t *testing.T) {
	s := newSite(t, "load-balancer.md")
	var away atomic.Bool
	mail := &mailbox{sink: &relaytest.Sink{Script: func(stage relaytest.Stage, _ string) string {
		if stage == relaytest.StageMail && away.Load() {
			return "451 4.3.0 Try later"
		}
		return ""
	}}}
	go mail.sink.Serve(s.store.listen(t, recipeStore+":25"))
	t.Cleanup(func() { mail.sink.Close() })
	nodes := []*node{s.node(t, "node1", "10.1.1.6"), s.node(t, "node2", "10.1.1.7")}
	said := s.haproxy(t)
	send := s.command(t, "swaks")
	scans := func(subjects ...string) {
		t.Helper()
		for _, subject := range subjects {
			s.run(t, s.scanner, "", strings.Replace(send, "Subject: scan", "Subject: "+subject, 1)).accepted(t)
		}
	}

	if a, b := nodes[0].policy(t), nodes[1].policy(t); a != b {
		t.Errorf("the policies %s and %s differ", a, b)
	}
	scans("1", "2", "3", "4")
	arrive(t, mail, "1", "2", "3", "4")
	before := awaitReceived(t, nodes, 4)
	if slices.Contains(before, 0) {
		t.Errorf("the nodes have accepted %d messages", before)
	}
	s.run(t, s.modern, "", send).refused(t, "550 5.7.54")

	drained := nodes[0]
	drained.succeeds(t, drained.host, s.command(t, "echo"))
	drained.succeeds(t, drained.host, s.command(t, "gateway reload"))
	scans("5", "6") // HAProxy may not know yet
	await(t, said, "Server smtp/node1 is DOWN, reason: Layer7 wrong status, code: 503")
	scans("7", "8")
	arrive(t, mail, "5", "6", "7", "8")
	if text := drained.succeeds(t, drained.host, s.command(t, "gateway queue hops")); strings.Contains(text, "waiting") {
		t.Errorf("mail waits: %s", text)
	}
	if after := awaitReceived(t, nodes, 8); after[0] != before[0] {
		t.Errorf("the drained node has accepted %d messages", after[0]-before[0])
	}
	if err := os.WriteFile(filepath.Join(drained.dir, "policy.ps1"), s.read(t, "policy.ps1"), 0o600); err != nil {
		t.Fatal(err)
	}
	drained.succeeds(t, drained.host, s.command(t, "gateway reload"))
	await(t, said, "Server smtp/node1 is UP")

	away.Store(true)
	scans("9", "10", "11", "12")
	lost := nodes[1]
	for _, n := range nodes {
		n.awaitTried(t)
	}
	lost.end(syscall.SIGKILL)
	scans("13", "14")
	away.Store(false)
	lost.serving = lost.start(t, lost.host)
	for _, n := range nodes {
		n.succeeds(t, n.host, s.command(t, "gateway queue retry"))
	}
	arrive(t, mail, "9", "10", "11", "12", "13", "14")
	mail.nothing(t)
}

// node starts a gateway of the recipe.
func (s *site) node(t *testing.T, name, address string) *node {
	t.Helper()
	n := &node{recipe: s.copied(t), host: s.net.host(t, name, address)}
	n.succeeds(t, n.host, s.command(t, "gateway check"))
	n.serving = n.start(t, n.host)
	return n
}

// policy returns the fingerprint that gateway status prints.
func (n *node) policy(t *testing.T) string {
	t.Helper()
	text := n.succeeds(t, n.host, n.command(t, "gateway status"))
	m := regexp.MustCompile(`(?m)^policy +(\S+) `).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no fingerprint:\n%s", text)
	}
	return m[1]
}

// awaitReceived waits until the nodes have accepted n messages together, by their message tracking logs, and returns how many
// each of them has.
func awaitReceived(t *testing.T, nodes []*node, n int) []int {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		all, each := 0, make([]int, len(nodes))
		for i, n := range nodes {
			each[i] = len(tracked(t, filepath.Join(n.dir, "queue"), tracking.Receive))
			all += each[i]
		}
		if all == n {
			return each
		}
		if time.Now().After(end) {
			t.Fatalf("the nodes have accepted %d messages, want %d together", each, n)
		}
	}
}

// awaitTried waits until each message on the node's queue has been tried.
func (n *node) awaitTried(t *testing.T) {
	t.Helper()
	awaitQueue(t, func(args ...string) string {
		return n.succeeds(t, n.host, "gateway queue "+strings.Join(args, " ")+" -data queue")
	}, func(all []waiting) bool {
		return len(all) > 0 && !slices.ContainsFunc(all, func(w waiting) bool { return w.Recipients[0].Reply == "" })
	})
}

// haproxy runs the recipe's HAProxy, and returns the lines that it says.
func (s *site) haproxy(t *testing.T) <-chan string {
	t.Helper()
	fields := strings.Fields(s.command(t, "haproxy"))
	cmd := s.gateway.command(t.Context(), fields[0], fields[1:]...)
	cmd.Dir = s.dir
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1000)
	go func() {
		defer close(said)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		for range said {
		}
		cmd.Wait()
	})
	// It says nothing when its port is open.
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if d := s.run(t, s.scanner, "", "swaks --quit-after EHLO --server "+recipeName); d.exit == 0 {
			return said
		} else if time.Now().After(end) {
			t.Fatalf("HAProxy doesn't serve:\n%s", d.text)
		}
	}
}

// await waits until a text is said.
func await(t *testing.T, said <-chan string, text string) {
	t.Helper()
	var all []string
	for end := time.After(30 * time.Second); ; {
		select {
		case line, ok := <-said:
			if strings.Contains(line, text) {
				return
			}
			if all = append(all, line); ok {
				continue
			}
		case <-end:
		}
		t.Fatalf("nothing says %q:\n%s", text, strings.Join(all, "\n"))
	}
}

// arrive waits for messages with these subjects from the scanner, in any order.
func arrive(t *testing.T, mail *mailbox, subjects ...string) {
	t.Helper()
	var got []string
	for range subjects {
		m := mail.next(t)
		got = append(got, strings.Join(m.fields("Subject"), " "))
		if hop := m.fields("Received"); len(hop) != 1 || !strings.Contains(hop[0], "["+recipeScanner+"]") {
			t.Errorf("Received is %q", hop)
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(subjects)); !slices.Equal(got, want) {
		t.Errorf("these arrived: %q, want %q", got, want)
	}
}
