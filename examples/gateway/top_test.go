package main

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// controlled serves stock on a new data directory, and returns that.
func controlled(t *testing.T, stock shelf) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := control.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	listener, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := control.NewServer(listener, stock, stock, slog.New(slog.DiscardHandler))
	server.Status = func(context.Context) control.Status {
		return control.Status{Time: noon, State: control.Serving, Started: noon.Add(-25 * time.Hour), Queue: &control.Queued{Waiting: 813, Sending: 1, Oldest: noon.Add(-time.Hour)},
			Sessions: []control.Sessions{{Connector: "FromInternet", Open: 12}}, Clients: []control.Client{
				{Session: "08DF4EBECEAEEB95", Connector: "FromInternet", Address: "192.0.2.9:4711", User: "kim", Since: noon.Add(-2 * time.Minute), Command: "DATA", At: noon.Add(-3 * time.Second), Messages: 7},
				{Session: "08DF4EBECEAEEB96", Connector: "FromInternet", Address: "192.0.2.10:4712", Since: noon.Add(-time.Minute)},
			}, Traffic: control.Traffic{Accepted: 240, Delivered: 90, Refused: 3, Connections: 17},
			Refused: []control.Refused{{Connector: "FromInternet", Reason: "not-accepted", Count: 7, Last: noon.Add(-3 * time.Second)}}}
	}
	go server.Serve()
	t.Cleanup(server.Close)
	return dir
}

// TestTop: one picture has everything, and machines get it as JSON.
func TestTop(t *testing.T) {
	dir := controlled(t, stocked())
	var out bytes.Buffer
	c := &cli{stdout: &out, stderr: &out, now: func() time.Time { return noon }}
	if code := c.run([]string{"top", "-data", dir}); code != exitOK {
		t.Fatalf("exit %d: %s", code, &out)
	}
	for _, want := range []string{
		"2026-03-01T12:00:00Z  serving for 1d1h\n", "queue: 813 messages waiting, 1 being sent, 0 suspended, oldest 1h0m\n",
		"240 (4.0/s) accepted, 90 (1.5/s) delivered", "3 refusals, 17 connections", "FromInternet  12\n",
		"192.0.2.9:4711   FromInternet  kim   2m0s      7         DATA 3s ago\n", "192.0.2.10:4712  FromInternet  -     1m0s      0         -\nand 10 more\n",
		"Internet contoso.com  812", "suspended by kim", "not-accepted", "3s ago",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &out)
		}
	}
	out.Reset()
	if code := c.run([]string{"top", "-data", dir, "-json"}); code != exitOK || !strings.Contains(out.String(), `"hops": [`) || !strings.Contains(out.String(), `"accepted": 240`) {
		t.Errorf("exit %d: %s", code, &out)
	}
	for _, args := range [][]string{{}, {"-data", dir, "-interval", "1ms"}, {"-data", t.TempDir()}} {
		if code := c.run(append([]string{"top"}, args...)); code != exitInvalid {
			t.Errorf("%q: exit %d", args, code)
		}
	}
}

// TestShellQueues: the cmdlets of the shell show and change the queue of a running gateway.
func TestShellQueues(t *testing.T) {
	dir := controlled(t, stocked())
	script := `Get-Queue | ForEach-Object { "$($_.Identity) $($_.Status) $($_.MessageCount) $($_.DeliveryType)" }
		Get-Message | ForEach-Object { "$($_.Identity) $($_.Status) $($_.FromAddress)" }
		Get-Queue contoso.com | Get-Message | ForEach-Object { $_.LastError }
		Get-Queue contoso.com | Suspend-Queue
		Remove-Message 8N2L3SJ9MRNTK3SN -WithNDR $true
		Resume-Queue ToPartner*`
	var out bytes.Buffer
	c := &cli{stdin: strings.NewReader(script), stdout: &out, stderr: &out, now: func() time.Time { return noon }}
	if code := c.run([]string{"shell", "-server", "ex01.fabrikam.com", "-data", dir}); code != exitNo { // the last one isn't suspended
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{
		`ex01\Internet contoso.com Connecting 812 DnsConnectorDelivery`, `ex01\ToPartner [10.9.9.9] Suspended 2 SmartHostConnectorDelivery`,
		`ex01\Internet contoso.com\2PBDRS2VVRYG4GDR Retry ann@fabrikam.com`, `ex01\Internet example.org\8N2L3SJ9MRNTK3SN Suspended boss@fabrikam.com`,
		"mx.contoso.com: 451 4.7.1 Greylisted, come back later", `"ToPartner [10.9.9.9]" isn't suspended`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &out)
		}
	}
	if strings.Count(out.String(), "mx.contoso.com:") != 1 {
		t.Errorf("more than the messages of one queue:\n%s", &out)
	}
}
