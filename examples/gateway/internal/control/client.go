package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
)

// ErrNoGateway says that nobody listens at the socket of a data directory.
var ErrNoGateway = errors.New("no gateway is running there")

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
		return fmt.Errorf("%s: %w: %w", dir, ErrNoGateway, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return receive(ctx, conn, yield)
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
