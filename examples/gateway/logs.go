package main

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/relay/gateway"
)

// logFlags say where the logs of Set-TransportService go.
type logFlags struct {
	dir    string // of the files; "": logs beneath -data, or no files without -data
	stdout string // the log that standard output gets; "": see onStdout
}

// noLog is the value of -log-stdout for no log.
const noLog = "none"

// logNames are the values of -log-stdout.
var logNames = []string{string(gateway.ReceiveLog), string(gateway.SendLog), string(gateway.ConnectivityLog), string(gateway.TrackingLog), noLog}

func (f *logFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.dir, "logs", "", "write protocol logs and the other logs of Set-TransportService to directories in `DIR` (default: logs in -data; no files without -data)")
	fs.Func("log-stdout", "write the log `NAME` to standard output in place of files: "+strings.Join(logNames, ", ")+" (default: receive without -data, -logs and -log, else none)", func(s string) error {
		if !slices.Contains(logNames, s) {
			return fmt.Errorf("give one of %[2]s, not %[1]q", s, strings.Join(logNames, ", "))
		}
		f.stdout = s
		return nil
	})
}

// logDir returns the base directory of logs; "": files are not written.
func (f *serveFlags) logDir() string {
	if f.logs.dir == "" && f.data != "" {
		return filepath.Join(f.data, "logs")
	}
	return f.logs.dir
}

// onStdout returns the log that standard output gets; "": it gets none. The built-in
// demonstration prints mail there.
func (f *serveFlags) onStdout() gateway.Log {
	switch {
	case f.logs.stdout == noLog, f.logs.stdout == "" && (f.logDir() != "" || f.log != "" || len(f.files) == 0):
		return ""
	case f.logs.stdout == "":
		return gateway.ReceiveLog
	}
	return gateway.Log(f.logs.stdout)
}

// setLogs tells the gateway where the logs go.
func (r *relayProcess) setLogs() {
	r.gateway.LogDir = r.flags.logDir()
	if name := r.flags.onStdout(); name != "" {
		r.gateway.LogOutput = map[gateway.Log]io.Writer{name: r.cli.stdout}
	}
}
