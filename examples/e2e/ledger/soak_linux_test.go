package ledger

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// How long the soak lasts beside its warm-up: with the other tests, and with the end-to-end tests.
const (
	soakShort = 3 * time.Second
	soakLong  = 30 * time.Second
)

// soakTime is how long the soak lasts beside its warm-up. INTERCHANGE_SOAK changes it.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv("INTERCHANGE_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("INTERCHANGE_SOAK: %v", err)
		}
		return d
	}
	if os.Getenv("INTERCHANGE_E2E") == "1" {
		return soakLong
	}
	return soakShort
}

// TestSoak: good and hostile clients use a gateway whose next hops fail at times and whose policy is replaced
// every second, sometimes by one with a mistake. Afterwards it takes no more memory, goroutines and file
// descriptors than after the warm-up, no acknowledged message is lost or was sent twice, and the logs tell of all.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	s.gateway.start()
	s.load(soakTime(t) / 3)
	before := s.calm(nil)
	t.Logf("after the warm-up: %v", before)
	letters, deeds := len(s.ledger.letters), s.deeds()
	s.load(soakTime(t))
	after := s.calm(before)
	t.Logf("after the soak: %v", after)
	for _, wrong := range after.grown(before) {
		t.Error(wrong)
	}
	if len(s.ledger.letters) == letters || s.deeds() == deeds {
		t.Error("nothing was done after the warm-up")
	}
	s.hits(after)
	s.enough = make(chan struct{})
	v := s.finish()
	s.t.Logf("policy replaced %d times; strangers: %v; %v", s.reloads, s.done, v)
	for _, wrong := range v.wrong {
		t.Error(wrong)
	}
	if v.delivered == 0 || v.reported == 0 || v.queued > 0 || v.refused == 0 {
		t.Error("not all that can happen has happened, or mail is still queued")
	}
	s.checkTracking()
	s.checkTraces()
	s.checkProtocolLogs()
}

// soak is a world with hostile clients.
type soak struct {
	*world
	site     *site
	policies []string // valid ones
	reloads  int
	mu       sync.Mutex
	done     map[string]int // what hostile clients did, and how often
}

// newSoak returns a soak whose gateway isn't started.
func newSoak(t *testing.T) *soak {
	t.Helper()
	dir := t.TempDir()
	s := &soak{world: newWorld(t, dir, dir+"/data", false), site: newSite(t, dir), done: map[string]int{}}
	s.gateway.args = append(s.gateway.args, s.site.args()...)
	one := soakPolicy(s.hops, s.hold, s.first)
	s.policies = []string{one, strings.ReplaceAll(one, `"Name": "To `, `"Name": "By way of `)}
	s.gateway.write(one)
	return s
}

// soakPolicy is policy with connectors for users and for strangers, for the same addresses. Strangers have the
// limits that setup gives to servers on the Internet, with shorter times.
func soakPolicy(hops []*hop, hold, first string) string {
	receive := func(name, ranges, more string) string {
		return fmt.Sprintf(`{"Name": %q, "Bindings": [%q, %q], "RemoteIPRanges": [%q], "ProtocolLoggingLevel": "Verbose", "AuthMechanism": "Tls, BasicAuth", %s}`,
			name, hold, first, ranges, more)
	}
	all := policy(hops, hold, first,
		receive("Users", userSources.String(), `"PermissionGroups": "ExchangeUsers", "MaxAcknowledgementDelay": "00:00:00.5", "MaxInboundConnectionPercentagePerSource": 100`),
		receive("Strangers", strangerSources.String(), `"PermissionGroups": "AnonymousUsers, ExchangeUsers", "MaxMessageSize": "1MB", "MessageRateLimit": 600, "MaxAcknowledgementDelay": "00:00:00",
			"TarpitInterval": "00:00:01", "AuthTarpitInterval": "00:00:01", "ConnectionTimeout": "00:00:05", "ConnectionInactivityTimeout": "00:00:02"`))
	return strings.NewReplacer(
		`"Server": "HubA",`, `"Server": "HubA", "Accepted": [{"Name": "fine", "DomainName": "fine.example", "DomainType": "InternalRelay"}],`,
		`"RemoteIPRanges": ["127.0.0.1"],`, `"RemoteIPRanges": ["127.0.0.1"], "ProtocolLoggingLevel": "Verbose",`,
		`"SmartHosts": [`, `"ConnectionInactivityTimeOut": "00:00:10", "SmartHosts": [`, // so that unused connections don't stay for long
		`"Services": [{`, `"Services": [{"ReceiveProtocolLogMaxDirectorySize": "Unlimited", "MessageTrackingLogMaxDirectorySize": "Unlimited", `,
	).Replace(all)
}

