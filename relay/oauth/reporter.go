package oauth

import (
	"context"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
)

// reporter passes on events about the tokens of one Config.
type reporter struct {
	config *Config
	read   event.Reader // nil: nothing reads them
}

// reporter returns the reporter of c.
func (s *Sources) reporter(c *Config) reporter { return reporter{c, event.Log(s.Logger, s.Events...)} }

// emit passes e on, unless it is zero.
func (r reporter) emit(e event.Event) {
	if r.read == nil || e.Kind == 0 {
		return
	}
	e.Time, e.Connector = time.Now(), r.config.Name
	if r.config.SmartHost.IsValid() {
		e.Host = r.config.SmartHost.String()
	}
	r.read(context.Background(), e)
}

// failure returns the event for a token that can't be fetched. Its Err is an *Error without the
// Cure, which is the Advice, and without the error behind it, which may have secrets in it.
func (s *tokenSource) failure(now time.Time) event.Event {
	why := *s.failed
	why.Cure, why.Err = "", nil
	e := event.Event{
		Kind: event.TokenMissing, Err: &why, Detail: string(why.Cause), Advice: s.failed.Cure,
		Failures: s.failures, Retry: s.next.Sub(now),
	}
	if s.current.valid(now) {
		e.Kind, e.Until = event.TokenNotRenewed, s.current.expires
	}
	return e
}
