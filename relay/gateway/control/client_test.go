package control_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// TestUnreached: the error says whether no gateway runs, the directory is wrong, or it
// belongs to another user.
func TestUnreached(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	owners := me.Username + ", who owns the directory, and root"
	switch {
	case runtime.GOOS == "windows":
		owners = "the user that runs it, administrators and the system"
	case me.Username == "root":
		owners = "root"
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		dir  string
		err  error
		want error
		text string
	}{
		{dir, syscall.ENOENT, control.ErrNoGateway, "no gateway is running on " + dir},
		{dir, syscall.ECONNREFUSED, control.ErrNoGateway, "no gateway is running on " + dir},
		{dir, syscall.EACCES, control.ErrForbidden, dir + ": permission denied: only " + owners + " can use its gateway"},
		{filepath.Join(dir, "absent"), syscall.ENOENT, control.ErrNoDirectory, filepath.Join(dir, "absent") + ": no such directory"},
		{file, syscall.ENOTDIR, control.ErrNoDirectory, file + ": no such directory: it is a file"},
	} {
		got := control.Unreached(tt.dir, &fs.PathError{Op: "dial", Path: "control", Err: tt.err})
		if !errors.Is(got, tt.want) || got.Error() != tt.text {
			t.Errorf("%s with %v: %q, want %q", tt.dir, tt.err, got, tt.text)
		}
	}
}

// TestOperatorIsLogged: the log says which user did what to which messages.
func TestOperatorIsLogged(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := control.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s := control.NewServer(l, three(), three(), slog.New(slog.NewTextHandler(&log, nil)))
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	filter := control.Filter{RecipientDomain: "*.contoso.com", Sender: "fabrikam.com", IDs: []string{"A"}}
	if _, _, _, err := ask(t, dir, control.Request{Action: control.Suspend, Filter: filter}); err != nil {
		t.Error(err)
	}
	s.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if want := `msg="messages suspended by operator" action=suspend user=` + me.Username + ` filter="-recipient-domain *.contoso.com -sender fabrikam.com A" messages=1`; !strings.Contains(log.String(), want) {
		t.Errorf("the log is %s, want %s", &log, want)
	}
}
