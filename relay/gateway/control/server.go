package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"math"
	"net"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// The bounds of a connection.
const (
	maxConns         = 8
	requestTimeout   = 10 * time.Second
	writeTimeout     = 5 * time.Minute // for one event: the reader may be a pager
	chunk            = 48 << 10        // bytes of a message in one event
	progressInterval = 100 * time.Millisecond
)

// Queue does what operators ask for. A dispatch.Dispatcher is one.
type Queue interface {
	List(ctx context.Context, f queue.Filter) iter.Seq2[*queue.Message, error]
	Retry(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Suspend(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Resume(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Drop(ctx context.Context, f queue.Filter, report bool, progress dispatch.Progress) (int, error)
	Resubmit(ctx context.Context, f queue.Filter, progress dispatch.Progress) (int, error)
	Redirect(ctx context.Context, f queue.Filter, connector string, progress dispatch.Progress) (int, error)
	Queues() []dispatch.Queue
	SuspendHop(ctx context.Context, name string) error
	ResumeHop(ctx context.Context, name string) error
	Import(ctx context.Context, m *queue.Message, body io.Reader) error
}

// Opener opens the content of messages. A queue.Store is one.
type Opener interface {
	Open(ctx context.Context, id string) (io.ReadCloser, error)
}

// Server answers requests.
type Server struct {
	// Reload reads the configuration again, for the action of that name. It must not change
	// after Serve was called. Nil: the action is refused.
	Reload func(ctx context.Context) error

	// Status returns the state of the gateway, for GetStatus. It must not change after Serve
	// was called. Nil: the action is refused.
	Status func(ctx context.Context) Status

	// Limits returns the limits of a client, for GetLimits. It must not change after Serve was
	// called. Nil: the action is refused.
	Limits func(c LimitClient) ([]Limit, error)

	// ConsoleLink returns the one-time link to the console in the browser, for the action of
	// that name. It must not change after Serve was called. Nil: the action is refused.
	ConsoleLink func() (string, error)

	listen net.Listener
	queue  Queue
	bodies Opener
	logger *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup
}

// NewServer returns a Server that answers at l for q, exports messages from bodies, and
// logs what operators change. Without l it answers Do only, and without q and bodies actions
// on the queue are refused.
func NewServer(l net.Listener, q Queue, bodies Opener, logger *slog.Logger) *Server {
	s := &Server{listen: l, queue: q, bodies: bodies, logger: logger, slots: make(chan struct{}, maxConns)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if l != nil {
		s.wg.Add(1) // Serve
	}
	return s
}

// Serve answers connections until Close. It must be called once. Without a listener it is an
// error.
func (s *Server) Serve() error {
	if s.listen == nil {
		return errors.New("the server of the operator's socket has no listener")
	}
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

// Close closes the listener, abandons the requests that are not done, and returns when
// Serve has. The socket is removed.
func (s *Server) Close() {
	if s.cancel == nil { // NewServer didn't make it
		return
	}
	s.cancel()
	if s.listen != nil {
		_ = s.listen.Close() // nothing is lost with it
	}
	s.wg.Wait()
}

// serve answers one connection.
func (s *Server) serve(conn net.Conn) {
	enc := json.NewEncoder(conn)
	a := &answer{write: func(e Event) error {
		_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		return enc.Encode(e)
	}}
	_ = conn.SetReadDeadline(time.Now().Add(requestTimeout)) // a connection that is gone fails at its next use
	limited := &io.LimitedReader{R: conn, N: maxRequest}
	in := bufio.NewReader(limited)
	line, err := in.ReadBytes('\n')
	if err != nil {
		a.end(0, errors.New("no request: a line of JSON was expected"))
		return
	}
	r, err := ParseRequest(line)
	if err != nil {
		a.end(0, err)
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	if r.Action == Import {
		limited.N = math.MaxInt64
		a.content = io.LimitReader(timed{conn, in}, r.Message.Size)
	} else {
		// Nothing more is expected, so whatever Read returns, the operator has gone.
		go func() {
			defer cancel()
			_, _ = conn.Read(make([]byte, 1))
		}()
	}
	a.end(s.perform(ctx, r, peer(conn), a))
}

// perform does what a user asks for, logs what was changed, and returns the number of messages it was done to.
func (s *Server) perform(ctx context.Context, r Request, user string, a *answer) (n int, err error) {
	who := operator(&r, user)
	n, err = s.do(dispatch.WithOperator(ctx, who...), r, a)
	attrs, done := append(who, slog.Int("messages", n)), "messages "+changed[r.Action]
	switch {
	case r.Action == Reload:
		attrs, done = who, "reload"
	case r.Action == ConsoleLink:
		attrs, done = who, "console link shown"
	case changed[r.Action] == "":
		return n, err
	}
	switch {
	case err != nil && r.Action == Reload: // its mistakes have lines of their own
		attrs = append(attrs, slog.String("result", "failed"))
	case err != nil:
		attrs = append(attrs, slog.Any("error", err))
	}
	s.logger.LogAttrs(s.ctx, slog.LevelInfo, done+" by operator", attrs...)
	return n, err
}

// operator returns the attributes of the log for a request of a user.
func operator(r *Request, user string) []slog.Attr {
	attrs := []slog.Attr{slog.String("action", string(r.Action)), slog.String("user", user)}
	if !r.Action.ofGateway() {
		attrs = append(attrs, slog.String("filter", r.Filter.String()))
	}
	if r.Action == Redirect {
		attrs = append(attrs, slog.String("connector", r.To))
	}
	return attrs
}

// changed names the actions that are logged by what they did.
var changed = map[Action]string{Retry: "retried", Suspend: "suspended", Resume: "resumed", Drop: "dropped", Export: "exported",
	Resubmit: "resubmitted", Redirect: "redirected", Import: "imported"}

// do does what r asks for, and returns the number of messages it was done to.
func (s *Server) do(ctx context.Context, r Request, a *answer) (int, error) {
	f, err := r.Filter.filter(time.Now())
	if err != nil {
		return 0, err
	}
	if s.queue == nil && r.Action.onQueue() {
		return 0, ErrNoQueue
	}
	switch r.Action {
	case Retry:
		return s.queue.Retry(ctx, f, a.progress)
	case Suspend:
		return s.queue.Suspend(ctx, f, a.progress)
	case Resume:
		return s.queue.Resume(ctx, f, a.progress)
	case Drop:
		return s.queue.Drop(ctx, f, r.Report, a.progress)
	case Resubmit:
		return s.queue.Resubmit(ctx, f, a.progress)
	case Redirect:
		return s.queue.Redirect(ctx, f, r.To, a.progress)
	case SuspendHop:
		return 0, s.queue.SuspendHop(ctx, r.Hop)
	case ResumeHop:
		return 0, s.queue.ResumeHop(ctx, r.Hop)
	case Hops:
		return 0, s.hops(a)
	case Import:
		if err := s.queue.Import(ctx, r.Message, a.content); err != nil {
			return 0, err
		}
		return 1, nil
	case Reload:
		if s.Reload == nil {
			return 0, errors.New("this gateway can't reload its configuration")
		}
		return 0, s.Reload(ctx)
	case GetStatus:
		if s.Status == nil {
			return 0, errors.New("this gateway can't report its status")
		}
		status := s.Status(ctx)
		a.send(Event{Status: &status})
		return 0, a.err
	case GetLimits:
		return 0, s.limits(*r.Client, a)
	case ConsoleLink:
		return 0, s.consoleLink(a)
	}
	return s.list(ctx, r.Action, f, a)
}

// list sends the messages that f selects, with Export all of each, and returns their number.
func (s *Server) list(ctx context.Context, action Action, f queue.Filter, a *answer) (int, error) {
	n := 0
	for m, err := range s.queue.List(ctx, f) {
		if err != nil {
			a.send(Event{Problem: err.Error()})
		}
		if m == nil {
			continue
		}
		a.send(Event{Message: NewMessage(m)})
		if action == Export {
			a.send(Event{Record: m})
			s.export(ctx, m.ID, a)
		}
		if err := errors.Join(a.err, ctx.Err()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// limits sends the limits of a client.
func (s *Server) limits(c LimitClient, a *answer) error {
	if s.Limits == nil {
		return errors.New("this gateway can't report its limits")
	}
	all, err := s.Limits(c)
	if err != nil {
		return err
	}
	a.send(Event{Limits: all})
	return a.err
}

// consoleLink sends the one-time link to the console.
func (s *Server) consoleLink(a *answer) error {
	if s.ConsoleLink == nil {
		return errors.New("this gateway has no console")
	}
	link, err := s.ConsoleLink()
	if err != nil {
		return err
	}
	a.send(Event{Link: link})
	return a.err
}

// hops sends the next hops.
func (s *Server) hops(a *answer) error {
	for _, q := range s.queue.Queues() {
		a.send(Event{Hop: NewHop(&q)})
	}
	return a.err
}

// timed reads what follows the request on conn through a buffer. A client that sends nothing for long is cut
// off.
type timed struct {
	conn net.Conn
	in   io.Reader
}

// Read implements io.Reader.
func (t timed) Read(p []byte) (int, error) {
	_ = t.conn.SetReadDeadline(time.Now().Add(requestTimeout)) // a connection that is gone fails at the Read
	return t.in.Read(p)
}

// export sends the content of a message.
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
			a.send(Event{Content: buf[:n]})
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
	write func(Event) error
	err   error
	last  time.Time // when progress was sent last

	content io.Reader // what follows the request of Import
}

func (a *answer) send(e Event) {
	if a.err != nil {
		return
	}
	a.err = a.write(e)
}

// progress sends how much is done, unless it did so a moment ago.
func (a *answer) progress(done, of int) {
	if now := time.Now(); now.Sub(a.last) >= progressInterval {
		a.last = now
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
