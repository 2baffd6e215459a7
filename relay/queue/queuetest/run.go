package queuetest

import (
	"context"
	"io"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// test is one test of the suite.
type test struct {
	name string
	run  func(*suite)
}

// Run tests what every queue.Store must do. For each test it calls open, which returns an
// empty Store and closes it when the test has ended.
func Run(t *testing.T, open func(t *testing.T) queue.Store) {
	runAll(t, tests, func(t *testing.T) *suite { return &suite{store: open(t)} })
}

// RunShared tests a Store that several processes can use. open returns two handles on one
// empty Store, as two processes have them. RunShared does what Run does, each call with
// the other handle, and tests what one handle does while the other one is in use.
func RunShared(t *testing.T, open func(t *testing.T) (a, b queue.Store)) {
	shared := func(t *testing.T) *suite {
		a, b := open(t)
		return &suite{store: &alternating{handles: [2]queue.Store{a, b}}, handles: [2]queue.Store{a, b}}
	}
	runAll(t, tests, shared)
	runAll(t, sharedTests, shared)
}

// RunCrash tests what a Store keeps when its process dies between two calls. open returns
// an empty Store and a function that ends it as a crash does, without Close, and opens
// it again. RunCrash calls it once. It doesn't end the process within a call: a Store that
// writes in several steps needs tests of its own for that, as package spool has.
func RunCrash(t *testing.T, open func(t *testing.T) (s queue.Store, crash func() queue.Store)) {
	runAll(t, crashTests(), func(t *testing.T) *suite {
		s := &suite{}
		s.store, s.crash = open(t)
		return s
	})
}

// RunFull tests what a Store does when there is no room. open returns an empty Store with
// room, and a function that takes the room away and gives it back.
func RunFull(t *testing.T, open func(t *testing.T) (s queue.Store, full func(bool))) {
	runAll(t, fullTests, func(t *testing.T) *suite {
		s := &suite{}
		s.store, s.full = open(t)
		return s
	})
}

func runAll(t *testing.T, tests []test, open func(*testing.T) *suite) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			s.t, s.ctx = t, t.Context()
			tt.run(s)
		})
	}
}

var tests = []test{
	{"everything is kept", (*suite).kept},
	{"content of all sizes", (*suite).bodies},
	{"a message is opened twice", (*suite).openedTwice},
	{"a failing body", (*suite).failingBody},
	{"a context that ends before the body", (*suite).canceledBody},
	{"an ID is used once", (*suite).exists},
	{"an invalid ID", (*suite).invalidID},
	{"claims are leases", (*suite).claims},
	{"the order of claims", (*suite).claimOrder},
	{"one holder claims a message", (*suite).claimedOnce},
	{"a claim during Save and Renew", (*suite).claimedMeanwhile},
	{"a lease expires", (*suite).expires},
	{"a lease begins when the message is there", (*suite).slowBody},
	{"renewed", (*suite).renewed},
	{"all leases end", (*suite).ended},
	{"released", (*suite).released},
	{"saved", (*suite).saved},
	{"another holder's message", (*suite).others},
	{"removed", (*suite).removed},
	{"read while it is removed", (*suite).readRemoved},
	{"in the order of arrival", (*suite).all},
	{"usage", (*suite).usage},
	{"many calls at once", (*suite).concurrent},
	{"an ended context", (*suite).canceled},
	{"a closed Store", (*suite).closed},
}

var sharedTests = []test{
	{"one handle is closed", (*suite).oneClosed},
	{"an ID by both handles", (*suite).existsShared},
}

// alternating is a Store that uses two handles in turn.
type alternating struct {
	handles [2]queue.Store
	calls   atomic.Uint32
}

func (s *alternating) next() queue.Store { return s.handles[s.calls.Add(1)%2] }

func (s *alternating) Put(ctx context.Context, m *queue.Message, body io.Reader, l queue.Lease) error {
	return s.next().Put(ctx, m, body, l)
}

func (s *alternating) Claim(ctx context.Context, l queue.Lease, limit int) ([]*queue.Message, error) {
	return s.next().Claim(ctx, l, limit)
}

func (s *alternating) Renew(ctx context.Context, l queue.Lease) ([]string, error) {
	return s.next().Renew(ctx, l)
}

func (s *alternating) Release(ctx context.Context, id, holder string) error {
	return s.next().Release(ctx, id, holder)
}

func (s *alternating) Save(ctx context.Context, m *queue.Message, holder string) error {
	return s.next().Save(ctx, m, holder)
}

func (s *alternating) Remove(ctx context.Context, id, holder string) error {
	return s.next().Remove(ctx, id, holder)
}

func (s *alternating) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	return s.next().Open(ctx, id)
}

func (s *alternating) All(ctx context.Context) iter.Seq2[*queue.Message, error] {
	return s.next().All(ctx)
}

func (s *alternating) Usage(ctx context.Context) (queue.Usage, error) { return s.next().Usage(ctx) }

// Close closes both handles.
func (s *alternating) Close() error {
	if err := s.handles[0].Close(); err != nil {
		return err
	}
	return s.handles[1].Close()
}
