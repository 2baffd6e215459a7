package mxpolicy

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
)

// Times of MTA-STS.
const (
	checkEvery   = 5 * time.Minute     // how often a domain is asked whether its policy has changed
	refreshEvery = 24 * time.Hour      // how often a policy is fetched though it has not
	unusedFor    = 90 * 24 * time.Hour // after that, a policy is not fetched any more unless mail needs it
	txtTimeout   = 20 * time.Second
	fetchTimeout = time.Minute // RFC 8461, section 3.3
)

// Bounds of what is remembered.
const (
	maxDomains = 10_000   // domains, with a policy or without one
	maxKept    = 64 << 20 // bytes of their policies, so that the File can be read again: see maxFile
)

// KeptSTS is an MTA-STS policy that is kept.
type KeptSTS struct {
	STS
	ID      string    // as the domain announced it
	Fetched time.Time // when it was fetched last
}

// Expires returns when the policy holds no longer.
func (k *KeptSTS) Expires() time.Time { return k.Fetched.Add(k.MaxAge) }

// stsDomain is a domain with its MTA-STS policy, or without one.
type stsDomain struct {
	policy  *KeptSTS      // nil: none
	size    int           // of the policy, in bytes
	checked time.Time     // when the domain was asked last; zero: never
	failed  error         // of the last check
	used    time.Time     // when mail last went there
	busy    chan struct{} // closed when the check that runs has ended; nil: none runs
}

// valid returns the policy if it still holds.
func (d *stsDomain) valid(now time.Time) *KeptSTS {
	if d.policy == nil || !now.Before(d.policy.Expires()) {
		return nil
	}
	return d.policy
}

// set sets the policy of the domain name; nil: it has none.
func (d *stsDomain) set(name string, policy *KeptSTS) {
	d.policy, d.size = policy, 0
	if policy == nil {
		return
	}
	d.size = 512 + len(name) + len(policy.ID) // with all but the mx, it is never more in the File
	for _, mx := range policy.MX {
		d.size += len(mx) + 16 // likewise
	}
}

