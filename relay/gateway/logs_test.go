package gateway_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
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

// pythonCSV prints what Python's csv reads of a log, without the lines that begin with #, as JSON.
const pythonCSV = `import csv, json, sys
lines = [l for l in open(sys.argv[1], encoding="utf-8-sig", newline="") if not l.startswith("#")]
json.dump(list(csv.reader(lines, strict=True)), sys.stdout)
`

// TestOtherReaders: Go's and Python's csv read the same nine values of each line of the protocol logs, whatever a client says.
func TestOtherReaders(t *testing.T) {
	w := &world{t: t}
	w.sink(0)
	cfg := config("fabrikam.com", server+":25")
	for i := range cfg.Receive {
		cfg.Receive[i].ProtocolLoggingLevel = param.LoggingVerbose
	}
	for i := range cfg.Send {
		cfg.Send[i].ProtocolLoggingLevel = param.LoggingVerbose
	}
	g := w.gateway(cfg)
	g.LogDir = t.TempDir()
	w.start(g)
	c := w.session(server + ":25")
	hostile := map[string]string{
		`VRFY a,"b",c`: `VRFY a,"b",c`, `VRFY "`: `VRFY "`, "VRFY \t\x01é": `VRFY \x09\x01\xC3\xA9`, `#Fields: date-time,"`: `#Fields: date-time,"`, "VRFY \\x41": `VRFY \x5Cx41`,
	}
	for line := range hostile {
		c.Send(line)
		c.Reply()
	}
	submit(c, `"a,b"@fabrikam.com`)
	c.Expect(250)
	if err := g.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	received := readBack(t, filepath.Join(g.LogDir, "ProtocolLog", "SmtpReceive", "RECV*-*.LOG"))
	sent := readBack(t, filepath.Join(g.LogDir, "ProtocolLog", "SmtpSend", "SEND*-*.LOG"))
	for line, want := range hostile {
		if !slices.ContainsFunc(received, func(r []string) bool { return r[6] == "<" && r[7] == want }) {
			t.Errorf("the log lacks %q for %q", want, line)
		}
	}
	if !slices.ContainsFunc(sent, func(r []string) bool { return r[6] == ">" && r[7] == `RCPT TO:<"a,b"@fabrikam.com>` }) {
		t.Errorf("the log of Send connectors lacks the recipient: %q", sent)
	}
}

// readBack returns the lines of a protocol log as Go's csv and Python's read them.
func readBack(t *testing.T, pattern string) (records [][]string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, lines, _ := strings.Cut(string(text), "#Fields: "+event.LineFields+"\r\n")
		in := csv.NewReader(strings.NewReader(lines))
		in.FieldsPerRecord = 9
		list, err := in.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, list...)
		python, err := exec.LookPath("python3")
		if err != nil {
			if os.Getenv("INTERCHANGE_E2E") == "1" {
				t.Fatal(err)
			}
			t.Log("there is no python3")
			continue
		}
		var read [][]string
		out, err := exec.Command(python, "-c", pythonCSV, file).Output()
		if err == nil {
			err = json.Unmarshal(out, &read)
		}
		if err != nil || !reflect.DeepEqual(read, list) {
			t.Errorf("Python reads %q, %v; Go %q", read, err, list)
		}
	}
	return records
}
