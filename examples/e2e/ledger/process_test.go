package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// gateway is the program under test, which is started and ended many times.
type gateway struct {
	t      *testing.T
	binary string
	prefix []string // of the command: where it is run
	data   string
	config string // the file of its policy
	args   []string
	cmd    *exec.Cmd
	log    *os.File
	done   chan error
}

// newGateway returns a gateway that isn't started yet, with its policy in dir.
func newGateway(t *testing.T, dir, data string, hops []*hop, hold, first string) *gateway {
	t.Helper()
	g := &gateway{t: t, binary: build(t, ""), data: data}
	g.config = filepath.Join(dir, "policy.json")
	g.write(policy(hops, hold, first))
	g.args = []string{"-config", g.config, "-data", data}
	for _, h := range hops {
		g.args = append(g.args, "-connect-to", "hop."+h.domain+":25:"+h.address)
	}
	var err error
	if g.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if g.cmd != nil {
			g.kill()
		}
		g.log.Close()
		if t.Failed() {
			t.Logf("the gateway said in the end:\n%s", tail(g.log.Name()))
		}
	})
	return g
}

// policy accepts everything at two addresses, of which one delivers while the client
// waits and the other queues first. It has short retry intervals. further are more Receive connectors.
func policy(hops []*hop, hold, first string, further ...string) string {
	receive := func(name, address, delay string) string {
		return fmt.Sprintf(`{"Name": %q, "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "MaxAcknowledgementDelay": %q,
			"PermissionGroups": "AnonymousUsers", "TarpitInterval": "00:00:00", "MaxProtocolErrors": "Unlimited", "MaxInboundConnectionPerSource": "Unlimited", "MaxInboundConnectionPercentagePerSource": 100,
			"Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]}`, name, address, delay)
	}
	var send []string
	for _, h := range hops {
		send = append(send, fmt.Sprintf(`{"Name": "To %[1]s", "AddressSpaces": [%[1]q], "SmartHosts": ["hop.%[1]s"]}`, h.domain))
	}
	return fmt.Sprintf(`{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
		"Services": [{"MaxConnectionRatePerMinute": 1000000, "QueueGlitchRetryCount": 1, "QueueGlitchRetryInterval": "00:00:01", "TransientFailureRetryCount": 1,
			"TransientFailureRetryInterval": "00:00:01", "OutboundConnectionFailureRetryInterval": "00:00:01", "MessageRetryInterval": "00:00:01"}],
		"Receive": [%s], "Send": [%s]}`,
		strings.Join(append(further, receive("Hold", hold, "00:00:00.5"), receive("Queue first", first, "00:00:00")), ",\n"), strings.Join(send, ",\n"))
}

// write replaces the gateway's policy.
func (g *gateway) write(policy string) {
	g.t.Helper()
	if err := os.WriteFile(g.config, []byte(policy), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// signal sends the gateway a signal.
func (g *gateway) signal(s os.Signal) {
	g.t.Helper()
	if err := g.cmd.Process.Signal(s); err != nil {
		g.t.Fatal(err)
	}
}

// said waits until the gateway has logged text n times.
func (g *gateway) said(what string, times int) {
	g.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(g.log.Name()); err == nil && strings.Count(string(text), what) >= times {
			return
		}
	}
	g.t.Fatalf("the gateway never said %q %d times:\n%s", what, times, tail(g.log.Name()))
}

func (g *gateway) command(args ...string) *exec.Cmd {
	line := append(append(g.prefix[:len(g.prefix):len(g.prefix)], g.binary), args...)
	return exec.Command(line[0], line[1:]...)
}

// start starts the gateway and waits until it is ready.
func (g *gateway) start() {
	g.t.Helper()
	g.cmd = g.command(append([]string{"serve"}, g.args...)...)
	g.cmd.Stderr = g.log
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	ready := false
	for !ready && lines.Scan() {
		ready = lines.Text() == "gateway: ready"
	}
	g.done = make(chan error, 1)
	go func() {
		io.Copy(io.Discard, out)
		g.done <- g.cmd.Wait()
	}()
	if !ready {
		g.cmd = nil
		g.t.Fatalf("the gateway ends before it is ready: %v\n%s", <-g.done, tail(g.log.Name()))
	}
}

// kill ends the gateway as a crash does.
func (g *gateway) kill() {
	g.cmd.Process.Kill() // it may have ended by itself
	<-g.done
	g.cmd = nil
}

// stop shuts the gateway down.
func (g *gateway) stop() {
	g.t.Helper()
	g.signal(syscall.SIGTERM)
	if err := <-g.done; err != nil {
		g.t.Fatalf("after SIGTERM: %v\n%s", err, tail(g.log.Name()))
	}
	g.cmd = nil
}

// queue runs gateway queue.
func (g *gateway) queue(args ...string) []byte {
	g.t.Helper()
	var stderr bytes.Buffer
	cmd := g.command(append([]string{"queue", args[0], "-data", g.data}, args[1:]...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 { // the queue may be empty
		g.t.Fatalf("gateway queue %v: %v: %s", args, err, &stderr)
	}
	return out
}

// waiting returns the messages on the queue whose outcome is not known yet, and
// how many recipients of them wait for a next hop.
func (g *gateway) waiting() (all queued, reachable int) {
	g.t.Helper()
	all = queued{}
	dec := json.NewDecoder(bytes.NewReader(g.queue("list", "-json")))
	for dec.More() {
		var m struct {
			From       string
			Report     bool
			Recipients []struct {
				To, Status string
				Reported   bool
			}
		}
		if err := dec.Decode(&m); err != nil {
			g.t.Fatal(err)
		}
		for _, r := range m.Recipients {
			if r.Status == "delivered" || r.Reported {
				continue // it is done
			}
			if !nowhere(r.To) {
				reachable++
			}
			letter, to := m.From, r.To
			if m.Report {
				letter, to = r.To, onReport
			}
			if found := senderAddress.FindStringSubmatch(letter); found != nil {
				number, _ := strconv.Atoi(found[1]) // digits
				all[number] = append(all[number], to)
			}
		}
	}
	return all, reachable
}

// tail returns the end of a file.
func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}
