package smtpserver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// plainSession is a go-smtp session that does nothing.
type plainSession struct{}

func (plainSession) Mail(string, *smtp.MailOptions) error { return nil }
func (plainSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (plainSession) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
func (plainSession) Reset()                               {}
func (plainSession) Logout() error                        { return nil }

// chanListener feeds a server with one side of pipes.
type chanListener chan net.Conn

func (l chanListener) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l chanListener) Close() error   { return nil }
func (l chanListener) Addr() net.Addr { return &net.TCPAddr{} }

// newPlain returns a function that has plain go-smtp serve a connection, in a
// goroutine of its own.
func newPlain(tb testing.TB) func(net.Conn) {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return plainSession{}, nil }))
	l := make(chanListener)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	tb.Cleanup(func() {
		close(l)
		<-done
	})
	return func(c net.Conn) { l <- c }
}

// newStrict is newPlain for this package's server.
func newStrict(tb testing.TB) func(net.Conn) {
	cfg := config()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	tb.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	return func(c net.Conn) {
		wg.Go(func() { _ = smtpserver.Serve(ctx, c, &cfg, discardSession{}) })
	}
}

// discardSession takes everything, like plainSession.
type discardSession struct{ smtpserver.Handler }

func (discardSession) Hello(string, bool) (smtpserver.Offer, reply.Reply) {
	return smtpserver.Offer{Size: true}, ok
}
func (discardSession) Trusted() bool                       { return false }
func (discardSession) Mail(envelope.Envelope) reply.Reply  { return ok }
func (discardSession) Rcpt(envelope.Recipient) reply.Reply { return ok }
func (discardSession) Data(body io.Reader) reply.Reply {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return reply.Reply{Code: 451}
	}
	return ok
}
func (discardSession) Reset() {}
func (discardSession) Close() {}

// idleMemory returns the bytes that each of n connections holds after EHLO,
// heap and stacks.
func idleMemory(tb testing.TB, serve func(net.Conn), n int) float64 {
	conns := make([]net.Conn, n)
	buf := make([]byte, 1024)
	before := inUse()
	for i := range conns {
		near, far := net.Pipe()
		conns[i] = near
		serve(far)
		read(tb, near, buf, "220 ")
		_, _ = io.WriteString(near, "EHLO client.example.org\r\n")
		read(tb, near, buf, "250 ")
	}
	after := inUse()
	for _, c := range conns {
		_ = c.Close()
	}
	return float64(after-before) / float64(n)
}

// tcpPipe returns both ends of a connection over loopback: unlike net.Pipe it
// has deadlines that cost nothing, and buffers.
func tcpPipe(tb testing.TB) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		tb.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		tb.Fatal(err)
	}
	return near, far
}

// read reads until the last line of a reply has come.
func read(tb testing.TB, r io.Reader, buf []byte, code string) {
	got := ""
	for {
		n, err := r.Read(buf)
		if err != nil {
			tb.Fatal(err)
		}
		got += string(buf[:n])
		if i := strings.LastIndex(strings.TrimSuffix(got, "\r\n"), "\n"); strings.HasSuffix(got, "\r\n") && strings.HasPrefix(got[i+1:], code) {
			return
		}
	}
}

func inUse() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func BenchmarkIdle(b *testing.B) {
	for _, side := range []struct {
		name string
		make func(testing.TB) func(net.Conn)
	}{{"go-smtp", newPlain}, {"smtpserver", newStrict}} {
		b.Run(side.name, func(b *testing.B) {
			var sum float64
			n := 0
			for b.Loop() {
				sum += idleMemory(b, side.make(b), 1000)
				n++
			}
			b.ReportMetric(sum/float64(n), "B/conn")
		})
	}
}

// BenchmarkMessage is a message on a kept connection over loopback.
func BenchmarkMessage(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		body := strings.Repeat(strings.Repeat("x", 76)+"\r\n", size/78)
		for _, side := range []struct {
			name string
			make func(testing.TB) func(net.Conn)
		}{{"go-smtp", newPlain}, {"smtpserver", newStrict}} {
			b.Run(fmt.Sprintf("%s/%d", side.name, size), func(b *testing.B) {
				near, far := tcpPipe(b)
				side.make(b)(far)
				buf := make([]byte, 1024)
				say := func(s, code string) {
					_, _ = io.WriteString(near, s)
					read(b, near, buf, code)
				}
				read(b, near, buf, "220 ")
				say("EHLO x\r\n", "250 ")
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					say("MAIL FROM:<a@example.org>\r\n", "250 ")
					say("RCPT TO:<b@example.net>\r\n", "250 ")
					say("DATA\r\n", "354 ")
					say(body+".\r\n", "250 ")
				}
				_ = near.Close()
			})
		}
	}
}

// BenchmarkConnection is a connection with one small message.
func BenchmarkConnection(b *testing.B) {
	for _, side := range []struct {
		name string
		make func(testing.TB) func(net.Conn)
	}{{"go-smtp", newPlain}, {"smtpserver", newStrict}} {
		b.Run(side.name, func(b *testing.B) {
			serve := side.make(b)
			buf := make([]byte, 1024)
			b.ReportAllocs()
			for b.Loop() {
				near, far := tcpPipe(b)
				serve(far)
				read(b, near, buf, "220 ")
				for _, step := range []struct{ say, code string }{
					{"EHLO x\r\n", "250 "},
					{"MAIL FROM:<a@example.org>\r\n", "250 "},
					{"RCPT TO:<b@example.net>\r\n", "250 "},
					{"DATA\r\n", "354 "},
					{"Subject: x\r\n\r\nx\r\n.\r\n", "250 "},
					{"QUIT\r\n", "221 "},
				} {
					_, _ = io.WriteString(near, step.say)
					read(b, near, buf, step.code)
				}
				_ = near.Close()
			}
		})
	}
}
