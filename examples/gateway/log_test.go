package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disk is a file on a disk that is full at times: room is what it takes before that.
type disk struct {
	bytes.Buffer
	room int
}

// Write implements io.Writer.
func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	d.Buffer.Write(p[:n])
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// TestFullLog: lines that a full disk loses are counted, and their number is logged on a
// new line when there is space again.
func TestFullLog(t *testing.T) {
	d := &disk{room: 30}
	logger := newLogger(d, false)
	for range 4 {
		logger.Info("while the disk is full")
	}
	d.room = 1 << 20
	logger.With("id", 1).Info("now")
	logger.Info("later")
	lines := strings.Split(strings.TrimSuffix(d.String(), "\n"), "\n")
	if len(lines) != 4 || !strings.HasSuffix(lines[1], "msg=now id=1") || !strings.HasSuffix(lines[2], `level=ERROR msg="lines of this log were lost" lines=4`) || !strings.HasSuffix(lines[3], "msg=later") {
		t.Errorf("the log is %q", lines)
	}
}

// TestClock: times are in UTC wherever the machine is, as in the protocol log.
func TestClock(t *testing.T) {
	elsewhere := time.Date(2026, 11, 29, 22, 30, 0, 0, time.FixedZone("elsewhere", -5*60*60))
	for _, asJSON := range []bool{false, true} {
		var b bytes.Buffer
		if err := newLogger(&b, asJSON).Handler().Handle(t.Context(), slog.NewRecord(elsewhere, slog.LevelInfo, "now", 0)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "2026-11-30T03:30:00.000Z") && !strings.Contains(b.String(), "2026-11-30T03:30:00Z") {
			t.Errorf("the line is %q", b.String())
		}
	}
}

// TestReaderGone: the reader of a gateway's output goes away, and mail is still accepted.
func TestReaderGone(t *testing.T) {
	site := newSite(t)
	policy, err := os.ReadFile(site.file("policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("policy.json", bytes.Replace(policy, []byte(`"Name": "Relay"`), []byte(`"Name": "Relay", "ProtocolLoggingLevel": "Verbose"`), 1))
	gateway := gatewayProcess("serve", site.file("policy.json"))
	stdout, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := gateway.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	defer gateway.Process.Kill()
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), " msg=ready ") {
	}
	for _, pipe := range []io.Closer{stdout, stderr} {
		if err := pipe.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		c := site.session(site.binding)
		c.Do("MAIL FROM:<dora@example.net>", 250)
		c.Do("RCPT TO:<bob@elsewhere.example>", 550)
		c.Do("QUIT", 221)
	}
	if err := gateway.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := gateway.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
