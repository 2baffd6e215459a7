//go:build linux

package e2e

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// shownSettings are parameters that Policy.Walk doesn't look at, because no command's decision depends on them. set
// gives a connector the value of the first or the second policy. show does what makes the difference in a session, which has been
// greeted, and returns what the client sees.
//
// Not here are those settings that clients see after several messages or a long time only (MessageRateLimit, ConnectionTimeout), by
// several connections (MaxInboundConnection), or not at all, because the next hop sees them in the message (RewriteFrom); nor those that choose
// certificates and cipher suites.
var shownSettings = []struct {
	name string
	set  func(r *connector.Receive, side int)
	show func(*call) (string, error)
	want [2]string // "": any
}{
	{"Banner", func(r *connector.Receive, side int) { r.Banner = fmt.Sprintf("220 policy %d", side) }, (*call).greeting, [2]string{"policy 0", "policy 1"}},
	{"Fqdn", func(r *connector.Receive, side int) { r.Fqdn = fmt.Sprintf("mx%d.contoso.com", side) }, (*call).answersAs, [2]string{"mx0.contoso.com", "mx1.contoso.com"}},
	{"PipeliningEnabled", func(r *connector.Receive, side int) { r.PipeliningEnabled = param.Value(side == 1) }, keyword("PIPELINING"), [2]string{"false", "true"}},
	{"ChunkingEnabled", func(r *connector.Receive, side int) { r.ChunkingEnabled = param.Value(side == 1) }, keyword("CHUNKING"), [2]string{"false", "true"}},
	{"EightBitMimeEnabled", func(r *connector.Receive, side int) { r.EightBitMimeEnabled = param.Value(side == 1) }, keyword("8BITMIME"), [2]string{"false", "true"}},
	{"DeliveryStatusNotificationEnabled", func(r *connector.Receive, side int) { r.DeliveryStatusNotificationEnabled = param.Value(side == 1) }, keyword("DSN"), [2]string{"false", "true"}},
	{"SmtpUtf8Enabled", func(r *connector.Receive, side int) { r.SmtpUtf8Enabled = param.Value(side == 1) }, keyword("SMTPUTF8"), [2]string{"false", "true"}},
	{"MaxLogonFailures", func(r *connector.Receive, side int) { r.MaxLogonFailures = param.Value(2 + 2*side) }, errorsUntilClosed("AUTH PLAIN " + plain("nobody", "guess")), [2]string{"421 4.7.0 after 2", "421 4.7.0 after 4"}},
	{"MaxProtocolErrors", func(r *connector.Receive, side int) { r.MaxProtocolErrors = param.Value(param.Limit(2 + 2*side)) }, errorsUntilClosed("NONSENSE"), [2]string{"421 4.7.0 after 3", "421 4.7.0 after 5"}},
	{"AuthTarpitInterval", func(r *connector.Receive, side int) {
		r.AuthTarpitInterval = param.Value(time.Duration(side) * time.Second)
	}, delayed("AUTH PLAIN " + plain("nobody", "guess")), [2]string{"", "true"}},
	{"TarpitInterval", func(r *connector.Receive, side int) {
		r.TarpitInterval = param.Value(time.Duration(side) * time.Second)
	}, delayed("MAIL FROM:<a@b@c>"), [2]string{"", "true"}},
	{"TlsMinimumVersion", func(r *connector.Receive, side int) {
		r.TlsMinimumVersion = []param.TlsVersion{param.Tls12, param.Tls13}[side]
	}, (*call).handshakesByTLS12, [2]string{"true", "false"}},
}

// TestSettingWitnesses compares two policies that differ in the shownSettings and opens the session of each change. TestWitnesses walks
// such sessions, too, but looks at replies that they don't change.
func TestSettingWitnesses(t *testing.T) {
	network := newNetwork(t)
	w := newWitnessTest(t)
	h := w.host(t, network, "settings")
	var policies [2]*connector.Policy
	for side := range policies {
		cfg := connector.Config{Server: "EX01"}
		for i, s := range shownSettings {
			r := connector.Receive{
				Name: s.name, Bindings: []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 25)},
				RemoteIPRanges: []param.Range{param.MustParseRange("0.0.0.0/0")}, Fqdn: "mx.contoso.com", AuthMechanism: param.Value(auth.TLS | auth.BasicAuth),
				PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
				TarpitInterval:   param.Value(time.Duration(0)), AuthTarpitInterval: param.Value(time.Duration(0)),
			}
			s.set(&r, side)
			cfg.Receive = append(cfg.Receive, r)
		}
		var err error
		if policies[side], err = connector.Compile(cfg); err != nil {
			t.Fatal(err)
		}
	}
	changes := analysis.Compare(policies[0], policies[1]).Changes
	for side, p := range policies {
		running := w.serve(t, h, p, "nobody:"+w.hash+"\n")
		for _, s := range shownSettings {
			i := slices.IndexFunc(changes, func(c analysis.Change) bool { return c.Subject == s.name })
			if i < 0 {
				t.Fatalf("no change is about %s", s.name)
			}
			opened := &call{caller: &caller{host: h, ca: w.ca}, d: changes[i].Witness}
			err := opened.connect()
			var got string
			if err == nil {
				got, err = s.show(opened)
				opened.conn.Close()
			}
			if want := s.want[side]; err != nil || want != "" && got != want {
				t.Errorf("%s, side %d: got %q, %v; want %q", s.name, side, got, err, want)
			}
		}
		if err := running.end(syscall.SIGTERM); err != nil {
			t.Errorf("gateway serve: %v", err)
		}
	}
}

func (s *call) greeting() (string, error) { return s.said, nil }

// answersAs returns the name that the reply to EHLO begins with.
func (s *call) answersAs() (string, error) {
	err := s.hello()
	name, _, _ := strings.Cut(s.said, " ")
	return name, err
}

// keyword shows whether EHLO offers a keyword.
func keyword(word string) func(*call) (string, error) {
	return func(s *call) (string, error) {
		err := s.hello()
		return fmt.Sprint(s.offers(word)), err
	}
}

// errorsUntilClosed repeats a command, which is refused, until the server closes the connection.
func errorsUntilClosed(command string) func(*call) (string, error) {
	return func(s *call) (string, error) {
		if err := s.hello(); err != nil {
			return "", err
		}
		for n := range 10 {
			if err := s.command("reply", command); !errors.Is(err, errRefused) {
				return "", fmt.Errorf("not refused: %w", err)
			}
			if reply, closing := strings.CutPrefix(s.outcomes[len(s.outcomes)-1], "reply 421"); closing {
				return fmt.Sprintf("421%s after %d", reply, n), nil
			}
		}
		return "still open", nil
	}
}

// delayed shows whether a second has passed when a command is refused. Without a delay more may have passed, too.
func delayed(command string) func(*call) (string, error) {
	return func(s *call) (string, error) {
		if err := s.hello(); err != nil {
			return "", err
		}
		start := time.Now()
		if err := s.command("reply", command); !errors.Is(err, errRefused) {
			return "", fmt.Errorf("not refused: %w", err)
		}
		return fmt.Sprint(time.Since(start) >= time.Second), nil
	}
}

// handshakesByTLS12 shows whether TLS 1.2 is enough.
func (s *call) handshakesByTLS12() (string, error) {
	for _, step := range []func() error{s.hello, func() error { return s.command("starttls", "STARTTLS") }} {
		if err := step(); err != nil {
			return "", err
		}
	}
	err := tls.Client(s.conn, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}).Handshake()
	return fmt.Sprint(err == nil), nil
}
