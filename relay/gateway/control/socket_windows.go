package control

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows"
)

// On Windows the socket is a named pipe, which has a name that can't be guessed. The file
// in the data directory has the name, for the users that may read the file.
const pipePrefix = `\\.\pipe\interchange-`

// busyInterval is how long a client waits before it tries a pipe again whose instances are
// all in use.
const busyInterval = 20 * time.Millisecond

// checkPath returns nil: the name of a pipe doesn't depend on the directory.
func checkPath(string) error { return nil }

// listen opens a pipe and writes its name to the file in dir.
func listen(dir string) (net.Listener, error) {
	l := &pipeListener{name: pipePrefix + rand.Text(), file: filepath.Join(dir, socketName)}
	var err error
	if l.closed, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return nil, err
	}
	if l.next, err = l.instance(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); err == nil {
		err = os.WriteFile(l.file, []byte(l.name), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// pipeListener accepts the clients of a pipe.
type pipeListener struct {
	name, file string
	closed     windows.Handle // the event that Close sets
	closing    sync.Once
	next       windows.Handle // the instance of the next client, which Accept uses
}

// instance makes an instance of the pipe, for one client.
func (l *pipeListener) instance(flags uint32) (windows.Handle, error) {
	access, err := private("")
	if err != nil {
		return windows.InvalidHandle, err
	}
	name, err := windows.UTF16PtrFromString(l.name)
	if err != nil {
		return windows.InvalidHandle, err
	}
	return windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flags,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, windows.PIPE_UNLIMITED_INSTANCES, chunk, chunk, 0, access)
}

// Accept implements [net.Listener].
func (l *pipeListener) Accept() (net.Conn, error) {
	for {
		client := l.next
		if err := l.connect(client); err != nil {
			return nil, errors.Join(err, windows.CloseHandle(client))
		}
		var err error
		if l.next, err = l.instance(0); err != nil {
			return nil, errors.Join(err, windows.CloseHandle(client))
		}
		return &pipeConn{os.NewFile(uintptr(client), l.name)}, nil
	}
}

// connect waits until a client has opened an instance.
func (l *pipeListener) connect(instance windows.Handle) error {
	connected, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(connected)
	call := &windows.Overlapped{HEvent: connected}
	switch err := windows.ConnectNamedPipe(instance, call); err {
	case nil, windows.ERROR_PIPE_CONNECTED:
		return nil
	case windows.ERROR_IO_PENDING:
	default:
		return err
	}
	n, err := windows.WaitForMultipleObjects([]windows.Handle{l.closed, connected}, false, windows.INFINITE)
	if err == nil && n == windows.WAIT_OBJECT_0 {
		err = net.ErrClosed
	}
	if err != nil {
		_ = windows.CancelIoEx(instance, call) // fails if the call has ended
	}
	var done uint32
	if callErr := windows.GetOverlappedResult(instance, call, &done, true); err == nil {
		err = callErr
	}
	return err
}

// Close implements [net.Listener]. It removes the file with the name.
func (l *pipeListener) Close() error {
	var err error
	l.closing.Do(func() { err = errors.Join(windows.SetEvent(l.closed), os.Remove(l.file)) })
	return err
}

// Addr implements [net.Listener].
func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.name) }

// pipeConn is one end of a pipe.
type pipeConn struct{ *os.File }

// LocalAddr implements [net.Conn].
func (c *pipeConn) LocalAddr() net.Addr { return pipeAddr(c.Name()) }

// RemoteAddr implements [net.Conn].
func (c *pipeConn) RemoteAddr() net.Addr { return pipeAddr(c.Name()) }

// pipeAddr is the name of a pipe.
type pipeAddr string

// Network implements [net.Addr].
func (pipeAddr) Network() string { return "pipe" }

// String implements [net.Addr].
func (a pipeAddr) String() string { return string(a) }

// dial connects to the pipe that the file in dir names.
func dial(ctx context.Context, dir string) (net.Conn, error) {
	text, err := os.ReadFile(filepath.Join(dir, socketName))
	if err != nil {
		return nil, err
	}
	name := string(text)
	if !strings.HasPrefix(name, pipePrefix) {
		return nil, errors.New("the file " + socketName + " in it has no name of a pipe")
	}
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	for {
		// The other end can't act as this user.
		h, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
			windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_ANONYMOUS, 0)
		if err == nil {
			return &pipeConn{os.NewFile(uintptr(h), name)}, nil
		}
		if err != windows.ERROR_PIPE_BUSY {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(busyInterval):
		}
	}
}
