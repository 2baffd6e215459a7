package oauth

import (
	"cmp"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// Sources fetches the tokens of Send connectors and keeps them fresh. Its For is the Tokens
// function of a delivery.Sender. The zero Sources has no tokens until Set is called, and can't
// store refresh tokens. It is safe for concurrent use; its fields must not change after
// the first call of Set. Close ends what it does in the background.
type Sources struct {
	// Dir has the stored refresh tokens. It is made if it is absent. "": there is no place
	// for them, and the grants DeviceCode and RefreshToken have no tokens.
	Dir string
	// Client asks the token servers. It follows no redirects, whatever its CheckRedirect, and a
	// request lasts 30 seconds at most if it has no Timeout. Nil: the Transport is
	// http.DefaultTransport.
	Client *http.Client
	// Logger gets a line if there is no token, and when there is one again. Nil: no log.
	Logger *slog.Logger

	mu      sync.Mutex
	sources map[string]*tokenSource // by the connector's name in lower case
	closed  bool
}

// Set makes s fetch the tokens of the Send connectors of p that use OAuth, by the settings.
// Connectors whose settings are the same keep their tokens; if they have failed they try
// again at once. It returns at once. Set may be called again, when a policy is read again.
func (s *Sources) Set(settings *Settings, p *connector.Policy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the token sources are closed")
	}
	old := s.sources
	s.sources = map[string]*tokenSource{}
	for out := range p.Send() {
		c := settings.Find(out.Name())
		if c == nil || !usesOAuth(out) {
			continue
		}
		key, user := strings.ToLower(out.Name()), userOf(out)
		if kept := old[key]; kept != nil && kept.user == user && reflect.DeepEqual(kept.config, *c) {
			s.sources[key] = kept
			delete(old, key)
			kept.retryNow()
			continue
		}
		s.sources[key] = s.open(c, user)
	}
	for _, gone := range old {
		gone.close()
	}
	return nil
}

// userOf returns the user of a connector's credential.
func userOf(out *connector.Outbound) string {
	if c := out.Settings().AuthenticationCredential; c != nil {
		return c.UserName
	}
	return ""
}

// open returns a source of c that fetches.
func (s *Sources) open(c *Config, user string) *tokenSource {
	t := &tokenSource{config: *c, user: user, logger: s.logger()}
	t.fetcher = s.fetcher(&t.config, user, t.logger)
	t.start()
	return t
}

// logger returns the Logger, or one that drops its lines.
func (s *Sources) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// fetcher returns the fetcher of c.
func (s *Sources) fetcher(c *Config, user string, logger *slog.Logger) fetcher {
	e := newEndpoint(c, s.Client)
	switch c.Grant {
	case DeviceCode, RefreshToken:
		g := &refreshGrant{endpoint: e, logger: logger}
		if s.Dir != "" {
			g.store = &store{s.Dir}
		}
		return g
	case ServiceAccount:
		return serviceGrant{e, user}
	case Command:
		return commandGrant{c.Command}
	}
	return clientGrant{e}
}

// For returns the tokens of a connector, nil if s has none for it.
func (s *Sources) For(out *connector.Outbound) delivery.TokenSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.sources[strings.ToLower(out.Name())]; t != nil {
		return t
	}
	return nil
}

// Close ends all fetches. Tokens that were fetched stay valid; For returns nil.
func (s *Sources) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.sources {
		t.close()
	}
	s.sources, s.closed = nil, true
	return nil
}

// Status says how the tokens of a connector are.
type Status struct {
	Connector string
	Expires   time.Time // when the present token ends; zero: there was no token yet
	Err       *Error    // why the last fetch has failed; nil: it has not
	Next      time.Time // when the next fetch begins
}

// Status returns the status of each connector, sorted by name.
func (s *Sources) Status() iter.Seq[Status] {
	s.mu.Lock()
	all := slices.SortedFunc(maps.Values(s.sources), func(a, b *tokenSource) int { return cmp.Compare(a.config.Name, b.config.Name) })
	s.mu.Unlock()
	return func(yield func(Status) bool) {
		for _, t := range all {
			if !yield(t.status()) {
				return
			}
		}
	}
}

// status returns the status of one connector.
func (s *tokenSource) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Connector: s.config.Name, Err: s.failed, Next: s.next}
	if s.current != nil {
		st.Expires = s.current.expires
	}
	return st
}

var _ delivery.TokenSource = (*tokenSource)(nil)
