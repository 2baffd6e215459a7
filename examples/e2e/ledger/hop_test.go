package ledger

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mood is how a next hop treats a message.
type mood int

const (
	takes          mood = iota
	slow                // accepts it after a while
	busy                // 421 to MAIL
	putsOff             // 451 to RCPT
	putsOffData         // 451 to the dot
	refuses             // 550 to RCPT
	refusesData         // 554 to the dot
	breaksOff           // a reset in the middle of the message
	breaksOffAtDot      // a reset in place of an answer; it doesn't have the message
	keepsQuiet          // a reset in place of an answer; it has the message
	babbles             // something that isn't an answer, to the dot
)

// hop is a next hop with moods. It accepts mail for its domain.
type hop struct {
	domain  string
	ledger  *ledger
	reports bool // its domain is that of the senders, so reports go here
	address string

	mu     sync.Mutex
	rng    *rand.Rand
	moods  []mood // one of them is chosen for each message
	healed bool
	conns  map[net.Conn]struct{}
	open   net.Listener // nil: it doesn't listen
	wg     sync.WaitGroup
}

// newHop returns a hop that serves until the test ends.
func newHop(t *testing.T, l *ledger, domain string, seed uint64, moods ...mood) *hop {
	t.Helper()
	h := &hop{domain: domain, ledger: l, rng: rand.New(rand.NewPCG(seed, uint64(len(domain)))), moods: moods, conns: map[net.Conn]struct{}{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.address = listener.Addr().String()
	h.serve(listener)
	t.Cleanup(func() {
		h.leave()
		h.wg.Wait()
	})
	return h
}

func (h *hop) serve(listener net.Listener) {
	h.mu.Lock()
	h.open = listener
	h.mu.Unlock()
	h.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns[conn] = struct{}{}
			h.mu.Unlock()
			h.wg.Go(func() {
				defer func() {
					conn.Close()
					h.mu.Lock()
					delete(h.conns, conn)
					h.mu.Unlock()
				}()
				h.converse(conn)
			})
		}
	})
}

// leave stops listening and closes all connections.
func (h *hop) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open != nil {
		h.open.Close()
		h.open = nil
	}
	for conn := range h.conns {
		conn.Close()
	}
}

// comeBack listens again.
func (h *hop) comeBack() error {
	h.mu.Lock()
	there := h.open != nil
	h.mu.Unlock()
	if there {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", h.address)
	if err == nil {
		h.serve(listener)
	}
	return err
}

// heal makes the hop accept everything from now on.
func (h *hop) heal() error {
	h.setHealed(true)
	return h.comeBack()
}

func (h *hop) setHealed(healed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.healed = healed
}

// mood returns the mood for the next message. A letter that was refused once is always
// refused, so that none is both delivered and reported.
func (h *hop) mood(from string) mood {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(h.moods) > 0 && (h.moods[0] == refuses || h.moods[0] == refusesData):
		if strings.ContainsAny(from[:max(0, strings.IndexByte(from, '@'))], "37") {
			return h.moods[0]
		}
		return takes
	case h.healed || len(h.moods) == 0:
		return takes
	}
	return h.moods[h.rng.IntN(len(h.moods))]
}

// converse is one session.
func (h *hop) converse(conn net.Conn) {
	in := bufio.NewReader(conn)
	say := func(line string) bool {
		_, err := io.WriteString(conn, line+"\r\n")
		return err == nil
	}
	say("220 " + h.domain)
	var from string
	var to []string
	var now mood
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		ok := true
		switch strings.ToUpper(verb) {
		case "EHLO":
			ok = say("250-" + h.domain + "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE")
		case "MAIL":
			from, to, now = path(argument), nil, h.mood(path(argument))
			if now == busy {
				say("421 4.3.2 Too busy")
				return
			}
			ok = say("250 2.1.0 OK")
		case "RCPT":
			switch now {
			case putsOff:
				ok = say("451 4.7.1 Come back later")
			case refuses:
				h.ledger.refused(from, path(argument))
				ok = say("550 5.1.1 No such user")
			default:
				to = append(to, path(argument))
				ok = say("250 2.1.5 OK")
			}
		case "DATA":
			if len(to) == 0 {
				ok = say("554 5.5.1 No recipients")
				break
			}
			ok = say("354 Go ahead") && h.data(conn, in, from, to, now)
		case "RSET", "NOOP":
			ok = say("250 2.0.0 OK")
		case "QUIT":
			say("221 2.0.0 Bye")
			return
		default:
			ok = say("500 5.5.1 " + verb + " isn't known here")
		}
		if !ok {
			return
		}
	}
}

// data reads a message and answers it by the mood. False ends the session.
func (h *hop) data(conn net.Conn, in *bufio.Reader, from string, to []string, now mood) bool {
	var message bytes.Buffer
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return false // cut off: an incomplete message
		}
		if string(line) == ".\r\n" {
			break
		}
		message.Write(bytes.TrimPrefix(line, []byte(".")))
		if now == breaksOff && message.Len() > 400 {
			return h.reset(conn)
		}
	}
	dot := time.Now()
	answer := "250 2.0.0 Taken"
	switch now {
	case breaksOffAtDot, breaksOff:
		return h.reset(conn)
	case putsOffData:
		answer = "451 4.3.0 Come back later"
	case refusesData:
		h.ledger.refused(from, to...)
		answer = "554 5.6.0 Content refused"
	case babbles:
		answer = "Taken, thank you"
	case slow:
		h.mu.Lock()
		wait := time.Duration(h.rng.Int64N(int64(2 * time.Second)))
		h.mu.Unlock()
		time.Sleep(wait)
	}
	if now != takes && now != slow && now != keepsQuiet {
		_, err := io.WriteString(conn, answer+"\r\n")
		return err == nil
	}
	seen := h.arrived(message.Bytes(), from, to, dot)
	if now == keepsQuiet {
		return h.reset(conn)
	}
	if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
		return false
	}
	h.ledger.answered(seen)
	return true
}

// arrived records a message in the ledger.
func (h *hop) arrived(data []byte, from string, to []string, dot time.Time) []*sighting {
	if !h.reports {
		number, transaction, torn := read(data)
		return h.ledger.arrived(number, to, false, dot, transaction, torn)
	}
	number, failed, transaction := readReport(data)
	torn := ""
	if from != "" || len(to) != 1 || to[0] != fmt.Sprintf("m%d@%s", number, senders) || len(failed) == 0 {
		torn = fmt.Sprintf("a report from <%s> to %v on %v", from, to, failed)
	}
	return h.ledger.arrived(number, failed, true, dot, transaction, torn)
}

// reset ends a connection as a crash does.
func (h *hop) reset(conn net.Conn) bool {
	conn.(*net.TCPConn).SetLinger(0) // or a plain close
	return false
}

// path returns the address of MAIL's and RCPT's argument.
func path(argument string) string {
	_, address, _ := strings.Cut(argument, "<")
	address, _, _ = strings.Cut(address, ">")
	return address
}
