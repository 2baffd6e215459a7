package ledger

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// patience is how long a client waits for anything.
const patience = 30 * time.Second

// client sends letters, one after the other. It retries each until the answer is final,
// as a mail server does.
type client struct {
	ledger  *ledger
	address string
	rng     *rand.Rand
	pause   time.Duration // before the end of each letter, which is large then
	to      func(*rand.Rand) []string
	manner  manner

	conn net.Conn // nil: none
	in   *bufio.Reader
}

// manner is how a client speaks SMTP; the zero value does it as plainly as possible.
type manner struct {
	source   netip.Addr     // the address it calls from; zero: any
	roots    *x509.CertPool // nil: without STARTTLS
	user     string         // it logs on with this name and the same password; "": it doesn't
	chunks   bool           // BDAT in place of DATA
	large    bool           // every letter has some 300 KB
	hastyEnd bool           // hangs up after each letter, without QUIT
}

// run sends letters until enough is closed and the last one has a final answer, or ctx
// ends.
func (c *client) run(ctx context.Context, enough <-chan struct{}) {
	defer c.hangUp()
	for {
		select {
		case <-enough:
			return
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(c.rng.Int64N(int64(30 * time.Millisecond)))):
		}
		to := recipients
		if c.to != nil {
			to = c.to
		}
		m := c.ledger.compose(to(c.rng))
		size := 200 + c.rng.IntN(4000)
		if (c.pause > 0 || c.manner.large || c.rng.IntN(20) == 0) && !slices.ContainsFunc(m.to, nowhere) {
			size = 300_000 + c.rng.IntN(300_000)
		}
		text := m.write(size)
		for !c.settle(m, text) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(20+c.rng.IntN(80)) * time.Millisecond):
			}
		}
		if c.manner.hastyEnd {
			c.hangUp()
		}
	}
}

// domains are the domains of recipients. No next hop accepts letters for the last one.
var domains = []string{"fine.example", "fine.example", "slow.example", "moody.example", "stern.example", "strict.example", "away.example", "nowhere.example"}

// nowhere reports whether no next hop accepts letters for a recipient. They stay on the
// queue, so they are short.
func nowhere(to string) bool { return strings.HasSuffix(to, "@"+domains[len(domains)-1]) }

// senders is the domain of senders.
const senders = "senders.example"

// recipients chooses one to three recipients of different domains.
func recipients(rng *rand.Rand) []string {
	n := 1
	if rng.IntN(4) == 0 {
		n = 2 + rng.IntN(2)
	}
	var to []string
	for _, i := range rng.Perm(len(domains))[:n] {
		to = append(to, fmt.Sprintf("r%d@%s", i, domains[i]))
	}
	return to
}

func (c *client) hangUp() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// settle offers a letter once, and reports whether the answer was final.
func (c *client) settle(m *letter, text []byte) bool {
	sent, reply, err := c.offer(m, text)
	if err != nil {
		c.hangUp()
	}
	transaction := ""
	if err == nil && strings.HasPrefix(reply, "250 ") {
		transaction = "?"
		if id := acknowledged.FindStringSubmatch(reply); id != nil {
			transaction = id[1]
		}
	}
	refused := err == nil && strings.HasPrefix(reply, "5")
	c.ledger.tried(m, transaction, refused, sent, fmt.Sprintf("%q, %v", reply, err))
	return transaction != "" || refused
}

// offer is one transaction. sent reports whether the content was sent completely.
func (c *client) offer(m *letter, text []byte) (sent bool, reply string, err error) {
	if c.conn == nil {
		if err := c.call(); err != nil {
			return false, "", err
		}
	}
	c.conn.SetDeadline(time.Now().Add(patience))
	commands := []string{"MAIL FROM:<" + m.from() + ">"}
	for _, to := range m.to {
		commands = append(commands, "RCPT TO:<"+to+">")
	}
	if !c.manner.chunks {
		commands = append(commands, "DATA")
	}
	for _, command := range commands {
		reply, err = c.do(command)
		if err != nil || reply[0] != '2' && reply[0] != '3' {
			if err == nil {
				_, err = c.do("RSET")
			}
			return false, reply, err
		}
	}
	if c.manner.chunks {
		return c.chunks(text)
	}
	stuffed := append(bytes.ReplaceAll(text, []byte("\r\n."), []byte("\r\n..")), ".\r\n"...)
	if c.pause > 0 {
		most := len(stuffed) - 100
		if _, err := c.conn.Write(stuffed[:most]); err != nil {
			return false, "", err
		}
		time.Sleep(c.pause) // a long upload, as of a large message
		stuffed = stuffed[most:]
		c.conn.SetDeadline(time.Now().Add(patience))
	}
	if _, err := c.conn.Write(stuffed); err != nil {
		return false, "", err
	}
	reply, err = c.reply()
	return true, reply, err
}

// chunks sends the content in two chunks.
func (c *client) chunks(text []byte) (sent bool, reply string, err error) {
	half := len(text) / 2
	for i, chunk := range [][]byte{text[:half], text[half:]} {
		command := fmt.Sprintf("BDAT %d%s\r\n", len(chunk), []string{"", " LAST"}[i])
		if _, err := c.conn.Write(append([]byte(command), chunk...)); err != nil {
			return false, "", err
		}
		if reply, err = c.reply(); err != nil || reply[0] != '2' {
			break
		}
	}
	return true, reply, err
}

func (c *client) call() error {
	dialer := net.Dialer{Timeout: patience}
	if c.manner.source.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.manner.source, 0))
	}
	conn, err := dialer.Dial("tcp", c.address)
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
	c.conn.SetDeadline(time.Now().Add(patience))
	if reply, err := c.reply(); err != nil || !strings.HasPrefix(reply, "220 ") {
		return errors.Join(fmt.Errorf("greeting: %q", reply), err)
	}
	if err := c.expect("250", "EHLO "+senders); err != nil {
		return err
	}
	if c.manner.roots != nil {
		if err := c.secure(); err != nil {
			return err
		}
	}
	if c.manner.user != "" {
		return c.expect("235", "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+c.manner.user+"\x00"+c.manner.user)))
	}
	return nil
}

// secure begins TLS, and greets again.
func (c *client) secure() error {
	if err := c.expect("220", "STARTTLS"); err != nil {
		return err
	}
	secured := tls.Client(c.conn, &tls.Config{RootCAs: c.manner.roots, ServerName: "huba.fabrikam.com"})
	if err := secured.Handshake(); err != nil {
		return err
	}
	c.conn, c.in = secured, bufio.NewReader(secured)
	return c.expect("250", "EHLO "+senders)
}

// expect sends a command, and returns an error unless the reply has that code.
func (c *client) expect(code, command string) error {
	reply, err := c.do(command)
	if err != nil || !strings.HasPrefix(reply, code+" ") {
		return errors.Join(fmt.Errorf("%.9s: %q", command, reply), err)
	}
	return nil
}

func (c *client) do(command string) (string, error) {
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		return "", err
	}
	return c.reply()
}

// reply reads a reply and returns its last line.
func (c *client) reply() (string, error) {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if len(line) < 4 || line[0] < '2' || line[0] > '5' {
			return "", fmt.Errorf("%q is no reply", line)
		}
		if line[3] == ' ' {
			if strings.HasPrefix(line, "421") {
				return "", errors.New(line)
			}
			return line, nil
		}
	}
}
