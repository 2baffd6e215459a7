package oauth

import (
	"cmp"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
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
	// Events are called with event.TokenFetched and the other kinds about tokens: those of each
	// Config in their order, a failure that lasts once an hour. They delay the next token only, and
	// must call neither Set nor Close.
	Events []event.Reader
	// Logger gets a line for each event. Nil: no log.
	Logger *slog.Logger

	mu      sync.Mutex
	sources []*tokenSource
	hops    map[hop]*tokenSource // several hops may have the same source
	closed  bool
}

// hop is a smart host of a Send connector.
type hop struct {
	connector string // its name in lower case
	host      param.SmartHost
}

// Set makes s fetch the tokens of the Send connectors of p that use OAuth, by the settings.
// Smart hosts whose settings are the same keep their tokens; if fetching them has failed, s tries
// again at once. It returns at once. Set may be called again, when a policy is read again.
func (s *Sources) Set(settings *Settings, p *connector.Policy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the token sources are closed")
	}
	old := s.sources
	s.sources, s.hops = nil, map[hop]*tokenSource{}
	for out := range p.Send() {
		if !usesOAuth(out) {
			continue
		}
		set := out.Settings()
		for _, host := range set.SmartHosts {
			if c := settings.Find(out.Name(), host); c != nil {
				s.hops[hopOf(out, host)] = s.use(old, c, c.mailbox(set.CredentialFor(host)))
			}
		}
	}
	for _, t := range old {
		if !slices.Contains(s.sources, t) {
			t.close()
		}
	}
	return nil
}

// hopOf returns the hop of a connector to one of its smart hosts.
func hopOf(out *connector.Outbound, host param.SmartHost) hop {
	return hop{strings.ToLower(out.Name()), host}
}

// mailbox returns the user of a smart host's credential if the tokens of c depend on it; "" otherwise, so that
// hosts with several users share the tokens.
func (c *Config) mailbox(credential *param.Credential) string {
	if c.Grant != ServiceAccount || c.Subject != "" || credential == nil {
		return ""
	}
	return credential.UserName
}

// use returns the source of c for the user: one that is in use already, else one of old, else another one. s.mu is
// locked.
func (s *Sources) use(old []*tokenSource, c *Config, user string) *tokenSource {
	same := func(t *tokenSource) bool { return t.user == user && reflect.DeepEqual(t.config, *c) }
	if i := slices.IndexFunc(s.sources, same); i >= 0 {
		return s.sources[i]
	}
	var t *tokenSource
	if i := slices.IndexFunc(old, same); i >= 0 {
		t = old[i]
		t.retryNow()
	} else {
		t = s.open(c, user)
	}
	s.sources = append(s.sources, t)
	return t
}

// open returns a source of c that fetches.
func (s *Sources) open(c *Config, user string) *tokenSource {
	t := &tokenSource{config: *c, user: user}
	t.reporter, t.fetcher = s.reporter(&t.config), s.fetcher(&t.config, user)
	t.start()
	return t
}

// fetcher returns the fetcher of c.
func (s *Sources) fetcher(c *Config, user string) fetcher {
	e := newEndpoint(c, s.Client)
	switch c.Grant {
	case DeviceCode, RefreshToken:
		g := &refreshGrant{endpoint: e, reporter: s.reporter(c)}
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

// For returns the tokens of a connector for one of its smart hosts, nil if s has none.
func (s *Sources) For(out *connector.Outbound, host param.SmartHost) delivery.TokenSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.hops[hopOf(out, host)]; t != nil {
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
	s.sources, s.hops, s.closed = nil, nil, true
	return nil
}

// Status says how the tokens of a connector are, for the smart hosts of one Config.
type Status struct {
	Connector string
	SmartHost param.SmartHost // of the Config; zero: it has none
	Expires   time.Time       // when the present token ends; zero: there was no token yet
	Err       *Error          // why the last fetch has failed; nil: it has not
	Next      time.Time       // when the next fetch begins
}

// Status returns the status of each connector and Config, sorted by the connector's name.
func (s *Sources) Status() iter.Seq[Status] {
	s.mu.Lock()
	all := slices.Clone(s.sources)
	s.mu.Unlock()
	slices.SortStableFunc(all, func(a, b *tokenSource) int { return cmp.Compare(a.config.Name, b.config.Name) })
	return func(yield func(Status) bool) {
		for _, t := range all {
			if !yield(t.status()) {
				return
			}
		}
	}
}

// status returns the status of one source.
func (s *tokenSource) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Connector: s.config.Name, SmartHost: s.config.SmartHost, Err: s.failed, Next: s.next}
	if s.current != nil {
		st.Expires = s.current.expires
	}
	return st
}

var _ delivery.TokenSource = (*tokenSource)(nil)
