package verify

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/internal/dmarc"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/routing"
)

// Verifier checks messages. The zero Verifier is ready to use; its fields must not change once
// it is used. It is safe for concurrent use.
type Verifier struct {
	// Resolver answers all questions to the DNS. Its answers are kept for as long as they
	// are valid, at most an hour, in up to 4 MiB. Nil: a DNS, the system's name servers.
	Resolver Resolver

	// Timeout is how long SPF and DKIM of one message may take together, with their questions and
	// with reading the body; DMARC may then take a quarter of it. What isn't known then has the
	// result temperror. 0: 20 seconds, the least that RFC 7208 allows.
	Timeout time.Duration

	Events []event.Reader // called with event.MessageAuthenticated for each message
	Logger *slog.Logger   // has a line for each of these; nil: no log

	once  sync.Once
	cache *cache
}

// defaultTimeout is RFC 7208's, section 4.6.4.
const defaultTimeout = 20 * time.Second

// Check finds out whose message m is. env is its envelope; neither is changed. Where something
// can't be checked, the result says so, so there is no error.
func (v *Verifier) Check(ctx context.Context, env *relay.Envelope, m *message.Message) Result {
	v.once.Do(func() {
		from := v.Resolver
		if from == nil {
			from = new(DNS)
		}
		v.cache = newCache(from)
	})
	var r Result
	timeout := cmp.Or(v.Timeout, defaultTimeout)
	v.checkSenders(ctx, timeout, env, m, &r)
	ctx, cancel := context.WithTimeout(ctx, timeout/4)
	defer cancel()
	r.DMARC = checkDMARC(ctx, &lookups{cache: v.cache, source: network.Source(env.Remote.Addr()), most: maxDMARCQuestions}, m, &r)
	for f := range m.Header().Fields() {
		if strings.EqualFold(f.Name, "ARC-Seal") {
			r.ARC++
		}
	}
	return r
}

// checkSenders sets the results of SPF and DKIM.
func (v *Verifier) checkSenders(ctx context.Context, timeout time.Duration, env *relay.Envelope, m *message.Message, r *Result) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client := env.Remote.Addr()
	l := &lookups{cache: v.cache, source: network.Source(client), most: maxQuestions, ipv6: !client.Unmap().Is4()}
	var signatures sync.WaitGroup
	signatures.Go(func() { r.DKIM, r.More = checkDKIM(ctx, l, m) })
	r.Helo, r.SPF = checkSPF(ctx, l, client, env.Helo, env.From)
	signatures.Wait()
}

// checkDMARC decides by the results of SPF and DKIM.
func checkDMARC(ctx context.Context, l *lookups, m *message.Message, r *Result) DMARC {
	domain, err := authorDomain(m.Header())
	if err != nil {
		return DMARC{Value: dmarc.ResultPermError.String(), Err: err}
	}
	about := dmarc.Message{Author: domain, SPF: dmarc.Identity{Domain: r.SPF.Domain, Pass: r.SPF.Value == "pass", TempError: r.SPF.Value == "temperror"}}
	for _, s := range r.DKIM {
		if d, err := routing.ParseDomain(s.Domain); err == nil && !d.IsLiteral() {
			about.DKIM = append(about.DKIM, dmarc.Identity{Domain: d.String(), Pass: s.Value == "pass", TempError: s.Value == "temperror"})
		}
	}
	verdict := dmarc.Evaluate(ctx, l, about)
	result := DMARC{Value: verdict.Result.String(), From: domain, Domain: verdict.Domain, Err: verdict.Err}
	if verdict.Domain != "" {
		result.Policy = verdict.Policy.String()
	}
	return result
}

// authorDomain returns the domain of the one From field: A-labels in lower case. Several From
// fields, no author, and authors of several domains are errors: it isn't known which of them a
// mail program shows.
func authorDomain(h *message.Header) (string, error) {
	authors, err := h.From()
	if err != nil {
		return "", err
	}
	domain := authors[0].Domain()
	for _, a := range authors[1:] {
		if a.Domain() != domain {
			return "", errSeveralDomains
		}
	}
	if !domain.IsValid() || domain.IsLiteral() {
		return "", errNoDomain
	}
	return domain.String(), nil
}
