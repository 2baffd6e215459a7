package connector

import (
	"time"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
)

// Log says where a log of a Service is and how much of it is kept. Package connector only
// holds it; package gateway writes the logs.
type Log struct {
	// Path is the directory, absolute or relative to the base directory of all logs, as the
	// administrator wrote it; "": the log isn't written.
	// A path of Windows on another system is replaced by the default.
	Path             string
	MaxAge           time.Duration // files older than that are removed; 0: none is too old
	MaxDirectorySize param.Size    // bytes of all files; UnlimitedSize: no limit
	MaxFileSize      param.Size    // bytes of one file; UnlimitedSize: no limit
	Subjects         bool          // of messages are written; of the message tracking log
}

// ReceiveProtocolLog returns the settings of the protocol log of Receive connectors. Like those
// of the other logs they are meant for a Service of a Policy, which has its defaults.
func (s *Service) ReceiveProtocolLog() Log {
	return logOf("ReceiveProtocolLog", true, s.ReceiveProtocolLogPath, s.ReceiveProtocolLogMaxAge, s.ReceiveProtocolLogMaxDirectorySize, s.ReceiveProtocolLogMaxFileSize)
}

// SendProtocolLog returns the settings of the protocol log of Send connectors.
func (s *Service) SendProtocolLog() Log {
	return logOf("SendProtocolLog", true, s.SendProtocolLogPath, s.SendProtocolLogMaxAge, s.SendProtocolLogMaxDirectorySize, s.SendProtocolLogMaxFileSize)
}

// ConnectivityLog returns the settings of the log of connections to next hops.
func (s *Service) ConnectivityLog() Log {
	return logOf("ConnectivityLog", s.ConnectivityLogEnabled.Or(false), s.ConnectivityLogPath, s.ConnectivityLogMaxAge, s.ConnectivityLogMaxDirectorySize, s.ConnectivityLogMaxFileSize)
}

// MessageTrackingLog returns the settings of the message tracking log.
func (s *Service) MessageTrackingLog() Log {
	l := logOf("MessageTrackingLog", s.MessageTrackingLogEnabled.Or(false), s.MessageTrackingLogPath, s.MessageTrackingLogMaxAge, s.MessageTrackingLogMaxDirectorySize, s.MessageTrackingLogMaxFileSize)
	l.Subjects = s.MessageTrackingLogSubjectLoggingEnabled.Or(false)
	return l
}

// logOf returns the settings of the log with a name.
func logOf(name string, enabled bool, path param.Setting[string], age param.Setting[time.Duration], all, one param.Size) Log {
	if !enabled {
		return Log{}
	}
	dir := path.Or("")
	if isForeignPath(dir) {
		dir = schema.TransportService.Row(name+"Path").Default.For("", false, false)
	}
	return Log{Path: dir, MaxAge: age.Or(0), MaxDirectorySize: all, MaxFileSize: one}
}
