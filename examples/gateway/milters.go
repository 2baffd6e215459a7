package main

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/milter"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// milterFlags name the content filters.
type milterFlags struct {
	addresses list
	action    milter.Action
}

// hooks returns the Hooks that ask the filters, in the order of the flags. report gets their events.
func (f *milterFlags) hooks(report event.Reader) ([]relay.Hooks, error) {
	var all []relay.Hooks
	var errs []error
	for _, address := range f.addresses {
		m := &milter.Milter{Address: address, DefaultAction: f.action, Events: []event.Reader{report}}
		if err := m.Check(); err != nil {
			errs = append(errs, fmt.Errorf("-milter %q: %w", address, err))
		}
		all = append(all, m.Hooks())
	}
	return all, errors.Join(errs...)
}
