package dispatch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// Dispatcher is a relay.Handler that delivers, queues and retries mail, and reports on it. Transport,
// Store and Policy must be set; no field may change once Start was called. Its methods are safe for
// concurrent use.
type Dispatcher struct {
	// Transport is usually a *delivery.Sender. Its Prepare and Sign then also prepare the messages for the
	// transports in ByConnector that aren't Senders.
	Transport delivery.Transport
	Store     queue.Store
	Policy    *connector.Policy // the first policy; SetPolicy replaces it, and CurrentPolicy returns it

	// ByConnector has the transports of the Send connectors that don't use Transport, by their names.
	// Case doesn't matter. The mail of such a connector has one queue, whatever its domains and smart
	// hosts, unless the transport is a *delivery.Sender, and passes the header firewall before the
	// transport gets it. The policy must have each connector on this server: Start and SetPolicy refuse
	// one that hasn't.
	ByConnector map[string]delivery.Transport

	// SendConnector, if not nil, names the Send connector for a recipient, in place of the policy's
	// route: the connector of the sender's tenant, say. "" leaves the route to the policy, as for
	// delivery reports, whose User is "". Rcpt asks it, and each attempt does, also after a restart;
	// so it must depend on its arguments only, and must not block. A connector that the policy in use
	// doesn't have, or that is disabled, makes the recipient wait as unreachable: its mail never
	// leaves by another one.
	SendConnector func(env *envelope.Envelope, to routing.Address) string

	// Events are called with what becomes of messages and next hops. The events of a message come one
	// after the other, when the Store knows what they say, and while no lock is held.
	Events []event.Reader

	// Logger gets a line for each event, as event.Log writes it, and lines about the Store, leases and
	// the length of the queue. Nil: no log.
	Logger *slog.Logger

	// Dir is the directory for messages that are too large for memory while a client waits. No file in
	// it outlives the process. "": os.TempDir.
	Dir string

	// SmartHostCounts is the file that keeps over a restart what counts for SmartHostMessageRateLimit
	// and SmartHostRecipientRateLimit of Send connectors. It has no names, only hashes of them. Start
	// reads it; within 5 seconds after an attempt that counts, and at Shutdown, it is replaced as a
	// whole. One Dispatcher at a time can use it. A file that can't be read is an event, and
	// counting begins at 0. "": the counts are kept in memory only.
	SmartHostCounts string

	// SuspendedHops is the file that keeps over a restart which next hops SuspendHop has suspended. Start
	// reads it, and fails if it can't: then mail would go where an operator has stopped it. One
	// Dispatcher at a time can use it. "": a restart resumes all next hops.
	SuspendedHops string

	// Memory bounds the memory for the bodies of messages, in bytes. Further bodies go to Dir. 0: 16
	// MiB.
	Memory int64

	// MaxMessages is the length of the queue at which mail is refused. Mail from one client is refused
	// when it fills three quarters of the length that the others leave. A message that waits takes
	// about 2.6 KB of memory. 0: 25,000; negative: no limit.
	MaxMessages int

	// MinFree is how many bytes must be free in the Store for mail to be accepted. One client may use
	// at most three quarters of the space above MinFree. 0: 4 percent of the capacity, at most 4 GiB;
	// negative: no limit.
	MinFree int64

	// MaxMemory is how much memory of the process may be in use for mail to be accepted, in bytes: what the last
	// collection of garbage left, and stacks. 0: three quarters of the limit that GOMEMLIMIT or
	// debug.SetMemoryLimit has set, if any; negative: no limit.
	MaxMemory int64

	once        sync.Once
	emit        event.Reader // the Logger and Events; nil: nothing reads them
	bodies      content.Pool
	preparer    preparer
	work        chan task       // to idle workers
	idleWorkers atomic.Int32    // that wait for a task
	stop        chan struct{}   // closed when Shutdown begins
	idle        chan struct{}   // closed when nothing is in progress after that
	hard        context.Context // ends when attempts are cut off
	cutOff      context.CancelFunc
	renewing    sync.WaitGroup // the goroutine that renews leases
	claiming    sync.Mutex     // held while the Store is asked which messages are leased
	leasesEnded atomic.Bool    // by Shutdown
	clients     sync.Pool      // of *client
	own         transports
	outgoings   sync.Pool        // of *outgoing
	counts      atomicfile.Saver // of SmartHostCounts

	suspending    sync.Mutex // guards suspendedHops and its file
	suspendedHops []SuspendedHop

	mu       sync.Mutex
	sched    *schedule.Scheduler
	started  bool
	stopping bool
	busy     int // Delivers and tasks in progress
	known    usage
	timer    *time.Timer // calls tick
	timerFor time.Time   // when; zero: it isn't set
	hops     outbox      // of events of next hops
}

// ErrStopped is the cause of a refusal because the Dispatcher was not started yet, or was shut down.
var ErrStopped = errors.New("the dispatcher isn't running: it wasn't started, or it was shut down")

// init makes what the zero Dispatcher lacks.
func (d *Dispatcher) init() {
	d.once.Do(func() {
		d.emit = event.Log(d.Logger, d.Events...)
		d.Logger = cmp.Or(d.Logger, slog.New(slog.DiscardHandler))
		d.bodies.Dir, d.bodies.Memory = d.Dir, d.Memory
		var ok bool
		if d.preparer, ok = d.Transport.(preparer); !ok {
			d.preparer = new(delivery.Sender)
		}
		d.outgoings.New = func() any { return new(outgoing) }
		d.clients.New = newClient
		d.work, d.stop, d.idle = make(chan task), make(chan struct{}), make(chan struct{})
		d.hard, d.cutOff = context.WithCancel(context.Background())
		d.keepCounts()
		d.sched = schedule.New(schedule.Config{Route: d.nextHop, MaxMessages: d.MaxMessages, MinFree: d.MinFree, MaxMemory: maxMemory(d.MaxMemory), Events: d.emit != nil})
	})
}

// task is a piece of work for a worker: an attempt, or bringing the Store up to date on a message.
type task struct {
	out  *outgoing
	save *message
}

// signalIfIdle closes d.idle once nothing is in progress after Shutdown has begun. d.mu is held.
func (d *Dispatcher) signalIfIdle() {
	if !d.stopping || d.busy > 0 || d.sched.SavesPending() {
		return
	}
	select {
	case <-d.idle:
	default:
		close(d.idle)
	}
}

// nextHop returns the next hop for a recipient. A connector with its own transport is one next hop, unless
// that is a Sender, which needs the domain.
func (d *Dispatcher) nextHop(p *connector.Policy, env *envelope.Envelope, r *queue.Recipient, size int64) (hop delivery.NextHop, err error) {
	if name := cmp.Or(r.Redirect, d.sendConnector(env, r.To)); name != "" {
		hop, err = delivery.NextHopBy(p, name, r.To, size)
	} else {
		hop, err = delivery.NextHopFor(p, r.To, size)
	}
	if err != nil {
		return hop, err
	}
	if own := d.own.of(hop.Connector()); own != nil && !preparesItself(own) {
		hop = hop.AllDomains()
	}
	return hop, nil
}

// sendConnector returns the result of SendConnector, "" without one.
func (d *Dispatcher) sendConnector(env *envelope.Envelope, to routing.Address) string {
	if d.SendConnector == nil {
		return ""
	}
	return d.SendConnector(env, to)
}
