package ledger

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"
)

// stranger is a hostile client, with many addresses.
type stranger struct {
	soak      *soak
	rng       *rand.Rand
	addresses []string // of the gateway
}

// strangerAddresses is how many addresses each kind of stranger has: some come often enough to meet the limits
// of one source.
const strangerAddresses = 20

// hostilities are what strangers do again and again, by name.
var hostilities = map[string]func(*stranger, *victim){
	"says nothing":         func(_ *stranger, v *victim) { v.read() },
	"sends byte by byte":   (*stranger).loris,
	"leaves in a command":  func(_ *stranger, v *victim) { v.say("EHLO a.example\r\nMAIL FROM:<m1@") },
	"leaves in a message":  (*stranger).leaves,
	"resets in a message":  (*stranger).resets,
	"repeats NOOP":         func(_ *stranger, v *victim) { v.flood("NOOP\r\n") },
	"repeats RSET":         func(_ *stranger, v *victim) { v.flood("RSET\r\n") },
	"repeats VRFY":         func(_ *stranger, v *victim) { v.flood("VRFY postmaster\r\n") },
	"repeats empty chunks": func(_ *stranger, v *victim) { v.flood("BDAT 0\r\n") },
	"guesses passwords":    (*stranger).guesses,
	"sends garbage as TLS": (*stranger).garbage,
	"leaves in TLS":        (*stranger).leavesTLS,
	"smuggles a message":   (*stranger).smuggles,
	"opens many":           (*stranger).crowds,
	"sends too much":       (*stranger).tooMuch,
	"sends a long header":  (*stranger).longHeader,
	"sends a long line":    func(_ *stranger, v *victim) { v.say(strings.Repeat("x", 300_000)); v.read() },
	"claims a large chunk": func(_ *stranger, v *victim) {
		v.say("EHLO a.example\r\nBDAT 99999999999\r\n" + strings.Repeat("y", 50_000))
	},
	"relays": (*stranger).relays,
}

// victim is a connection to the gateway as strangers use it: without a care for errors.
type victim struct {
	net.Conn
	in *bufio.Reader
}

func (v *victim) say(text string) error {
	_, err := io.WriteString(v, text)
	return err
}

// read reads until the gateway closes the connection.
func (v *victim) read() { io.Copy(io.Discard, v.in) }

// talk sends commands one by one, and reports whether all had a positive answer.
func (v *victim) talk(commands ...string) bool {
	c := &client{conn: v.Conn, in: v.in}
	for _, command := range commands {
		if reply, err := c.do(command); err != nil || reply[0] > '3' {
			return false
		}
	}
	return true
}

// flood sends a command again and again until the gateway has enough.
func (v *victim) flood(command string) {
	go v.say("EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<r0@fine.example>\r\n" + strings.Repeat(command, 1500))
	v.read()
}

// run does deeds until ctx ends, and counts them.
func (h *stranger) run(ctx context.Context, name string, deed func(*stranger, *victim)) {
	for ctx.Err() == nil {
		if v := h.call(); v != nil {
			deed(h, v)
			v.Close()
			h.soak.mu.Lock()
			h.soak.done[name]++
			h.soak.mu.Unlock()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(h.rng.Int64N(int64(200 * time.Millisecond)))):
		}
	}
}

// call opens a connection from one of the addresses, and reads the greeting. nil: it was refused.
func (h *stranger) call() *victim {
	from := netip.AddrFrom4([4]byte{127, 6, 0, byte(1 + h.rng.IntN(strangerAddresses))})
	dialer := net.Dialer{Timeout: patience, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	conn, err := dialer.Dial("tcp", h.addresses[h.rng.IntN(len(h.addresses))])
	if err != nil {
		return nil
	}
	conn.SetDeadline(time.Now().Add(patience))
	v := &victim{conn, bufio.NewReader(conn)}
	if line, err := v.in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "220 ") {
		conn.Close()
		return nil
	}
	return v
}

func (h *stranger) loris(v *victim) {
	for v.say("E") == nil {
		time.Sleep(100 * time.Millisecond)
	}
}

