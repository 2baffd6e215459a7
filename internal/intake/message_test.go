package intake_test

import (
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// session returns the session of a stranger, and what is known of its message.
func session(t *testing.T) (f intake.Facts) {
	t.Helper()
	policy, err := connector.Compile(connector.Config{
		Server: "hub.contoso.com",
		Receive: []connector.Receive{{
			Name: "In", Bindings: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
			PermissionGroups: param.Value(permission.AnonymousUsers), MaxHeaderSize: 1 << 10, MaxMessageSize: 64 << 10, MaxHopCount: 3,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	local, remote := netip.MustParseAddrPort("192.0.2.1:25"), netip.MustParseAddrPort("203.0.113.9:4711")
	var transactions limits.Transactions
	budget, _ := transactions.Begin(remote.Addr())
	return intake.Facts{
		Session: policy.Select(local, remote.Addr(), nil).Open(auth.Channel{Local: local, Remote: remote}, nil),
		Budget:  &budget, Local: local.Addr(), ESMTP: true, For: "kim@contoso.com",
		Envelope: envelope.Envelope{ID: "id", Remote: remote, Helo: "client"},
	}
}

// What the client sends, what the handler does with it, and what became of it.
func TestMessage(t *testing.T) {
	const header = "From: a@example.com\r\nX-MS-Exchange-Organization-SCL: -1\r\nSubject: s\r\n\r\n"
	long := io.MultiReader(strings.NewReader(header), strings.NewReader(strings.Repeat("x", 70<<10)))
	lost := errors.New("connection lost")
	full := errors.New("mailbox full")
	for _, tc := range []struct {
		name    string
		message io.Reader
		read    bool  // the handler reads to the end
		answer  error // the handler's
		reason  reply.Reason
		want    error
	}{
		{"accepted", strings.NewReader(header + "text\r\n"), true, nil, 0, nil},
		{"handler refuses", strings.NewReader(header + "text\r\n"), true, full, 0, full},
		{"handler refuses unread", strings.NewReader(header + "text\r\n"), false, full, 0, full},
		{"handler accepts unread", strings.NewReader(header + "text\r\n"), false, nil, 0, intake.ErrUnread},
		{"too many hops", strings.NewReader(strings.Repeat("Received: by a\r\n", 4) + "\r\n"), true, nil, reply.HopCountExceeded, nil},
		{"header too large", strings.NewReader("X: " + strings.Repeat("y", 2<<10) + "\r\n\r\n"), true, nil, reply.HeaderTooLarge, nil},
		{"message too large", long, true, nil, reply.MessageTooLarge, nil},
		{"lost in the header", io.MultiReader(strings.NewReader("From: a"), iotest.ErrReader(lost)), true, nil, 0, lost},
		{"lost in the text", io.MultiReader(strings.NewReader(header), iotest.ErrReader(lost)), true, nil, 0, lost},
		{"lost, and the handler accepts", io.MultiReader(strings.NewReader(header), iotest.ErrReader(lost)), true, nil, 0, lost},
	} {
		var m intake.Message
		err := m.Open(tc.message, session(t))
		if err == nil {
			if tc.read {
				text, _ := io.ReadAll(m.Body())
				if s := string(text); !strings.HasPrefix(s, "Received: from client ([203.0.113.9])") || strings.Contains(s, "SCL") {
					t.Errorf("%s: the handler reads %.300q", tc.name, s)
				}
			}
			err = m.End(tc.answer)
		}
		var refused *intake.Refusal
		switch {
		case tc.reason != 0 && (!errors.As(err, &refused) || refused.Decision.Reason != tc.reason || m.Decision() != refused.Decision):
			t.Errorf("%s: %v, want %v", tc.name, err, tc.reason)
		case tc.reason == 0 && !errors.Is(err, tc.want):
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}