// The sources of clients.
var (
	userSources     = netip.MustParsePrefix("127.7.0.0/16")
	strangerSources = netip.MustParsePrefix("127.6.0.0/16")
)

// manners returns how the good clients speak.
func (s *soak) manners() []manner {
	user := netip.MustParseAddr("127.7.0.1")
	return []manner{
		{}, {chunks: true}, {large: true}, {hastyEnd: true},
		{source: user, roots: s.site.roots, user: soakUser},
		{source: user.Next(), roots: s.site.roots, user: soakUser, chunks: true, large: true},
	}
}

// load has clients at work for a time, and until each hostile client has done all it does, and the policy was
// replaced in every way.
func (s *soak) load(d time.Duration) {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	for _, h := range s.hops {
		h.setHealed(false)
	}
	s.enough = make(chan struct{})
	var clients context.Context
	clients, s.giveUp = context.WithCancel(context.Background())
	s.t.Cleanup(s.giveUp)
	for i, m := range s.manners() {
		c := &client{ledger: s.ledger, address: []string{s.hold, s.first}[i%2], rng: rand.New(rand.NewPCG(s.rng.Uint64(), uint64(i))), manner: m, to: everywhere}
		if i == 0 {
			c.to = crowd
		}
		s.clients.Go(func() { c.run(clients, s.enough) })
	}
	var hostile sync.WaitGroup
	for name, deed := range hostilities {
		h := &stranger{soak: s, rng: rand.New(rand.NewPCG(s.rng.Uint64(), uint64(len(name)))), addresses: []string{s.hold, s.first}}
		hostile.Go(func() { h.run(ctx, name, deed) })
	}
	missing := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.done) < len(hostilities)
	}
	for begun, i := time.Now(), 0; time.Since(begun) < d || i < 3 || missing(); i++ {
		if time.Since(begun) > d+settling {
			s.t.Errorf("hostile clients have only done %v", slices.Sorted(maps.Keys(s.done)))
			break
		}
		s.changePolicy(i)
		time.Sleep(time.Second)
	}
	stop()
	hostile.Wait()
	s.gateway.write(s.policies[0])
	s.reload(0)
	for _, h := range s.hops {
		h.setHealed(true)
	}
	if waiting := s.drain(); waiting > 0 {
		s.t.Errorf("%d recipients still wait for next hops that accept everything", waiting)
	}
	s.giveUp()
}

// everywhere chooses recipients at all next hops that there are.
func everywhere(rng *rand.Rand) []string {
	if to := slices.DeleteFunc(recipients(rng), nowhere); len(to) > 0 {
		return to
	}
	return []string{"r0@fine.example"}
}

// crowd chooses many recipients.
func crowd(rng *rand.Rand) []string {
	var all []string
	for i := range 20 + rng.IntN(30) {
		all = append(all, fmt.Sprintf("r%d@%s", i, domains[i%3]))
	}
	return all
}

// changePolicy replaces the policy, every fourth time by one with a mistake.
func (s *soak) changePolicy(i int) {
	s.t.Helper()
	if i%4 == 3 {
		s.gateway.write(strings.ReplaceAll(s.policies[0], `"MessageRateLimit": 600`, `"MessageRateLimit": "often"`))
		s.reload(2)
		return
	}
	s.gateway.write(s.policies[i%2])
	s.reload(0)
	s.reloads++
}

// reload has the gateway read its policy, which ends with an exit code.
func (s *soak) reload(want int) {
	s.t.Helper()
	cmd := s.gateway.command("reload", "-data", s.gateway.data)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != want {
		s.t.Fatalf("gateway reload: %v: %s", err, out)
	}
}

// deeds is how often hostile clients have done something.
func (s *soak) deeds() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.done {
		n += times
	}
	return n
}