// begin begins a letter and sends its header and half its body. The ledger knows that it isn't to arrive.
func (h *stranger) begin(v *victim) {
	m := h.soak.ledger.compose([]string{"r0@fine.example"})
	if v.talk("EHLO a.example", "MAIL FROM:<"+m.from()+">", "RCPT TO:<"+m.to[0]+">", "DATA") {
		text := m.write(20_000)
		v.say(string(text[:len(text)/2]))
		h.soak.ledger.tried(m, "", false, false, "given up by the client")
	}
}

func (h *stranger) leaves(v *victim) { h.begin(v) }

func (h *stranger) resets(v *victim) {
	h.begin(v)
	v.Conn.(*net.TCPConn).SetLinger(0) // or a plain close
}

func (h *stranger) guesses(v *victim) {
	v.talk("EHLO a.example")
	for range 5 {
		name := []string{soakUser, "root", fmt.Sprint("user", h.rng.IntN(1000))}[h.rng.IntN(3)]
		v.talk("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+name+"\x00wrong")))
	}
}

func (h *stranger) garbage(v *victim) {
	if v.talk("EHLO a.example", "STARTTLS") {
		junk := make([]byte, 2000)
		for i := range junk {
			junk[i] = byte(h.rng.Uint32())
		}
		junk[0] = []byte{22, 0, 128, 'M'}[h.rng.IntN(4)]
		v.say(string(junk))
		v.read()
	}
}

func (h *stranger) leavesTLS(v *victim) {
	if v.talk("EHLO a.example", "STARTTLS") {
		secured := tls.Client(v.Conn, &tls.Config{InsecureSkipVerify: true})
		if secured.Handshake() == nil {
			io.WriteString(secured, "EHLO b.example\r\nMAIL FR") // and without close_notify
		}
	}
}

// smuggles sends a letter with a second one within it, behind what other servers take for the end.
func (h *stranger) smuggles(v *victim) {
	m := h.soak.ledger.compose([]string{"r0@fine.example"})
	if !v.talk("EHLO a.example", "MAIL FROM:<"+m.from()+">", "RCPT TO:<"+m.to[0]+">", "DATA") {
		return
	}
	end := []string{"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r"}[h.rng.IntN(5)]
	v.say("Subject: outer\r\n\r\ntext" + end + "MAIL FROM:<smuggled@a.example>\r\nRCPT TO:<r9@fine.example>\r\nDATA\r\nSubject: inner\r\n\r\ninner\r\n.\r\n")
	if reply, err := (&client{conn: v.Conn, in: v.in}).reply(); err == nil && reply[0] == '5' {
		h.soak.ledger.tried(m, "", true, true, reply)
	} else if err == nil {
		h.soak.t.Errorf("%q in a message: %s", end, reply)
	}
}

// crowds opens more connections than one source may have, and keeps them until all are open.
func (h *stranger) crowds(v *victim) {
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: v.LocalAddr().(*net.TCPAddr).IP}}
	for range 60 {
		if conn, err := dialer.Dial("tcp", v.RemoteAddr().String()); err == nil {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			conn.Read(make([]byte, 1))
		}
	}
}

func (h *stranger) tooMuch(v *victim) {
	if v.talk("EHLO a.example", "MAIL FROM:<a@a.example>", "RCPT TO:<r0@fine.example>", "DATA") {
		go v.say("Subject: large\r\n\r\n" + strings.Repeat(strings.Repeat("z", 70)+"\r\n", 20_000) + ".\r\nQUIT\r\n")
		v.read()
	}
}

func (h *stranger) longHeader(v *victim) {
	if v.talk("EHLO a.example", "MAIL FROM:<a@a.example>", "RCPT TO:<r0@fine.example>", "DATA") {
		go v.say(strings.Repeat("X-Long: "+strings.Repeat("z", 70)+"\r\n", 5_000) + "\r\n.\r\nQUIT\r\n")
		v.read()
	}
}

func (h *stranger) relays(v *victim) {
	v.talk("EHLO a.example", "MAIL FROM:<a@a.example>")
	for _, to := range []string{"r1@slow.example", "r1%slow.example@fine.example", "@fine.example:r1@slow.example", "slow.example!r1@fine.example", "\"r1@slow.example\"@fine.example", "r1@[127.0.0.1]", "r1@slow.example"} {
		if v.talk("RCPT TO:<" + to + ">") {
			h.soak.t.Errorf("a stranger may send to %s", to)
		}
	}
}
