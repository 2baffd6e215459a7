package relay_test

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
)

// voucher accepts every password, as that of the one user that a test names.
type voucher struct {
	mu sync.Mutex
	id auth.Identity
}

func (v *voucher) Verify(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.id, nil
}

func (v *voucher) vouchFor(id *auth.Identity) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.id = auth.Identity{}
	if id != nil {
		v.id = *id
	}
}

// TestDiffOnTheWire replays the witnesses of what two policies do differently against
// a relay under either policy. Every reply is what Walk says it is, and where a change
// is about replies the two conversations differ.
func TestDiffOnTheWire(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 17))
	vouches := &voucher{}
	w := serve(t, randomPolicy(r, false), func(s *relay.Server) {
		s.Handler = newTableRouter()
		s.Verifier = vouches
	})
	certificates := map[string]tls.Certificate{}
	issued := func(names []string) tls.Certificate {
		key := strings.Join(names, " ")
		if _, ok := certificates[key]; !ok && key != "" {
			cert, err := authority().Issue(names...)
			if err != nil {
				t.Fatal(err)
			}
			certificates[key] = cert
		}
		return certificates[key]
	}
	// withMore is a random policy with another partner or another group.
	withMore := func(p *connector.Policy) *connector.Policy {
		cfg := p.Config()
		if r.IntN(2) == 0 {
			cfg.Transport.TLSReceiveDomainSecureList = append(cfg.Transport.TLSReceiveDomainSecureList, "other.example.net")
		}
		in := &cfg.Receive[r.IntN(len(cfg.Receive))]
		in.Permissions = append(in.Permissions, permission.Grant{
			To:    permission.NameSID(oneOf(r, "printers", "scanners")),
			Allow: permission.SetOf(oneOf(r, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.Submit)),
		})
		more, err := connector.Compile(cfg)
		if err != nil {
			return p
		}
		return more
	}
	seen := map[analysis.Aspect]int{}
	partners, users := 0, 0
	for range 80 {
		p := withMore(randomPolicy(r, false))
		q := withMore(p)
		if r.IntN(2) == 0 {
			q = randomPolicy(r, false)
		}
		for _, c := range analysis.Compare(p, q).Changes {
			if !c.Shown() || c.Aspect == analysis.AspectSetting || c.Aspect == analysis.AspectRouteSetting {
				continue // limits of connections, and other texts
			}
			seen[c.Aspect]++
			if len(c.Witness.PeerNames) > 0 {
				partners++
			}
			if c.Witness.User != nil {
				users++
			}
			for side, policy := range []*connector.Policy{p, q} {
				walk := c.Old()
				if side == 1 {
					walk = c.New()
				}
				if err := w.server.SetPolicy(policy); err != nil {
					t.Fatal(err)
				}
				talk := talker{world: w, dialog: c.Witness, partner: issued(c.Witness.PeerNames), walk: walk}
				talk.dialog.Mechanism = "PLAIN"
				vouches.vouchFor(c.Witness.User)
				talk.hold()
			}
		}
	}
	for _, aspect := range []analysis.Aspect{
		analysis.AspectConnection, analysis.AspectAuth, analysis.AspectRelay, analysis.AspectRecipient, analysis.AspectSender, analysis.AspectSize,
		analysis.AspectRecipientCount, analysis.AspectRoute,
	} {
		if seen[aspect] == 0 {
			t.Errorf("no change of aspect %s came up", aspect)
		}
	}
	if partners < 10 || users < 10 {
		t.Errorf("only %d witnesses with certificates and %d users", partners, users)
	}
}
