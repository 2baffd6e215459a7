package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/interchange-smtp/interchange/milter"
	"github.com/interchange-smtp/interchange/relay"
)

// milterFlags name the content filters.
type milterFlags struct {
	addresses list
	action    milter.Action
}

// hooks returns the Hooks that ask the filters, in the order of the flags.
func (f *milterFlags) hooks(logger *slog.Logger) ([]relay.Hooks, error) {
	var all []relay.Hooks
	var errs []error
	for _, address := range f.addresses {
		m := &milter.Milter{Address: address, DefaultAction: f.action, Logger: logger}
		if err := m.Check(); err != nil {
			errs = append(errs, fmt.Errorf("-milter %q: %w", address, err))
		}
		all = append(all, m.Hooks())
	}
	return all, errors.Join(errs...)
}
