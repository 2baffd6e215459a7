package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// The bounds of a connection.
const (
	maxConns   = 8
	askTime    = 10 * time.Second // for the request
	answerTime = 5 * time.Minute  // for one line of the answer: somebody may be reading it page by page
	chunk      = 48 << 10         // octets of a message in one line
	progressed = 100 * time.Millisecond
)

// Queue is what operators may do, as a dispatch.Dispatcher does it.
type Queue interface {
	List(ctx context.Context, f queue.Filter) iter.Seq2[*queue.Message, error]
	Retry(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Suspend(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Resume(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Drop(ctx context.Context, f queue.Filter, report bool, progress dispatch.Progress) (int, error)
}

// Opener has the octets of messages, as a queue.Store.
type Opener interface {
	Open(ctx context.Context, id string) (queue.Body, error)
}

// Server answers requests.
type Server struct {
	listen net.Listener
	queue  Queue
	bodies Opener
	logger *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup
}

// NewServer returns a Server at l for q, with the octets of messages from bodies,
// that logs what operators change.
func NewServer(l net.Listener, q Queue, bodies Opener, logger *slog.Logger) *Server {
	s := &Server{listen: l, queue: q, bodies: bodies, logger: logger, slots: make(chan struct{}, maxConns)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Add(1) // Serve
	return s
}

// Serve answers connections until Close. It must be called once.
func (s *Server) Serve() error {
	defer s.wg.Done()
	for {
		s.slots <- struct{}{}
		conn, err := s.listen.Accept()
		if err != nil {
			<-s.slots
			if s.ctx.Err() != nil {
				return nil
			}
			return err
		}
		s.wg.Go(func() {
			defer func() { <-s.slots }()
			defer conn.Close()
			defer context.AfterFunc(s.ctx, func() { conn.Close() })()
			s.serve(conn)
		})
	}
}

// Close closes the listener, breaks off what is going on, waits for its end, and
// makes Serve return. The socket is gone then: the next gateway's would be
// another one.
func (s *Server) Close() {
	s.cancel()
	_ = s.listen.Close() // it was listened at, no more
	s.wg.Wait()
}

// serve answers one connection.
func (s *Server) serve(conn net.Conn) {
	a := &answer{conn: conn, enc: json.NewEncoder(conn)}
	_ = conn.SetReadDeadline(time.Now().Add(askTime)) // a connection that is gone fails at its next use
	in := bufio.NewReader(io.LimitReader(conn, maxRequest))
	line, err := in.ReadBytes('\n')
	if err != nil {
		a.end(0, errors.New("no request: want a line of JSON"))
		return
	}
	r, err := ParseRequest(line)
	if err != nil {
		a.end(0, err)
		return
	}
	// Nothing more is expected: whatever comes now is the operator hanging up.
	_ = conn.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = conn.Read(make([]byte, 1))
	}()
	who := []slog.Attr{slog.String("action", string(r.Action)), slog.String("user", peer(conn)), slog.String("filter", r.Filter.String())}
	n, err := s.do(dispatch.WithOperator(ctx, who...), r, a)
	a.end(n, err)
	if r.Action == List || r.Action == Show {
		return
	}
	attrs := append(who, slog.Int("messages", n))
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	s.logger.LogAttrs(s.ctx, slog.LevelInfo, "operator is done", attrs...)
}

// do does what r asks for, and returns with how many messages.
func (s *Server) do(ctx context.Context, r Request, a *answer) (int, error) {
	f, err := r.Filter.filter(time.Now())
	if err != nil {
		return 0, err
	}
	switch r.Action {
	case Retry:
		return s.queue.Retry(ctx, f, a.progress)
	case Hold:
		return s.queue.Suspend(ctx, f, a.progress)
	case Release:
		return s.queue.Resume(ctx, f, a.progress)
	case Drop:
		return s.queue.Drop(ctx, f, r.Report, a.progress)
	}
	n := 0
	for m, err := range s.queue.List(ctx, f) {
		if err != nil {
			a.send(Event{Problem: err.Error()})
		}
		if m == nil {
			continue
		}
		a.send(Event{Message: NewMessage(m)})
		if r.Action == Export {
			s.export(ctx, m.ID, a)
		}
		if err := errors.Join(a.err, ctx.Err()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// export sends the octets of a message.
func (s *Server) export(ctx context.Context, id string, a *answer) {
	body, err := s.bodies.Open(ctx, id)
	if err != nil {
		a.send(Event{Problem: id + ": " + err.Error()})
		return
	}
	defer body.Close()
	buf := make([]byte, chunk)
	for a.err == nil {
		n, err := io.ReadFull(body, buf)
		if n > 0 {
			a.send(Event{Octets: buf[:n]})
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return
		}
		if err != nil {
			a.send(Event{Problem: id + ": " + err.Error()})
			return
		}
	}
}

// answer writes events until one fails.
type answer struct {
	conn net.Conn
	enc  *json.Encoder
	err  error
	told time.Time // when progress was told last
}

func (a *answer) send(e Event) {
	if a.err != nil {
		return
	}
	_ = a.conn.SetWriteDeadline(time.Now().Add(answerTime))
	a.err = a.enc.Encode(e)
}

// progress tells how far it is, now and then.
func (a *answer) progress(done, of int) {
	if now := time.Now(); now.Sub(a.told) >= progressed {
		a.told = now
		a.send(Event{Progress: &Progress{done, of}})
	}
}

func (a *answer) end(messages int, err error) {
	e := End{Messages: messages}
	if err != nil {
		e.Error = err.Error()
	}
	a.send(Event{End: &e})
}
