package main

import (
	"encoding/json"
	"net"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// explainedLimits returns the limits of the JSON of explain by name, and why their counters aren't known.
func explainedLimits(t *testing.T, args ...string) (limits map[string]limitJSON, problem string) {
	t.Helper()
	var out struct {
		Limits        []limitJSON
		LimitsProblem string
	}
	text := ranAs(t, exitOK, append([]string{"explain", "-json", "-remote", "127.0.0.1", "-from", "ann@example.net", "-to", "kim@fabrikam.com"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	limits = map[string]limitJSON{}
	for _, l := range out.Limits {
		limits[l.Limit+" "+l.By] = l
	}
	return limits, out.LimitsProblem
}

// TestExplainLimits: explain lists limits with their bounds and, with -data, with the counters of the running gateway.
func TestExplainLimits(t *testing.T) {
	binding := exampletest.Free(t)
	file, data := exampletest.File(t, "policy.json", `{"Receive": [{"Name": "Relay", "Bindings": ["`+binding+`"], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers",
		"MessageRateLimit": 5, "MessageRateSource": "IPAddress", "MaxInboundConnection": 7}],
		"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}], "Send": [{"Name": "Out", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`), filepath.Join(t.TempDir(), "data")
	of := []string{"-config", file, "-local", binding}
	limits, problem := explainedLimits(t, append(of, "-limits")...)
	if l := limits["MessageRateLimit source"]; l.Bound != 5 || l.Window != 60 || l.Key != "127.0.0.1" || l.Value != nil || l.Left != nil || problem != "" {
		t.Errorf("without a gateway: %+v, %q", l, problem)
	}

	s := startServing(t, append(of[:2:2], "-data", data)...)
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	for range 2 {
		c.Do("MAIL FROM:<ann@example.net>", 250)
		c.Do("RSET", 250)
	}
	limits, problem = explainedLimits(t, append(of, "-data", data)...)
	for name, want := range map[string][3]int64{"MessageRateLimit source": {2, 5, 3}, "MaxInboundConnection connector": {1, 7, 6}} {
		if l := limits[name]; l.Value == nil || *l.Value != want[0] || l.Bound != want[1] || *l.Left != want[2] {
			t.Errorf("%s: %+v, want %v; %q", name, l, want, problem)
		}
	}
	if l := limits["MessageRateLimit source"]; l.Until.Before(time.Now()) || l.Until.After(time.Now().Add(time.Minute)) {
		t.Errorf("the minute ends at %v", l.Until)
	}
	if l := limits["MaxHeaderSize message"]; l.Value != nil || l.Bound != 262144 {
		t.Errorf("MaxHeaderSize: %+v", l)
	}
	explain := []string{"explain", "-remote", "127.0.0.1", "-from", "ann@example.net", "-to", "kim@fabrikam.com", "-data", data}
	text := ranAs(t, exitOK, append(explain, of...)...)
	if !regexp.MustCompile(`limits, as they are now:\n(.*\n)+ +MessageRateLimit +5 a minute +2 used, 3 left until [^ ]+ +source 127\.0\.0\.1\n(.*\n)+ +MaxHeaderSize +262144 +for each message\n`).MatchString(text) {
		t.Error(text)
	}
	c.Do("QUIT", 221)
	s.end(t)

	if limits, problem = explainedLimits(t, append(of, "-data", data)...); problem != "no gateway is running on "+data || limits["MessageRateLimit source"].Value != nil {
		t.Errorf("after the gateway has ended: %q, %+v", problem, limits)
	}
	text = ranAs(t, exitOK, append(explain, of...)...)
	if !regexp.MustCompile(`limits without those of other clients, because the counters aren't known: no gateway is running on .*:\n(.*\n)+ +MessageRateLimit +5 a minute +source`).MatchString(text) {
		t.Error(text)
	}
}
