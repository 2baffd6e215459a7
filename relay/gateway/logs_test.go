package gateway_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// TestConnectivityLog: the connectivity log is in files of Exchange's form whatever
// ProtocolLoggingLevel says, and a reload turns it off.
func TestConnectivityLog(t *testing.T) {
	w := &world{t: t}
	w.sink(0)
	cfg := config("fabrikam.com", server+":25")
	g := w.gateway(cfg)
	g.LogDir = t.TempDir()
	w.start(g)
	c := w.session(server + ":25")
	submit(c, "b@fabrikam.com")
	c.Expect(250)

	off := cfg
	off.Services = append(off.Services[:0:0], off.Services...)
	service := *g.Config.Policy.Service()
	service.ConnectivityLogEnabled = param.Value(false)
	off.Services = append(off.Services, service)
	if err := g.Reload(gateway.Config{Policy: compile(t, off)}); err != nil {
		t.Fatal(err)
	}
	c = w.session(server + ":25")
	submit(c, "b@fabrikam.com")
	c.Expect(250)
	if err := g.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(g.LogDir, "Connectivity", "CONNECTLOG*-*.LOG"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	header, lines, _ := strings.Cut(string(text), "#Fields: "+event.ConnectivityFields+"\r\n")
	if !strings.Contains(header, "#Log-type: Transport Connectivity Log\r\n") {
		t.Errorf("header: %s", header)
	}
	records, err := csv.NewReader(strings.NewReader(lines)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	directions := ""
	for _, r := range records {
		directions += r[4]
		if r[2] != "ToMailboxes" || r[3] != mailboxes {
			t.Errorf("%q", r)
		}
	}
	if !strings.HasPrefix(directions, "+>") || strings.Count(directions, "+") != 1 {
		t.Errorf("%s:\n%s", directions, text)
	}
}
