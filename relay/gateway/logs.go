package gateway

import (
	"context"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/logfile"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// Log names one of the logs that Set-TransportService describes.
type Log string

// The logs.
const (
	ReceiveLog Log = "receive" // the protocol log of Receive connectors
	SendLog    Log = "send"    // the protocol log of Send connectors

	ConnectivityLog Log = "connectivity" // the log of connections to next hops

	// TrackingLog is the message tracking log: see package tracking.
	TrackingLog Log = "tracking"
)

// logKind is how a log is written, and which settings of a Service it has.
type logKind struct {
	format   logfile.Format
	settings func(*connector.Service) connector.Log
}

// protocolVersion is that of Exchange's protocol and connectivity logs since 2013.
const protocolVersion = "15.0.0.0"

var logKinds = map[Log]logKind{
	ReceiveLog: {
		logfile.Format{Prefix: "RECV", Type: "SMTP Receive Protocol Log", Version: protocolVersion, Fields: event.LineFields, MaxCell: maxLineCell},
		(*connector.Service).ReceiveProtocolLog,
	},
	SendLog: {
		logfile.Format{Prefix: "SEND", Type: "SMTP Send Protocol Log", Version: protocolVersion, Fields: event.LineFields, MaxCell: maxLineCell},
		(*connector.Service).SendProtocolLog,
	},
	ConnectivityLog: {
		logfile.Format{Prefix: "CONNECTLOG", Type: "Transport Connectivity Log", Version: protocolVersion, Fields: event.ConnectivityFields, MaxCell: maxLineCell},
		(*connector.Service).ConnectivityLog,
	},
	TrackingLog: trackingKind,
}

// maxLineCell is more than the cells of an event.Line or an event.ConnectivityLine have.
const maxLineCell = 2048

// openLogs begins the logs and has the parts write to them. Nothing of it can fail: a log that
// can't be written is an event.
func (g *Gateway) openLogs() {
	g.logs = make(map[Log]*logfile.Log)
	for name, kind := range logKinds {
		kind.format.Name = string(name)
		g.logs[name] = logfile.New(kind.format, g.logSettings(name, g.Config.Policy), func(t logfile.Trouble) { g.reportLog(name, t) })
	}
	if g.Server.ProtocolLog == nil {
		g.Server.ProtocolLog = g.writeLines(ReceiveLog)
	}
	if g.Sender.ProtocolLog == nil {
		g.Sender.ProtocolLog = g.writeLines(SendLog)
	}
	if g.Sender.ConnectivityLog == nil {
		log := g.logs[ConnectivityLog]
		g.Sender.ConnectivityLog = func(l event.ConnectivityLine) { log.Write(l.Cells()...) }
	}
	for _, t := range g.Dispatcher.ByConnector {
		if l, ok := t.(*delivery.LMTP); ok && l.ProtocolLog == nil && l.ConnectivityLog == nil {
			l.ProtocolLog, l.ConnectivityLog = g.Sender.ProtocolLog, g.Sender.ConnectivityLog
		}
	}
}

// makeLogDir makes the base directory, so that only the owner of the data directory, and on
// Windows administrators and the system, can read logs. What fails here fails again when a log is
// written, and is reported then.
func (g *Gateway) makeLogDir() {
	if g.LogDir != "" {
		_ = control.MakeDir(g.LogDir)
	}
}

// writeLines returns a function that writes lines of a protocol log.
func (g *Gateway) writeLines(name Log) func(event.Line) {
	log := g.logs[name]
	return func(l event.Line) { log.Write(l.Cells()...) }
}

// logSettings returns the settings of a log by p.
func (g *Gateway) logSettings(name Log, p *connector.Policy) logfile.Settings {
	l := logKinds[name].settings(p.Service())
	s := logfile.Settings{MaxAge: l.MaxAge, MaxDirSize: bytesOf(l.MaxDirectorySize), MaxFileSize: bytesOf(l.MaxFileSize)}
	dir := filepath.FromSlash(l.Path)
	switch {
	case dir == "":
	case g.LogOutput[name] != nil:
		s.Out = g.LogOutput[name]
	case filepath.IsAbs(dir):
		s.Dir = dir
	case g.LogDir != "":
		s.Dir = filepath.Join(g.LogDir, dir)
	}
	return s
}

// bytesOf returns a limit, 0 for none.
func bytesOf(s param.Size) int64 { return max(int64(s), 0) }

// setLogs makes the logs follow p.
func (g *Gateway) setLogs(p *connector.Policy) {
	for name, log := range g.logs {
		log.Set(g.logSettings(name, p))
	}
	g.tracker.LogSubjects(p.Service().MessageTrackingLog().Subjects)
}

// closeLogs writes the last lines. A log that can't be written has been reported.
func (g *Gateway) closeLogs(ctx context.Context) {
	if g.tracker != nil {
		g.tracker.Close()
	}
	for _, log := range g.logs {
		_ = log.Close(ctx)
	}
}

// reportLog reports that lines of a log begin to be lost, or that they are written again.
func (g *Gateway) reportLog(name Log, t logfile.Trouble) {
	e := event.Event{Kind: event.LogFailed, Detail: string(name), Value: t.Lost, Err: t.Err}
	if t.Err == nil {
		e.Kind = event.LogRestored
	}
	g.Report(context.Background(), e)
}

// LostLogLines returns how many lines of each log were lost since Start, because they could not
// be written; nil before Start.
func (g *Gateway) LostLogLines() map[Log]int64 {
	g.mu.Lock()
	logs := g.logs
	g.mu.Unlock()
	if logs == nil {
		return nil
	}
	lost := make(map[Log]int64, len(logs))
	for name, log := range logs {
		lost[name] = log.Dropped()
	}
	return lost
}
