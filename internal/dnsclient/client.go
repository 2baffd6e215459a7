package dnsclient

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
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

	Timeout time.Duration // for one server to answer
	DNSSEC  bool          // asks the servers to say whether an answer is signed
}

// ErrName is the error for a name that the DNS can't have. No server is asked for it.
var ErrName = errors.New("the DNS can't have such a name")

// Ask returns the records of one type at a name, with or without a dot at its end. It is no
// error that there are no such records; an error means that there is no answer now.
func (c *Client) Ask(ctx context.Context, name string, t dnsmessage.Type) (Answer, error) {
	n, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil || !validLabels(name) {
		return Answer{}, ErrName
	}
	q := dnsmessage.Question{Name: n, Type: t, Class: dnsmessage.ClassINET}
	err = errors.New("there is no name server")
	for range rounds {
		for _, server := range c.Servers {
			var a Answer
			if a, err = c.ask(ctx, server, q); err == nil {
				return a, nil
			}
			if ctx.Err() != nil {
				return Answer{}, context.Cause(ctx)
			}
		}
	}
	return Answer{}, err
}

// validLabels reports whether each label of a name has 1 to 63 bytes.
func validLabels(name string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return true
}

// failure says what a name server does in place of answering.
type failure string

func (f failure) Error() string { return string(f) }

// errCut is the error of an answer over UDP that isn't complete.
const errCut = failure("cuts its answer")

// ask asks one server, by UDP and if the answer doesn't fit by TCP.
func (c *Client) ask(ctx context.Context, server string, q dnsmessage.Question) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	a, err := c.exchange(ctx, "udp", server, q)
	if errors.Is(err, errCut) {
		a, err = c.exchange(ctx, "tcp", server, q)
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

// exchange sends a question and reads the answer.
func (c *Client) exchange(ctx context.Context, network, server string, q dnsmessage.Question) (Answer, error) {
	dial := c.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, server) // with a new port for each question, which is hard to guess
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	var random [2]byte
	_, _ = rand.Read(random[:]) // it doesn't fail
	id := binary.BigEndian.Uint16(random[:])
	query, err := pack(id, q, c.DNSSEC)
	if err != nil {
		return Answer{}, err
	}
	if network == "tcp" {
		return exchangeTCP(conn, id, q, query)
	}
	if _, err := conn.Write(query); err != nil {
		return Answer{}, err
	}
	buf := make([]byte, udpSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return Answer{}, err
		}
		// An answer to something else may be forged: the true one is still waited for.
		if a, matches, err := unpack(buf[:n], id, q); matches {
			return a, err
		}
	}
}

// exchangeTCP sends a question and reads the answer, each with its length in front.
func exchangeTCP(conn net.Conn, id uint16, q dnsmessage.Question, query []byte) (Answer, error) {
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return Answer{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return Answer{}, err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n > maxAnswer {
		return Answer{}, failure(fmt.Sprintf("sends an answer of %d bytes; %d are allowed", n, maxAnswer))
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(conn, buf); err != nil {
		return Answer{}, err
	}
	a, matches, err := unpack(buf, id, q)
	if !matches {
		return Answer{}, failure("answers another question")
	}
	return a, err
}
