package schedule

import (
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/tally"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Scheduler decides what is done next with all messages. New makes one. Its methods must not be called
// at the same time.
type Scheduler struct {
	config   Config
	policy   *connector.Policy
	limits   limits
	stopping bool

	messages map[string]*Message // on the Store and leased by this process
	hops     map[delivery.Key]*hop
	nowhere  *hop                       // for the unreachable recipients
	accounts map[tally.Account]*account // that connectors of the policy limit, or did
	queues   queues

	suspended map[string]bool // next hops and Send connectors that an operator suspended, by folded name

	hopAlarms     alarms[hop]
	messageAlarms alarms[Message]
	workingSince  time.Time // before, the process didn't run or was stopped

	notices     Events
	spareNotice *Notice // memory; may be nil

	actions []Action // to be returned by Next, from taken on
	taken   int
	saves   []*Message // to be saved in the background
	saving  [savers]int

	lease    lease
	pressure pressure
	loads    map[netip.Addr]load // of the queue, by network.Source

	storedBytes int64 // of all loads
}

// Config holds the settings of a Scheduler.
type Config struct {
	// Route returns the next hop for a recipient of a message with an envelope and of a size, as
	// delivery.NextHopFor does, or by the Send connector that the recipient was redirected to.
	Route func(p *connector.Policy, env *envelope.Envelope, to *queue.Recipient, size int64) (delivery.NextHop, error)

	MaxMessages int   // as in dispatch.Dispatcher
	MinFree     int64 // the same
	MaxMemory   int64 // the same, but 0 is no limit
	Events      bool  // there are Readers
}

// New returns a Scheduler that starts no attempts until Begin.
func New(c Config) *Scheduler {
	s := &Scheduler{
		config:   c,
		messages: make(map[string]*Message),
		hops:     make(map[delivery.Key]*hop),
		nowhere:  &hop{name: Unreachable, never: true},
		accounts: make(map[tally.Account]*account),
		loads:    make(map[netip.Addr]load),
		lease:    lease{arriving: make(map[string]string)},

		suspended: make(map[string]bool),
	}
	s.queues = queues{limits: &s.limits, sources: make(map[sourceKey]*source), lanes: make(map[laneKey]*lane), told: make(told)}
	if c.Events {
		s.queues.emit = func(e event.Event) { s.notices.Add(s.newNotice(nil, e)) }
	}
	return s
}

// Begin begins the work under a policy.
func (s *Scheduler) Begin(p *connector.Policy, now time.Time) {
	s.policy, s.limits, s.workingSince = p, limitsOf(p), now
	s.limitAccounts(now)
}

// Policy returns the policy in use, and the name by which this server calls itself under it.
func (s *Scheduler) Policy() (p *connector.Policy, host string) { return s.policy, s.limits.host }

// emit adds an action for Next.
func (s *Scheduler) emit(a Action) { s.actions = append(s.actions, a) }

// log adds a line for the log, about leases, the Store or the length of the queue.
func (s *Scheduler) log(level slog.Level, text string, args ...any) {
	s.emit(&Log{Level: level, Text: text, Args: args})
}

// saver is who brings the Store up to date on a message.
type saver uint8

const (
	noSaver    saver = iota
	background       // a Save action
	afterEnd         // the worker whose attempt has ended
	caller           // the caller of BeginSave
	savers
)

// The most saves at a time of a kind.
const (
	maxBackground = 16
	maxAfterEnd   = 256 // then no attempts start, so that a slow disk slows them down
)

// saveSoon asks for a Save of m.
func (s *Scheduler) saveSoon(m *Message) {
	if !m.saveQueued {
		m.saveQueued = true
		s.saves = append(s.saves, m)
	}
}

// beginSave notes that m has changed. If no saver is at work on it, by becomes its saver, and beginSave
// returns true.
func (s *Scheduler) beginSave(m *Message, by saver) bool {
	m.changed = true
	if m.saver != noSaver {
		return false
	}
	m.saver = by
	s.saving[by]++
	return true
}

// NextAlarm returns when Tick is to be called next; zero: not yet known.
func (s *Scheduler) NextAlarm() time.Time {
	var first time.Time
	for _, at := range []time.Time{s.hopAlarms.next(), s.messageAlarms.next(), s.queues.room.next()} {
		if first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// Stop makes Next start no more attempts.
func (s *Scheduler) Stop() { s.stopping = true }

// SavesPending reports whether messages wait for a Save.
func (s *Scheduler) SavesPending() bool { return len(s.saves) > 0 }

// Messages returns all messages on the Store that this process has leased, in no order.
func (s *Scheduler) Messages() []*Message {
	return slices.AppendSeq(make([]*Message, 0, len(s.messages)), maps.Values(s.messages))
}

// Leftovers describes what is still counted or remembered of messages, for tests that expect nothing.
func (s *Scheduler) Leftovers() string {
	q := &s.queues
	if q.active+q.doubted+q.returned+len(q.sources)+len(q.lanes)+len(s.loads) == 0 && s.storedBytes == 0 && q.short == [len(q.short)]list[shortfall]{} {
		return ""
	}
	return fmt.Sprintf("%d attempts, %d at next hops in doubt, %d with reports; %d sources, %d lanes; short: %v; loads %v",
		q.active, q.doubted, q.returned, len(q.sources), len(q.lanes), q.short, s.loads)
}

// Action is the driver's next work: one of Start, Save, Answer, Unload and Log.
type Action interface{ action() }

// Start asks for an attempt with a Transfer. Ended or Unreadable must follow.
type Start struct{ *Transfer }

// Save asks to bring the Store up to date on a Message: [Scheduler.NextStep] returns the first step.
// Saves may run beside one another.
type Save struct{ *Message }

// Answer says that the client of a Message need not wait any longer.
type Answer struct{ *Message }

// Unload says that the body of a Message isn't needed in memory for now.
type Unload struct{ *Message }

// Log is a line for the log.
type Log struct {
	Level slog.Level
	Text  string
	Args  []any
}

func (Start) action()  {}
func (Save) action()   {}
func (Answer) action() {}
func (Unload) action() {}
func (*Log) action()   {}

// Result is how an attempt has ended.
type Result struct {
	Transfer *Transfer
	At       time.Time
	Outcomes []delivery.Outcome // of Transfer.To, in order
	Err      error              // of the next hop as a whole, as from a delivery.Transport
	CutOff   bool               // the attempt was cut off by a shutdown
}
