package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Dispatcher is a relay.Handler, Router and Gate that holds, queues, retries
// and reports. Sender, Store and Policy must be set; no field may change once
// Start was called. Its methods are safe for concurrent use.
type Dispatcher struct {
	Sender *delivery.Sender
	Store  queue.Store
	Policy *connector.Policy // what to go by until SetPolicy says otherwise
	Logger *slog.Logger      // nil: no log

	// Dir is where messages go that are too large for memory while a client
	// waits; nothing in it outlives the process. "": os.TempDir.
	Dir string

	// Memory bounds the memory for the bodies of messages, in octets; those
	// beyond it go to Dir. 0: 16 MiB.
	Memory int64

	// MaxMessages is the length of the queue from which on no more mail is
	// taken; from one client, none from three quarters of what the others leave
	// of it on. A message that waits takes about 2.6 KB of memory. 0: 25,000;
	// negative: no limit.
	MaxMessages int

	// MinFree is how many octets must be free in the Store for mail to be
	// taken. Of what is free beyond that a client's mail takes three quarters
	// at most. 0: 4 percent of its capacity, at most 4 GiB; negative: no limit.
	MinFree int64

	once      sync.Once
	bodies    bodies
	work      chan task       // to workers that wait for one
	stop      chan struct{}   // closed when Shutdown begins
	hard      context.Context // ends when attempts are cut off
	kill      context.CancelFunc
	keeping   sync.WaitGroup // the goroutine that renews leases
	holds     sync.Pool      // of *hold
	outgoings sync.Pool      // of *outgoing
	spares    sync.Pool      // of *source

	mu       sync.Mutex
	started  bool
	stopping bool
	quiet    chan struct{} // closed when nothing is under way any more
	lease    leases
	policy   *connector.Policy
	limits   limits
	messages map[string]*message // those on the Store that are ours
	coming   map[string]string   // IDs of those that are being put there or wait to be adopted, and the holder
	sched    scheduler
	pressure pressure
	loads    map[netip.Addr]load // of messages, by network.Source
}

// Defaults.
const (
	defaultMemory      = 16 << 20
	defaultMaxMessages = 25_000
	maxDefaultFree     = 4 << 30
	defaultFreePercent = 4
)

// ErrStopped is the cause of what is refused because the Dispatcher was not
// started yet, or was shut down.
var ErrStopped = errors.New("dispatch: not running")

// init makes what the zero Dispatcher lacks.
func (d *Dispatcher) init() {
	d.once.Do(func() {
		if d.Logger == nil {
			d.Logger = slog.New(slog.DiscardHandler)
		}
		d.bodies.dir, d.bodies.budget = d.Dir, d.Memory
		if d.bodies.budget == 0 {
			d.bodies.budget = defaultMemory
		}
		d.outgoings.New = func() any { return new(outgoing) }
		d.work = make(chan task)
		d.stop, d.quiet = make(chan struct{}), make(chan struct{})
		d.hard, d.kill = context.WithCancel(context.Background())
		d.messages, d.coming = make(map[string]*message), make(map[string]string)
		d.sched.hops = make(map[delivery.Key]*hop)
		d.loads = make(map[netip.Addr]load)
		d.sched.sources, d.sched.lanes = make(map[sourceKey]*source), make(map[laneKey]*lane)
		d.sched.nowhere = &hop{name: unreachable}
		d.lease.init()
	})
}

// Start claims what is on the Store and begins to work on it. It returns when
// all of it was read; ctx bounds that and nothing else.
func (d *Dispatcher) Start(ctx context.Context) error {
	d.init()
	if d.Sender == nil || d.Store == nil || d.Policy == nil {
		return errors.New("dispatch: Sender, Store and Policy must be set")
	}
	d.mu.Lock()
	if d.started || d.stopping {
		d.mu.Unlock()
		return errors.New("dispatch: a Dispatcher is started once")
	}
	d.started = true
	d.policy, d.limits = d.Policy, limitsOf(d.Policy)
	d.sched.awake = time.Now()
	d.sched.timer = time.AfterFunc(time.Hour, d.tick)
	d.mu.Unlock()
	d.lease.renewed(time.Now())
	d.keeping.Go(d.keep) // claiming may take longer than a lease lasts
	if err := d.claim(ctx); err != nil {
		d.Shutdown(ctx)
		return err
	}
	return nil
}

// SetPolicy lets everything from the next attempt on go by p: what waits is
// routed anew, what could be sent nowhere included, and each next hop that
// failed is tried once at once, for it may be another one now.
func (d *Dispatcher) SetPolicy(p *connector.Policy) {
	d.init()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started {
		d.Policy = p
		return
	}
	d.policy, d.limits = p, limitsOf(p)
	for _, h := range d.sched.hops {
		if h.failures > 0 {
			h.retryAt = time.Time{}
		}
	}
	d.reroute()
}

// reroute places everything anew that has no attempt under way, in the order of
// arrival. Other work goes on in between.
func (d *Dispatcher) reroute() {
	all := make([]*message, 0, len(d.messages))
	for _, m := range d.messages {
		all = append(all, m)
	}
	d.mu.Unlock()
	byArrival(all)
	d.mu.Lock()
	for i, m := range all {
		if i%batch == batch-1 {
			d.pump()
			d.mu.Unlock()
			d.mu.Lock()
		}
		if m.phase == stored {
			d.replace(m)
		}
	}
	for _, h := range d.sched.hops {
		d.wake(h)
	}
	d.pump()
}

// Shutdown begins no new attempts, lets clients whose messages are held have
// their answers, for the rest goes on the queue, and waits until the attempts
// under way have ended. When ctx ends before, they are cut off, and Shutdown
// returns the cause of ctx. What the Store didn't take before is saved once more.
// What is on the queue stays there for the next Start. Messages that arrive meanwhile
// are queued. The Store is not closed.
func (d *Dispatcher) Shutdown(ctx context.Context) error {
	d.init()
	d.mu.Lock()
	if !d.stopping {
		d.stopping = true
		close(d.stop)
		if d.sched.timer != nil {
			d.sched.timer.Stop()
		}
		d.rest()
	}
	d.mu.Unlock()
	var err error
	select {
	case <-d.quiet:
	case <-ctx.Done():
		err = context.Cause(ctx)
		d.kill()
		<-d.quiet // attempts end when their context does
	}
	d.persistAll(d.unsaved())
	d.kill()
	d.keeping.Wait()
	return err
}

// rest tells Shutdown when nothing is under way any more.
func (d *Dispatcher) rest() {
	if d.stopping && d.sched.busy == 0 && len(d.sched.chores) == 0 {
		select {
		case <-d.quiet:
		default:
			close(d.quiet)
		}
	}
}

// refusal returns the error that tells a client of a reason. What is said of
// the queue is the same in every edition.
func refusal(reason reply.Reason, cause error) *relay.Error {
	return &relay.Error{Reply: reason.Reply(permission.Current), Err: cause}
}
