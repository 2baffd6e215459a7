package connector_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// TestLogs: a Service says for each log where it is, and that a log is off by Enabled or its path.
func TestLogs(t *testing.T) {
	p := compile(t, connector.Config{Services: []connector.Service{{
		ReceiveProtocolLogMaxDirectorySize: param.MB,
		SendProtocolLogPath:                param.Value(""),
		ConnectivityLogEnabled:             param.Value(false),
		MessageTrackingLogMaxAge:           param.Value(time.Duration(0)), MessageTrackingLogMaxDirectorySize: param.UnlimitedSize,
	}}})
	s := p.Service()
	for name, l := range map[string]struct{ got, want connector.Log }{
		"receive":      {s.ReceiveProtocolLog(), connector.Log{Path: "ProtocolLog/SmtpReceive", MaxAge: 720 * time.Hour, MaxDirectorySize: param.MB, MaxFileSize: param.MB}},
		"send":         {s.SendProtocolLog(), connector.Log{MaxAge: 720 * time.Hour, MaxDirectorySize: 250 * param.MB, MaxFileSize: 10 * param.MB}},
		"connectivity": {s.ConnectivityLog(), connector.Log{}},
		"tracking":     {s.MessageTrackingLog(), connector.Log{Path: "MessageTracking", MaxDirectorySize: param.UnlimitedSize, MaxFileSize: 10 * param.MB, Subjects: true}},
	} {
		if l.got != l.want {
			t.Errorf("%s: %+v, want %+v", name, l.got, l.want)
		}
	}
}

// TestWindowsPath: on another system such a path is a warning, and the log is in its default
// directory.
func TestWindowsPath(t *testing.T) {
	for _, path := range []string{`D:\Logs`, `D:/Logs`, `\\server\share`, `Logs\Receive`} {
		p := compile(t, connector.Config{Services: []connector.Service{{ReceiveProtocolLogPath: param.Value(path)}}})
		got, warnings := p.Service().ReceiveProtocolLog().Path, p.Warnings()
		if runtime.GOOS == "windows" {
			if got != path || len(warnings) > 0 {
				t.Errorf("%s: %s, %v", path, got, warnings)
			}
		} else if got != "ProtocolLog/SmtpReceive" || len(warnings) != 1 || warnings[0].Code != connector.CodeLogPath {
			t.Errorf("%s: %s, %v", path, got, warnings)
		}
	}
}
