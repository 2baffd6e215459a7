package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/milter"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// milterFlags name the content filters.
type milterFlags struct {
	addresses list
	action    milter.Action
}

// register registers the flags; usage is that of -milter.
func (f *milterFlags) register(fs *flag.FlagSet, usage string) {
	fs.Var(&f.addresses, "milter", usage)
	fs.Func("milter-default-action", "what becomes of mail while a filter can't be asked: `ACTION` tempfail (451, the default), accept or reject", func(s string) (err error) {
		f.action, err = milter.ParseAction(s)
		return err
	})
}

// filters returns the filters, in the order of the flags. events get theirs.
func (f *milterFlags) filters(events ...event.Reader) ([]*milter.Milter, error) {
	var all []*milter.Milter
	var errs []error
	for _, address := range f.addresses {
		m := &milter.Milter{Address: address, DefaultAction: f.action, Events: events}
		if err := m.Check(); err != nil {
			errs = append(errs, fmt.Errorf("-milter %q: %w", address, err))
		}
		all = append(all, m)
	}
	return all, errors.Join(errs...)
}

// hooks returns the Hooks that ask the filters. report gets their events.
func (f *milterFlags) hooks(report event.Reader) ([]relay.Hooks, error) {
	var all []relay.Hooks
	filters, err := f.filters(report)
	for _, m := range filters {
		all = append(all, m.Hooks())
	}
	return all, err
}

// codeMilterFailed is the code of the finding that a content filter can't be asked.
const codeMilterFailed source.Code = "milter-failed"

// reachTime bounds how long check waits for a filter.
const reachTime = 10 * time.Second

// findings connects to the filters, and returns a finding for each that can't be asked now.
func (f *milterFlags) findings() (found source.Diagnostics, err error) {
	filters, err := f.filters()
	if err != nil {
		return nil, err
	}
	fate := map[milter.Action]string{milter.TempFail: "mail is refused with 451", milter.Accept: "mail passes without it", milter.Reject: "mail is refused with 550"}[f.action]
	for _, m := range filters {
		ctx, cancel := context.WithTimeout(context.Background(), reachTime)
		if err := m.Reach(ctx); err != nil {
			found = append(found, source.Diagnostic{
				Severity: source.SeverityWarning, Code: codeMilterFailed,
				Detail: fmt.Sprintf("-milter %s: the filter can't be asked, so %s: %v", m.Address, fate, err),
				Fix:    "start the filter, or correct the address",
			})
		}
		cancel()
	}
	return found, nil
}
