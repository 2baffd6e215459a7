package delivery_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// connectivity is the connectivity log of a world.
type connectivity struct {
	mu    sync.Mutex
	lines [][]string
}

// logConnectivity has the connectivity log written.
func (w *world) logConnectivity() *connectivity {
	log := new(connectivity)
	w.sender.ConnectivityLog = func(l event.ConnectivityLine) {
		log.mu.Lock()
		defer log.mu.Unlock()
		log.lines = append(log.lines, l.Cells())
	}
	return log
}

// expect compares the log without times: lines of "N destination direction description", where N
// is the number of the session. A description may go on.
func (log *connectivity) expect(t *testing.T, want ...string) {
	t.Helper()
	log.mu.Lock()
	defer log.mu.Unlock()
	var text strings.Builder
	out := csv.NewWriter(&text)
	if err := out.WriteAll(log.lines); err != nil {
		t.Fatal(err)
	}
	lines := log.lines
	sessions := map[string]string{}
	for i, l := range lines {
		if sessions[l[1]] == "" {
			sessions[l[1]] = string(rune('1' + len(sessions)))
		}
		got := strings.Join([]string{sessions[l[1]], l[3], l[4], l[5]}, " ")
		if i >= len(want) || !strings.HasPrefix(got, want[i]) || l[2] != "out" || len(l[1]) != 16 {
			t.Errorf("line %d: %q", i, l)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d lines, want %d:\n%s", len(lines), len(want), &text)
	}
}

// TestConnectivityLog: a host that refuses the call, one that takes two messages on one
// connection, and a domain that doesn't exist.
func TestConnectivityLog(t *testing.T) {
	c := toHosts()
	w := newWorld(t, c)
	log := w.logConnectivity()
	w.dns.AddMX("fabrikam.com", 10, "mx1.fabrikam.com")
	w.dns.AddMX("fabrikam.com", 20, "mx2.fabrikam.com")
	w.dns.AddHost("mx1.fabrikam.com", addr("192.0.2.1"))
	w.dns.AddHost("mx2.fabrikam.com", addr("192.0.2.2"))
	w.sink("192.0.2.2:25", &relaytest.Sink{})
	expect(t, "first", w.send("b@fabrikam.com"), "ok")
	expect(t, "second", w.send("b@fabrikam.com"), "ok")
	expect(t, "unknown", w.send("b@unknown.example"), "550")
	w.sender.Close()
	log.expect(t,
		"1 fabrikam.com + DnsConnectorDelivery fabrikam.com",
		"1 fabrikam.com > mx1.fabrikam.com[192.0.2.1], mx2.fabrikam.com[192.0.2.2]",
		"1 fabrikam.com > Failed connection to 192.0.2.1:25 (connection refused)",
		"1 fabrikam.com > Established connection to 192.0.2.2:25 (mx2.fabrikam.com)",
		"2 unknown.example + DnsConnectorDelivery unknown.example",
		"2 unknown.example > No address: ",
		"2 unknown.example - Messages: 0 Bytes: 0 (",
		"1 fabrikam.com - Messages: 2 Bytes: ",
	)
}

// TestConnectivityLogWithoutAddresses: hosts that repeat a recipient or the user in what they say
// don't get it into the log.
func TestConnectivityLogWithoutAddresses(t *testing.T) {
	begin := []string{"220 mx\r\n", ">EHLO", "250 mx\r\n", ">MAIL", "250 ok\r\n", ">RCPT"}
	for name, tc := range map[string]struct {
		script  []string
		reasons []string
	}{
		"a refusal": {append(begin[:6:6], "421 4.3.2 <b@fabrikam.com> later\r\n"), []string{
			"Established connection to 192.0.2.1:25 (192.0.2.1)", "Messages: 0 Bytes: 0 (RCPT: 421 4.3.2)"}},
		"not a reply": {append(begin[:6:6], `b@fabrikam.com "hub\" "secret`+"\r\n"), []string{
			"Established connection to 192.0.2.1:25 (192.0.2.1)", "Messages: 0 Bytes: 0 (RCPT: malformed reply: <redacted>)"}},
		"a greeting": {[]string{"554 b@fabrikam.com hub\r\n"}, []string{
			"Failed connection to 192.0.2.1:25 (greeting: 554)", "Messages: 0 Bytes: 0 (greeting: 554)"}},
		"a greeting that is not a reply": {[]string{"b@fabrikam.com hub\r\n"}, []string{
			"Failed connection to 192.0.2.1:25 (greeting: malformed reply: <redacted>)", "Messages: 0 Bytes: 0 (greeting: malformed reply: <redacted>)"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, toHosts("192.0.2.1"))
			log := w.logConnectivity()
			w.hop("192.0.2.1:25", tc.script)
			w.send("b@fabrikam.com")
			w.sender.Close()
			want := []string{"1 192.0.2.1 + SmartHostConnectorDelivery [192.0.2.1]"}
			for i, reason := range tc.reasons {
				want = append(want, "1 192.0.2.1 "+[]string{"> ", "- "}[i]+reason)
			}
			log.expect(t, want...)
		})
	}
}

