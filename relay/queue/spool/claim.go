package spool

import (
	"context"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Claim implements queue.Store.
func (s *Spool) Claim(ctx context.Context, lease queue.Lease, limit int) ([]*queue.Message, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var views []view
	for _, e := range s.claim(lease, limit) {
		// A Save that the earlier holder has begun counts.
		for e.busy && s.opened {
			s.changed.Wait()
		}
		if s.opened && e.there() && (e.holder == lease.Holder || lease.For <= 0) {
			views = append(views, newView(e))
		}
	}
	s.mu.Unlock()
	var messages []*queue.Message
	for _, v := range views {
		m, err := v.message()
		v.release()
		if err != nil {
			if !s.abandon(v, err) {
				s.mu.Lock()
				s.postpone(v.now, lease.Holder)
				s.mu.Unlock()
			}
			continue
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// Renew implements queue.Store.
func (s *Spool) Renew(ctx context.Context, lease queue.Lease) ([]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.renew(lease), nil
}

// Release implements queue.Store.
func (s *Spool) Release(ctx context.Context, id, holder string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	e, err := s.held(id, holder)
	if err == nil {
		s.lease(e, queue.Lease{})
	}
	return err
}