// sts returns the policy that holds for a domain; nil if no policy does. The error says why there
// is no newer one. While a policy holds, one caller at most waits for the domain's answer.
func (p *Policies) sts(ctx context.Context, domain string) (*KeptSTS, error) {
	p.starting.Do(p.start)
	p.mu.Lock()
	defer p.mu.Unlock()
	now, d := p.clock(), p.domain(domain)
	d.used = now
	k := d.valid(now)
	fresh := !d.checked.IsZero() && now.Sub(d.checked) < checkEvery
	if fresh || d.busy != nil && k != nil || d.busy == nil && !p.begin(domain, d, p.check) {
		return k, d.failed
	}
	busy := d.busy
	p.mu.Unlock()
	var err error
	select {
	case <-busy:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	p.mu.Lock()
	if err == nil {
		err = d.failed
	}
	return d.valid(now), err
}

// domain returns the record of a domain, which may be new. p is locked.
func (p *Policies) domain(name string) *stsDomain {
	if d := p.domains[name]; d != nil {
		return d
	}
	if len(p.domains) >= maxDomains {
		p.makeRoom()
	}
	d := new(stsDomain)
	p.domains[name] = d
	return d
}

// bound forgets policies if they have too many bytes. p is locked.
func (p *Policies) bound() {
	size := 0
	for _, d := range p.domains {
		size += d.size
	}
	if size > p.room() {
		p.makeRoom()
	}
}

// room returns how many bytes the policies may have together.
func (p *Policies) room() int { return cmp.Or(p.kept, maxKept) }

// makeRoom forgets the domains without a policy. Of the others it keeps those to which mail went
// last, in nine tenths of the room. p is locked.
func (p *Policies) makeRoom() {
	now, size := p.clock(), 0
	var kept []string
	for name, d := range p.domains {
		switch {
		case d.busy != nil:
			size += d.size
		case d.valid(now) == nil:
			delete(p.domains, name)
		default:
			kept = append(kept, name)
		}
	}
	slices.SortFunc(kept, func(a, b string) int { return p.domains[b].used.Compare(p.domains[a].used) })
	for i, name := range kept {
		size += p.domains[name].size
		if i >= maxDomains*9/10 || size > p.room()*9/10 {
			delete(p.domains, name)
		}
	}
}

// begin runs work for a domain in the background, as long as its caller waits or not. It reports
// false if p is closed. p is locked.
func (p *Policies) begin(name string, d *stsDomain, work func(ctx context.Context, name string, old *KeptSTS) (*KeptSTS, error)) bool {
	if p.closed {
		return false
	}
	d.busy = make(chan struct{})
	old := d.valid(p.clock())
	ctx, cancel := context.WithTimeout(p.life, txtTimeout+fetchTimeout)
	p.running.Go(func() {
		defer cancel()
		policy, err := work(ctx, name, old)
		p.mu.Lock()
		d.failed, d.checked = err, p.clock()
		close(d.busy)
		d.busy = nil
		if policy != d.policy {
			d.set(name, policy)
			p.bound()
			p.file.Changed()
		}
		p.mu.Unlock()
		p.report(name, old, policy, err)
	})
	return true
}

// report says that a check of a domain has found another policy than old, or could not fetch it.
func (p *Policies) report(domain string, old, policy *KeptSTS, err error) {
	failed := new(fetchError)
	switch {
	case errors.As(err, &failed) && old == nil:
		p.emit(event.Event{Kind: event.STSFetchFailed, Domain: domain, Detail: "sending without it", Err: err})
	case errors.As(err, &failed):
		p.emit(event.Event{Kind: event.STSFetchFailed, Domain: domain, Detail: "the previous one goes on to hold", Until: old.Expires(), Err: err})
	case policy != nil && (old == nil || old.ID != policy.ID):
		p.emit(event.Event{Kind: event.STSFetched, Domain: domain, Detail: string(policy.Mode), Until: policy.Expires()})
	}
}

// check returns the policy of a domain: old, unless the domain announces another one. If that
// can't be fetched, old goes on to hold.
func (p *Policies) check(ctx context.Context, name string, old *KeptSTS) (*KeptSTS, error) {
	id, err := p.announced(ctx, name)
	switch {
	case err != nil || id == "" || old != nil && old.ID == id:
		return old, err
	}
	return p.renew(ctx, name, id, old)
}

// refresh fetches a policy again.
func (p *Policies) refresh(ctx context.Context, name string, old *KeptSTS) (*KeptSTS, error) {
	if old == nil {
		return nil, nil
	}
	id, err := p.announced(ctx, name)
	if err != nil || id == "" {
		return old, err
	}
	return p.renew(ctx, name, id, old)
}

// renew fetches the policy that a domain announces with id. If it can't, old goes on to hold.
func (p *Policies) renew(ctx context.Context, name, id string, old *KeptSTS) (*KeptSTS, error) {
	policy, err := p.fetch(ctx, name)
	if err != nil {
		return old, err
	}
	return &KeptSTS{STS: *policy, ID: id, Fetched: p.clock()}, nil
}

// announced returns the id of the policy that a domain announces; "" if it announces none.
func (p *Policies) announced(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, txtTimeout)
	defer cancel()
	records, err := p.resolver().LookupTXT(ctx, "_mta-sts."+name+".")
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return "", nil
	}
	return recordID(records), err
}

// resolver returns the resolver of TXT records.
func (p *Policies) resolver() TXTResolver {
	switch {
	case p.TXT != nil:
		return p.TXT
	case p.DNSSEC != nil:
		return p.DNSSEC
	}
	return net.DefaultResolver
}

// start reads the File and begins to fetch policies again each day.
func (p *Policies) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.domains = make(map[string]*stsDomain)
	p.life, p.stop = context.WithCancel(context.Background())
	if p.closed {
		p.stop()
		return
	}
	if err := p.load(); err != nil {
		p.running.Go(func() { p.emit(event.Event{Kind: event.STSUnreadable, Err: err}) })
	}
	p.running.Go(func() {
		hourly := time.NewTicker(time.Hour)
		defer hourly.Stop()
		for {
			select {
			case <-hourly.C:
				p.refreshAll()
			case <-p.life.Done():
				return
			}
		}
	})
}

// refreshAll fetches the policies again that were fetched a day ago, one after the other.
func (p *Policies) refreshAll() {
	p.mu.Lock()
	var due []string
	now := p.clock()
	for name, d := range p.domains {
		if k := d.valid(now); k != nil && now.Sub(k.Fetched) >= refreshEvery && now.Sub(d.used) < unusedFor {
			due = append(due, name)
		}
	}
	p.mu.Unlock()
	for _, name := range due {
		p.mu.Lock()
		d := p.domains[name]
		if d == nil || d.busy != nil || !p.begin(name, d, p.refresh) {
			p.mu.Unlock()
			continue
		}
		busy := d.busy
		p.mu.Unlock()
		<-busy // it ends with p.life
	}
}