// TestConnectivityLogOfLogon: both logs have the same ID for each connection, and neither has the
// credentials. A host that has refused the logon is left alone, with the reason.
func TestConnectivityLogOfLogon(t *testing.T) {
	w, protocol := logged(t, auth.BasicAuth, param.LoggingVerbose)
	log := w.logConnectivity()
	expect(t, "sent", w.send("b@fabrikam.com"), "ok")
	w.sender.Close()
	log.expect(t,
		"1 smtp.example + SmartHostConnectorDelivery smtp.example",
		"1 smtp.example > smtp.example[192.0.2.1]",
		"1 smtp.example > Established connection to 192.0.2.1:587 (smtp.example, TLS 1.3)",
		"1 smtp.example - Messages: 1 Bytes: ",
	)
	if id := log.lines[0][1]; !strings.Contains(protocol.String(), ",out,"+id+",0,") {
		t.Errorf("the protocol log lacks the session %s:\n%s", id, protocol)
	}

	c := credentialed("192.0.2.2", auth.BasicAuth)
	w = newWorld(t, c)
	log = w.logConnectivity()
	w.sink("192.0.2.2:25", &relaytest.Sink{Users: map[string]string{"hub": "another"}, InsecureAuth: true,
		Script: refuse(relaytest.StageAuth, "", "535 5.7.8 hub "+password)})
	w.send("b@fabrikam.com")
	w.send("b@fabrikam.com")
	log.expect(t,
		"1 192.0.2.2 + SmartHostConnectorDelivery [192.0.2.2]",
		"1 192.0.2.2 > Failed connection to 192.0.2.2:25 (AUTH: 535 5.7.8)",
		"1 192.0.2.2 - Messages: 0 Bytes: 0 (AUTH: 535 5.7.8)",
		"2 192.0.2.2 + SmartHostConnectorDelivery [192.0.2.2]",
		"2 192.0.2.2 - Messages: 0 Bytes: 0 (left alone until ",
	)
	for _, l := range log.lines {
		if text := strings.Join(l, " "); strings.Contains(text, password) || strings.Contains(text, "hub") {
			t.Errorf("credentials: %q", l)
		}
	}
}

// TestConnectivityLogCountsBytes: a message that is longer than its beginning in memory counts
// with all of its bytes.
func TestConnectivityLogCountsBytes(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	log := w.logConnectivity()
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	env := envelopeTo("b@fabrikam.com")
	if _, err := w.handOver(t.Context(), "b@fabrikam.com", env, strings.NewReader(letter+strings.Repeat("0123456789\r\n", 10_000))); err != nil {
		t.Fatal(err)
	}
	w.sender.Close()
	if got := sink.Messages(); len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	log.expect(t,
		"1 192.0.2.1 + SmartHostConnectorDelivery [192.0.2.1]",
		"1 192.0.2.1 > Established connection to 192.0.2.1:25 (192.0.2.1)",
		fmt.Sprintf("1 192.0.2.1 - Messages: 1 Bytes: %d (this server stops sending)", len(sink.Messages()[0].Data)),
	)
}

// TestConnectivityLogOfOpen: a connection for another client ends in the log where that goes on.
func TestConnectivityLogOfOpen(t *testing.T) {
	w := newWorld(t, toHosts("gw.fabrikam.com"))
	log := w.logConnectivity()
	w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"), addr("192.0.2.2"))
	w.sink("192.0.2.2:25", &relaytest.Sink{})
	for out := range w.policy.Send() {
		conn, err := w.sender.Open(t.Context(), out, routing.Domain{})
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	log.expect(t,
		"1 gw.fabrikam.com + SmartHostConnectorDelivery gw.fabrikam.com",
		"1 gw.fabrikam.com > gw.fabrikam.com[192.0.2.1 192.0.2.2]",
		"1 gw.fabrikam.com > Failed connection to 192.0.2.1:25 (connection refused)",
		"1 gw.fabrikam.com > Established connection to 192.0.2.2:25 (gw.fabrikam.com)",
		"1 gw.fabrikam.com - Messages: 0 Bytes: 0 (another client goes on)",
	)
}
