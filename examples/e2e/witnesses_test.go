//go:build linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestWitnesses lets clients carry out the witnesses of differences between random policies on
// sockets, against the gateway with the one policy and with the other: every reply is that of
// Policy.Walk. Differences in settings at which no command's decision looks are those of
// TestSettingWitnesses.
func TestWitnesses(t *testing.T) {
	const workers, pairs = 2, 16 // pairs for each worker
	network := newNetwork(t)
	w := newWitnessTest(t)
	for i := range workers {
		h := w.host(t, network, fmt.Sprintf("witness%d", i))
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(14, uint64(i)))
			for n := range pairs {
				before, after := w.pair(r, n%2 == 0)
				w.replay(t, h, before, after)
			}
		})
	}
	t.Cleanup(func() {
		t.Logf("%d sessions, %d of them with a partner's certificate, %d of users, %d with TLS from the start", w.sessions.Load(), w.partners.Load(), w.users.Load(), w.implicit.Load())
		if w.sessions.Load() < 300 || w.partners.Load() < 60 || w.users.Load() < 100 || w.implicit.Load() < 10 {
			t.Error("too few sessions of a kind")
		}
	})
}

// witnessTest is what the pairs share, and how many sessions there were.
type witnessTest struct {
	binary string
	ca     *authority
	hash   string // of witnessPassword

	cert, key string // files of the gateway's certificate
	hop       *relaytest.Sink

	sessions, partners, users, implicit atomic.Int32
}

// newWitnessTest makes the next hop, the certificates and the program.
func newWitnessTest(t *testing.T) *witnessTest {
	t.Helper()
	w := &witnessTest{binary: buildGateway(t), ca: newAuthority(t), hash: hashOf(t, witnessPassword)}
	w.cert, w.key = w.ca.issue(t, "localhost")
	cert, err := w.ca.Issue("mx1.contoso.com", "mx2.contoso.com", "mx.isp.example", "10.9.9.9")
	if err != nil {
		t.Fatal(err)
	}
	w.hop = &relaytest.Sink{Certificate: &cert, MaxKept: 1 << 30}
	t.Cleanup(func() { w.hop.Close() })
	return w
}

// host makes a host to which every address belongs, with the next hop.
func (w *witnessTest) host(t *testing.T, n *network, name string) *host {
	t.Helper()
	h := n.everywhere(t, name)
	go w.hop.Serve(h.listen(t, nextHop))
	return h
}

const (
	witnessPassword = "The same for all"
	nextHop         = "127.0.0.1:2525" // of all Send connectors
)

