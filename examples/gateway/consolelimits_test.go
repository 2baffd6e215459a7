package main

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// consoleInMemory serves a console on a network in memory, and returns the server and what connects to it.
func consoleInMemory(t *testing.T) (*consoleServer, func() net.Conn) {
	t.Helper()
	s, err := newConsoleServer(&consoleFlags{flag: "-console", address: "127.0.0.1:8025"}, slog.New(slog.DiscardHandler), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.options.Load.Config = demonstration()
	var network relaytest.Network
	if s.console, err = console.New(s.options); err == nil {
		s.listener, err = network.Listen("127.0.0.1:8025")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, func() net.Conn {
		t.Helper()
		conn, err := network.Dial(t.Context(), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddrPort("127.0.0.1:8025"))
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// asks sends a request with a header field of that many bytes, and returns the status of the answer.
func asks(t *testing.T, conn net.Conn, bytes int) int {
	t.Helper()
	go io.WriteString(conn, "GET /logon HTTP/1.1\r\nHost: localhost\r\nX-Long: "+strings.Repeat("x", bytes)+"\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// TestConsoleTimeouts: a request whose header doesn't come, and a connection without requests, are ended.
func TestConsoleTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, dial := consoleInMemory(t)
		s.start()
		for _, tt := range []struct {
			name  string
			begin func(net.Conn)
			limit time.Duration
		}{
			{"header", func(c net.Conn) { io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n") }, consoleHeaderTimeout},
			{"idle", func(c net.Conn) { asks(t, c, 1) }, consoleIdleTimeout},
		} {
			conn, began := dial(), time.Now()
			tt.begin(conn)
			_, err := io.Copy(io.Discard, conn)
			if took := time.Since(began); took != tt.limit {
				t.Errorf("%s: ended after %v (%v), want %v", tt.name, took, err, tt.limit)
			}
			conn.Close()
		}
		s.close()
	})
}

// TestConsoleUnreadAnswer: a browser that doesn't read the answer can't keep its connection.
func TestConsoleUnreadAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, dial := consoleInMemory(t)
		s.start()
		began, ended := time.Now(), make(chan struct{})
		s.web.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			defer close(ended)
			for page := make([]byte, 64<<10); time.Since(began) < time.Hour; {
				if _, err := w.Write(page); err != nil {
					return
				}
			}
		})
		conn := dial()
		io.WriteString(conn, "GET /logon HTTP/1.1\r\nHost: localhost\r\n\r\n")
		<-ended
		if took := time.Since(began); took != consoleAnswerTimeout {
			t.Errorf("ended after %v, want %v", took, consoleAnswerTimeout)
		}
		conn.Close()
		s.close()
	})
}

// TestConsoleHeaderSize: a header that is longer than the limit, with which net/http is generous by 4 KiB, is refused.
func TestConsoleHeaderSize(t *testing.T) {
	s, dial := consoleInMemory(t)
	s.start()
	if status := asks(t, dial(), consoleHeaderBytes-1024); status != http.StatusOK {
		t.Errorf("below the limit: %d", status)
	}
	if status := asks(t, dial(), consoleHeaderBytes+8192); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("above the limit: %d", status)
	}
	s.close()
}

// TestConsoleConnections: one connection more than the limit waits until another ends.
func TestConsoleConnections(t *testing.T) {
	s, dial := consoleInMemory(t)
	l := &counting{Listener: s.listener}
	s.listener = l
	s.start()
	var conns []net.Conn
	for range consoleConnections {
		conn := dial()
		if status := asks(t, conn, 1); status != http.StatusOK {
			t.Fatalf("connection %d: %d", len(conns), status)
		}
		conns = append(conns, conn)
	}
	answered := make(chan int)
	go func() { answered <- asks(t, dial(), 1) }()
	conns[0].Close()
	if status := <-answered; status != http.StatusOK {
		t.Errorf("after another has ended: %d", status)
	}
	if l.most > consoleConnections {
		t.Errorf("%d connections at a time", l.most)
	}
	for _, conn := range conns {
		conn.Close()
	}
	s.close()
}

// counting counts the connections that are open at a time.
type counting struct {
	net.Listener
	mu         sync.Mutex
	open, most int
}

func (l *counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	l.most = max(l.most, l.open)
	return &countedConn{Conn: conn, of: l}, nil
}

type countedConn struct {
	net.Conn
	of   *counting
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		c.of.open--
	})
	return c.Conn.Close()
}

// TestConsoleEnds: a page that waits for a reload doesn't hold up the end of the gateway.
func TestConsoleEnds(t *testing.T) { synctest.Test(t, testConsoleEnds) }

func testConsoleEnds(t *testing.T) {
	s, dial := consoleInMemory(t)
	entered, done := make(chan struct{}), make(chan struct{})
	s.start()
	s.web.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(done)
	})
	go io.WriteString(dial(), "GET /logon HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-entered
	s.close()
	<-done
	if _, err := s.listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}
