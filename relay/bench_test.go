package relay_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// discard is a Handler that reads and forgets.
func discard(_ context.Context, _ *relay.Envelope, body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// dropAll is a go-smtp session that does the same.
type dropAll struct{}

func (dropAll) Mail(string, *smtp.MailOptions) error { return nil }
func (dropAll) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (dropAll) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
func (dropAll) Reset()                               {}
func (dropAll) Logout() error                        { return nil }

// naive serves go-smtp as it comes.
func naive(b testing.TB, l net.Listener) {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return dropAll{}, nil }))
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	go server.Serve(l)
	b.Cleanup(func() { server.Close() })
}

// contestants are the relay and plain go-smtp, each on a network of its own.
func contestants(b testing.TB) map[string]*relaytest.Network {
	w := serve(b, withService(b, connector.Service{MaxConnectionRatePerMinute: math.MaxInt32}, defaultHub()), func(s *relay.Server) {
		s.Handler, s.Logger, s.ProtocolLog = relay.HandlerFunc(discard), nil, nil
	})
	plain := new(relaytest.Network)
	l, err := plain.Listen(hub)
	if err != nil {
		b.Fatal(err)
	}
	naive(b, l)
	return map[string]*relaytest.Network{"relay": &w.network, "go-smtp": plain}
}

// The difference of the two is what the relay costs on its own account
// (performance target 16). The client's part is the same in both.
func BenchmarkMessage(b *testing.B) {
	for name, network := range contestants(b) {
		b.Run(name, func(b *testing.B) {
			conn, err := network.Dial(b.Context(), netip.MustParseAddr(stranger), at(hub))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			pipe := newPipeliner(b, conn)
			b.ReportAllocs()
			for b.Loop() {
				pipe.message(b)
			}
		})
	}
}

// pipeliner sends messages without allocating.
type pipeliner struct {
	conn      net.Conn
	head, end []byte
	buf       [4096]byte
}

func newPipeliner(b testing.TB, conn net.Conn) *pipeliner {
	p := &pipeliner{
		conn: conn,
		head: []byte("MAIL FROM:<someone@contoso.com>\r\nRCPT TO:<" + inside + ">\r\nDATA\r\n"),
		end:  []byte(message + strings.Repeat(strings.Repeat("x", 78)+"\r\n", 50) + ".\r\n"),
	}
	p.expect(b, 1)
	if _, err := conn.Write([]byte("EHLO client.contoso.com\r\n")); err != nil {
		b.Fatal(err)
	}
	p.expect(b, 1)
	return p
}

// message sends one.
func (p *pipeliner) message(b testing.TB) {
	for _, part := range [][]byte{p.head, p.end} {
		if _, err := p.conn.Write(part); err != nil {
			b.Fatal(err)
		}
		if len(part) == len(p.head) {
			p.expect(b, 3)
		} else {
			p.expect(b, 1)
		}
	}
}

// expect reads n replies, none of them a refusal.
func (p *pipeliner) expect(b testing.TB, n int) {
	have := 0
	for n > 0 {
		m, err := p.conn.Read(p.buf[have:])
		if err != nil {
			b.Fatal(err)
		}
		have += m
		start := 0
		for i := 0; i < have; i++ {
			if p.buf[i] != '\n' {
				continue
			}
			if line := p.buf[start:i]; len(line) < 4 || line[0] > '3' {
				b.Fatalf("refused: %s", line)
			} else if line[3] == ' ' {
				n--
			}
			start = i + 1
		}
		have = copy(p.buf[:], p.buf[start:have])
	}
}

// What a connection costs that does nothing, greeting and EHLO done
// (performance target 14).
func BenchmarkIdleConnection(b *testing.B) {
	for name, network := range contestants(b) {
		b.Run(name, func(b *testing.B) {
			const connections = 500
			var before, after runtime.MemStats
			for b.Loop() {
				measure(&before)
				var all []net.Conn
				for range connections {
					conn, err := network.Dial(b.Context(), netip.MustParseAddr(stranger), at(hub))
					if err != nil {
						b.Fatal(err)
					}
					newPipeliner(b, conn)
					all = append(all, conn)
				}
				measure(&after)
				used := after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse
				b.ReportMetric(float64(used)/connections, "B/conn")
				for _, conn := range all {
					conn.Close()
				}
			}
		})
	}
}

func measure(m *runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(m)
}
