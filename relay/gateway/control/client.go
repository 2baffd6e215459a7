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
)

// Why a gateway can't be asked.
var (
	// ErrNoGateway says that nobody listens at the socket of a data directory.
	ErrNoGateway = errors.New("no gateway is running there")

	// ErrNoDirectory says that there is no such data directory.
	ErrNoDirectory = errors.New("there is no such directory")

	// ErrForbidden says that others than the directory's owner ask.
	ErrForbidden = errors.New("you may not talk to a gateway there")
)

// errCut says that an answer has no end.
var errCut = errors.New("the gateway broke off")

// Do sends r to the gateway that runs on dir and returns its answer, event by
// event. The last one is an End without an error, or the error is not nil.
func Do(ctx context.Context, dir string, r Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := do(ctx, dir, r, func(e Event) bool { return yield(e, nil) }); err != nil {
			yield(Event{}, err)
		}
	}
}

// do is Do; yield returning false ends it.
func do(ctx context.Context, dir string, r Request, yield func(Event) bool) error {
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
	path, err := socketPath(dir)
	if err != nil {
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, unreached(dir, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return receive(ctx, conn, yield)
}

// unreached says why the socket in dir can't be connected to.
func unreached(dir string, err error) error {
	info, statErr := os.Stat(dir)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return ErrNoDirectory
	case errors.Is(statErr, fs.ErrPermission):
		return fmt.Errorf("%w: a directory above it lets you not in", ErrForbidden)
	case statErr == nil && !info.IsDir():
		return fmt.Errorf("%w: it is a file", ErrNoDirectory)
	case errors.Is(err, fs.ErrPermission):
		who := owner(info)
		if who != "root" {
			who += ", who owns the directory, and root"
		}
		return fmt.Errorf("%w: only %s may", ErrForbidden, who)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return ErrNoGateway
	}
	return fmt.Errorf("%w: %w", ErrNoGateway, err)
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
