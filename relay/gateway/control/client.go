package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"os"
	"syscall"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Why a gateway can't be reached.
var (
	// ErrNoGateway means that no process listens at the socket of a data directory.
	ErrNoGateway = errors.New("no gateway is running")

	// ErrNoDirectory means that the data directory doesn't exist.
	ErrNoDirectory = errors.New("no such directory")

	// ErrForbidden means that the user is neither the directory's owner nor root.
	ErrForbidden = errors.New("permission denied")
)

// errCut means that an answer has no End.
var errCut = errors.New("the gateway closed the connection before its answer was complete")

// Do sends r to the gateway that runs on dir and returns its answer, event by
// event. The last one is an End without an error, or the error is not nil.
func Do(ctx context.Context, dir string, r Request) iter.Seq2[Event, error] {
	return DoWith(ctx, dir, r, nil)
}

// DoWith is Do with the content that follows the request of Import. Nil: nothing follows.
func DoWith(ctx context.Context, dir string, r Request, content io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := do(ctx, dir, r, content, func(e Event) bool { return yield(e, nil) }); err != nil {
			yield(Event{}, err)
		}
	}
}

// do is Do without the last error, which it returns.
func do(ctx context.Context, dir string, r Request, content io.Reader, yield func(Event) bool) error {
	if err := r.Validate(); err != nil {
		return err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(line) >= maxRequest {
		return errors.New("the request is too long: give fewer IDs, or a filter")
	}
	if err := checkPath(dir); err != nil {
		return err
	}
	conn, err := dial(ctx, dir)
	if err != nil {
		return unreached(dir, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	if content != nil {
		// The gateway may answer before it has read everything; then its answer counts.
		if _, err := io.Copy(conn, io.LimitReader(content, r.Message.Size)); err != nil && !isConnError(err) {
			return err
		}
	}
	return receive(ctx, conn, yield)
}

// isConnError reports whether err is of the connection, and not of what was copied to it.
func isConnError(err error) bool {
	var of *net.OpError
	return errors.As(err, &of)
}

// unreached returns the reason why the socket in dir can't be connected to, which
// failed with err.
func unreached(dir string, err error) error {
	info, statErr := os.Stat(dir)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", dir, ErrNoDirectory)
	case errors.Is(statErr, fs.ErrPermission):
		return fmt.Errorf("%s: %w: you can't enter a directory above it", dir, ErrForbidden)
	case statErr == nil && !info.IsDir():
		return fmt.Errorf("%s: %w: it is a file", dir, ErrNoDirectory)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w: only %s can use its gateway", dir, ErrForbidden, mayUse(info))
	case statErr != nil:
		return source.FileError(dir, statErr)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w on %s", ErrNoGateway, dir)
	}
	return fmt.Errorf("%w on %s: %w", ErrNoGateway, dir, err)
}

// receive reads an answer.
func receive(ctx context.Context, conn io.Reader, yield func(Event) bool) error {
	dec := json.NewDecoder(bufio.NewReader(conn))
	for {
		var e Event
		err := dec.Decode(&e)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return fmt.Errorf("%w: %w", errCut, err)
		case e.End != nil && e.End.Error != "":
			return errors.New(e.End.Error)
		}
		if !yield(e) || e.End != nil {
			return nil
		}
	}
}
