package connector

import (
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// logs checks the logs of a service, which has its defaults filled in.
func (v *validator) logs(path source.Path, s *Service) {
	for _, l := range []struct {
		name     source.Path
		dir      param.Setting[string]
		all, one param.Size
	}{
		{"ReceiveProtocolLog", s.ReceiveProtocolLogPath, s.ReceiveProtocolLogMaxDirectorySize, s.ReceiveProtocolLogMaxFileSize},
		{"SendProtocolLog", s.SendProtocolLogPath, s.SendProtocolLogMaxDirectorySize, s.SendProtocolLogMaxFileSize},
		{"ConnectivityLog", s.ConnectivityLogPath, s.ConnectivityLogMaxDirectorySize, s.ConnectivityLogMaxFileSize},
		{"MessageTrackingLog", s.MessageTrackingLogPath, s.MessageTrackingLogMaxDirectorySize, s.MessageTrackingLogMaxFileSize},
	} {
		at := path + "." + l.name
		if l.all != param.UnlimitedSize && (l.one > l.all || l.one == param.UnlimitedSize) {
			v.fail(at+"MaxFileSize", CodeLogSizes, "%v must not exceed %sMaxDirectorySize, %v", l.one, l.name, l.all)
		}
		switch dir := l.dir.Or(""); {
		case dir == "" || filepath.IsAbs(dir):
		case isForeignPath(dir):
			v.warn(at+"Path", CodeLogPath, "%q is a path of Windows, so the log is in its default directory; give a path of this system, $null for no log, or leave it out", dir)
		case !filepath.IsLocal(dir):
			v.fail(at+"Path", source.CodeValueInvalid, "%q leads out of the base directory of logs; give an absolute path", dir)
		}
	}
}

var driveOrShare = regexp.MustCompile(`^([A-Za-z]:|\\\\)`)

// isForeignPath reports whether dir is a path of Windows on another system.
func isForeignPath(dir string) bool {
	return runtime.GOOS != "windows" && (driveOrShare.MatchString(dir) || strings.Contains(dir, `\`))
}