func hashOf(t *testing.T, password string) string {
	t.Helper()
	hash, err := userfile.Hash(auth.Secret(password))
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// everywhere makes a host to which every address belongs.
func (n *network) everywhere(t *testing.T, name string) *host {
	t.Helper()
	ns := n.namespace(t, name)
	ip(t, "-n", ns, "route", "add", "local", "0.0.0.0/0", "dev", "lo")
	ip(t, "-n", ns, "-6", "route", "add", "local", "::/0", "dev", "lo")
	return &host{ns: ns}
}

// pair draws two policies that differ, and with partner such that the certificate of a partner shows a difference.
func (w *witnessTest) pair(r *rand.Rand, partner bool) (before, after *connector.Policy) {
	for {
		p := policygen.Policy(r)
		q := policygen.Change(r, p)
		port := r.IntN(3) == 0
		before, after = prepared(p, port), prepared(q, port)
		found := witnesses(before, after)
		if len(found) > 0 && (!partner || slices.ContainsFunc(found, func(d connector.Dialog) bool { return len(d.PeerNames) > 0 })) {
			return before, after
		}
	}
}

// prepared returns p as the test can serve it: without delays of replies, with passwords in place
// of tokens, and with smart hosts in place of MX records. implicit says that port 587 becomes 465, at
// which connections begin with TLS.
func prepared(p *connector.Policy, implicit bool) *connector.Policy {
	cfg := p.Config()
	atOnce := param.Value(time.Duration(0))
	for i := range cfg.Receive {
		in := &cfg.Receive[i]
		in.TarpitInterval, in.AuthTarpitInterval = atOnce, atOnce
		if m := in.AuthMechanism.Or(0); m.Has(auth.OAuth) {
			in.AuthMechanism = param.Value(m&^auth.OAuth | auth.BasicAuth)
		}
		for j, b := range in.Bindings {
			if implicit && b.Port() == 587 {
				in.Bindings[j] = netip.AddrPortFrom(b.Addr(), 465)
			}
		}
	}
	for i := range cfg.Send {
		if out := &cfg.Send[i]; len(out.SmartHosts) == 0 {
			out.SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
		}
	}
	changed, err := connector.Compile(cfg)
	if err != nil {
		panic(err)
	}
	return changed
}

// witnesses returns the witnesses of all differences between two policies that a client can carry out.
func witnesses(before, after *connector.Policy) []connector.Dialog {
	var all []connector.Dialog
	for _, c := range analysis.Compare(before, after).Changes {
		if a := c.Witness.Remote; c.Shown() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.MustParseAddr("255.255.255.255") {
			d := c.Witness
			d.Further = nil // this server checks passwords only
			all = append(all, d)
		}
	}
	return all
}

// replay serves both policies, one after the other, and carries out the witnesses.
func (w *witnessTest) replay(t *testing.T, h *host, before, after *connector.Policy) {
	t.Helper()
	dialogs := witnesses(before, after)
	for side, p := range []*connector.Policy{before, after} {
		running := w.serve(t, h, p, w.usersFile(dialogs))
		client := caller{host: h, ca: w.ca, name: userName, password: witnessPassword}
		for _, d := range dialogs {
			got, err := client.run(d)
			want := expected(p.Walk(d))
			if err != nil || !slices.Equal(got, want) {
				text, _ := jsonconfig.Marshal(p.Config())
				t.Errorf("side %d: %v\n%s\ngot  %q\nwant %q\n%s", side, err, explain.Session(d), got, want, text)
			}
			w.count(d)
		}
		if err := running.end(syscall.SIGTERM); err != nil {
			t.Errorf("gateway serve: %v", err)
		}
	}
}

// serve starts the gateway with a policy and the text of a file of users.
func (w *witnessTest) serve(t *testing.T, h *host, p *connector.Policy, users string) *serving {
	t.Helper()
	dir := t.TempDir()
	text, err := jsonconfig.Marshal(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"policy.json": string(text), "users": users}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return startServing(t, dir, h, w.ca.roots, w.binary, "-config", "policy.json", "-users", "users",
		"-cert", w.cert, "-key", w.key, "-client-ca", w.ca.roots, "-dns", "127.0.0.1", "-connect-to", "::"+nextHop)
}

// count counts a session by its kinds.
func (w *witnessTest) count(d connector.Dialog) {
	w.sessions.Add(1)
	for counter, is := range map[*atomic.Int32]bool{&w.partners: len(d.PeerNames) > 0, &w.users: d.User != nil, &w.implicit: d.BeginsWithTLS()} {
		if is {
			counter.Add(1)
		}
	}
}

// usersFile returns the text of a file with the users of some dialogs.
func (w *witnessTest) usersFile(dialogs []connector.Dialog) string {
	lines := map[string]bool{"nobody:" + w.hash: true} // a file of users isn't empty
	for _, d := range dialogs {
		if d.User == nil {
			continue
		}
		var groups, senders []string
		for _, sid := range d.User.SIDs {
			if sid != permission.SIDAuthenticatedUsers {
				groups = append(groups, string(sid))
			}
		}
		for _, a := range d.User.Addresses {
			senders = append(senders, a.String())
		}
		for _, domain := range d.User.Domains {
			senders = append(senders, "@"+domain.String())
		}
		lines[userName(&d)+":"+w.hash+":"+strings.Join(groups, ",")+":"+strings.Join(senders, ",")] = true
	}
	var b strings.Builder
	for line := range lines {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// userName returns a name that is the same for users with the same rights only.
func userName(d *connector.Dialog) string {
	text := fmt.Sprint(d.User.SIDs, d.User.Addresses, d.User.Domains)
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(":, []\\@{}#", r) {
			return '-'
		}
		return r
	}, "user"+text)
}

// expected returns the outcomes that a walk says a client will see.
func expected(w connector.Walkthrough) []string {
	var all []string
	for _, s := range w.Stages {
		name := string(s.Name)
		if s.Name == connector.StageRoute {
			name = "rcpt" // which has the reply about the route
		}
		switch {
		case s.Reply.Code != 0:
			all = append(all, outcomeOf(name, s.Reply))
		case s.Name == connector.StageConnect:
			all = append(all, "connect closed")
		}
	}
	return all
}
