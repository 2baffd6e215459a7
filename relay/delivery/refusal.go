package delivery

import (
	"errors"

	"github.com/interchange-smtp/interchange/internal/hopreply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// refusal is a refusal by a host whose reply means something else than its code says, or has a cure.
type refusal struct {
	err error // has a *smtpclient.Error
	row hopreply.Row
}

// Error implements error.
func (e *refusal) Error() string { return e.err.Error() }

// Unwrap returns the error with the reply.
func (e *refusal) Unwrap() error { return e.err }

// explain returns err as a refusal if its reply to c means something else than its code says, or has a
// cure. It returns other errors as they are.
func explain(c hopreply.Caller, err error) error {
	e, ok := errors.AsType[*smtpclient.Error](err)
	if !ok || e.Reply.Code < 400 {
		return err
	}
	row := hopreply.Find(c, e.Reply.Code, e.Reply.Enhanced, e.Reply.Text())
	if row.Meaning == hopreply.AsCoded && e.Stage == smtpclient.StageAuth && e.Reply.Code >= 500 {
		row.Meaning = hopreply.BadCredentials
	}
	if row.Meaning == hopreply.AsCoded {
		return err
	}
	return &refusal{err, row}
}

// rowOf returns the row of err, an error of explain, in the table of replies; a zero Row if the reply
// means what its code says.
func rowOf(err error) hopreply.Row {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.row
	}
	return hopreply.Row{}
}

// meaningOf returns the Meaning of err, an error of explain.
func meaningOf(err error) hopreply.Meaning { return rowOf(err).Meaning }

// refusesLogon reports whether err, an error of explain, concerns the logon at the host.
func refusesLogon(err error) bool { return meaningOf(err).OfLogon() }
