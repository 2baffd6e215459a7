package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/miekg/dns"
)

const (
	rounds    = 2        // in which all servers are asked
	udpSize   = 1232     // the largest answer over UDP that no network has to cut
	maxAnswer = 16 << 10 // over TCP
)

// Client asks recursive name servers. It is safe for concurrent use; its fields must not change
// once it is used.
type Client struct {
	// Servers are the addresses with ports of the name servers. They are asked in this order
	// until one answers.
	Servers []string

	// Dial connects to a server. Nil: as net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Away has the servers that are asked last, because they haven't answered lately. Nil: it
	// isn't remembered.
	Away *Away

	Timeout time.Duration // for one server to answer
	DNSSEC  bool          // asks the servers to say whether an answer is signed
}

// ErrName is the error for a name that the DNS can't have. No server is asked for it.
var ErrName = errors.New("the DNS can't have such a name")

// Ask returns the records of one type, such as dns.TypeMX, at a name, with or without a dot at its
// end. It is no error that there are no such records; an error means that there is no answer now.
func (c *Client) Ask(ctx context.Context, name string, t uint16) (Answer, error) {
	name, ok := written(name)
	if !ok {
		return Answer{}, ErrName
	}
	err := errors.New("there is no name server")
	servers := c.Away.order(c.Servers)
	for range rounds {
		for _, server := range servers {
			var a Answer
			if a, err = c.ask(ctx, server, name, t); err == nil {
				return a, nil
			}
			if ctx.Err() != nil {
				return Answer{}, context.Cause(ctx)
			}
			c.Away.passOver(server)
		}
	}
	return Answer{}, err
}

// failure says what a name server does in place of answering.
type failure string

func (f failure) Error() string { return string(f) }

// errCut is the error of an answer over UDP that isn't complete.
const errCut = failure("cuts its answer")

// ask asks one server, by UDP and if the answer doesn't fit by TCP.
func (c *Client) ask(ctx context.Context, server, name string, t uint16) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	a, err := c.exchange(ctx, "udp", server, name, t)
	if errors.Is(err, errCut) {
		a, err = c.exchange(ctx, "tcp", server, name, t)
	}
	if t := net.Error(nil); errors.As(err, &t) && t.Timeout() {
		err = failure("doesn't answer")
	}
	var f failure
	switch {
	case err == nil:
		return a, nil
	case errors.As(err, &f):
		return Answer{}, fmt.Errorf("the name server %s %w", server, f)
	}
	return Answer{}, fmt.Errorf("the name server %s: %w", server, err)
}

// query returns the message that asks a question, with a new ID.
func (c *Client) query(name string, t uint16) *dns.Msg {
	q := new(dns.Msg).SetQuestion(name, t)
	q.AuthenticatedData = c.DNSSEC // asks for that bit of the answer (RFC 6840 section 5.7)
	return q.SetEdns0(udpSize, c.DNSSEC)
}

// exchange sends a question and reads the answer.
func (c *Client) exchange(ctx context.Context, network, server, name string, t uint16) (Answer, error) {
	dial := c.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, server) // with a new port for each question, which is hard to guess
	if err != nil {
		return Answer{}, err
	}
	buf := make([]byte, udpSize)
	if network == "tcp" {
		conn = &dns.Conn{Conn: conn} // puts the length in front of each message, and removes it
		buf = make([]byte, maxAnswer)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	query := c.query(name, t)
	packed, err := query.Pack()
	if err != nil {
		return Answer{}, err
	}
	if _, err := conn.Write(packed); err != nil {
		return Answer{}, err
	}
	for {
		n, err := conn.Read(buf)
		if errors.Is(err, io.ErrShortBuffer) {
			return Answer{}, failure(fmt.Sprintf("sends an answer of more than %d bytes", maxAnswer))
		}
		if err != nil {
			return Answer{}, err
		}
		a, matches, err := unpack(buf[:n], query)
		switch {
		case matches:
			return a, err
		case network == "tcp":
			return Answer{}, failure("answers another question")
		}
		// An answer by UDP to something else may be forged: the true one is still waited for.
	}
}
