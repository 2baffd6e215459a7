package verify

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	askTime   = 3 * time.Second // for one server to answer
	rounds    = 2               // in which all servers are asked
	udpSize   = 1232            // the largest answer over UDP that no network has to cut
	maxAnswer = 16 << 10        // over TCP
)

// DNS asks recursive name servers. The zero DNS asks the system's. It is safe for concurrent
// use; its fields must not change once it is used.
//
// Unlike net.Resolver it says whether a name doesn't exist or only has no such record, which
// DMARC needs, and how long an answer is valid.
type DNS struct {
	// Servers are the addresses with ports of the name servers, asked in this order. Empty:
	// those that Go's resolver would ask, looked up again every minute.
	Servers []string

	// Dial connects to a server. Nil: as net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	system systemServers
}

// Lookup implements Resolver.
func (d *DNS) Lookup(ctx context.Context, name string, t RecordType) (Records, error) {
	n, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil || !validLabels(name) {
		return Records{NoName: true}, nil // no such name can be in the DNS
	}
	servers := d.Servers
	if len(servers) == 0 {
		servers = d.system.servers(ctx)
	}
	if len(servers) == 0 {
		return Records{}, &net.DNSError{Err: "the system has no name server", Name: name}
	}
	q := dnsmessage.Question{Name: n, Type: dnsmessage.Type(t), Class: dnsmessage.ClassINET}
	for range rounds {
		for _, server := range servers {
			var r Records
			if r, err = d.ask(ctx, server, q); err == nil {
				return r, nil
			}
			if ctx.Err() != nil {
				return Records{}, context.Cause(ctx)
			}
		}
	}
	return Records{}, &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
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

// errCut is the error of an answer over UDP that isn't complete.
var errCut = errors.New("the answer was cut")

// ask asks one server, by UDP and if the answer doesn't fit by TCP.
func (d *DNS) ask(ctx context.Context, server string, q dnsmessage.Question) (Records, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := d.exchange(ctx, "udp", server, q)
	if errors.Is(err, errCut) {
		r, err = d.exchange(ctx, "tcp", server, q)
	}
	if err != nil {
		return Records{}, fmt.Errorf("name server %s: %w", server, err)
	}
	return r, nil
}

// exchange sends a question and reads the answer.
func (d *DNS) exchange(ctx context.Context, network, server string, q dnsmessage.Question) (Records, error) {
	dial := d.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, server) // with a new port for each question, which is hard to guess
	if err != nil {
		return Records{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	var random [2]byte
	_, _ = rand.Read(random[:]) // it doesn't fail
	id := binary.BigEndian.Uint16(random[:])
	query, err := pack(id, q)
	if err != nil {
		return Records{}, err
	}
	if network == "tcp" {
		return exchangeTCP(conn, id, q, query)
	}
	if _, err := conn.Write(query); err != nil {
		return Records{}, err
	}
	buf := make([]byte, udpSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return Records{}, err
		}
		// An answer to something else may be forged: the true one is still waited for.
		if r, matches, err := unpack(buf[:n], id, q); matches {
			return r, err
		}
	}
}

// exchangeTCP sends a question and reads the answer, each with its length in front.
func exchangeTCP(conn net.Conn, id uint16, q dnsmessage.Question, query []byte) (Records, error) {
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return Records{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return Records{}, err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n > maxAnswer {
		return Records{}, fmt.Errorf("the answer has %d bytes; %d are allowed", n, maxAnswer)
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(conn, buf); err != nil {
		return Records{}, err
	}
	r, matches, err := unpack(buf, id, q)
	if !matches {
		return Records{}, errors.New("the answer is to another question")
	}
	return r, err
}

// pack returns a question as it is sent.
func pack(id uint16, q dnsmessage.Question) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true})
	var size dnsmessage.ResourceHeader
	err := errors.Join(b.StartQuestions(), b.Question(q), b.StartAdditionals(),
		size.SetEDNS0(udpSize, dnsmessage.RCodeSuccess, false), b.OPTResource(size, dnsmessage.OPTResource{}))
	if err != nil {
		return nil, err
	}
	return b.Finish()
}

// unpack reads an answer. matches is false if it isn't one to the question.
func unpack(msg []byte, id uint16, q dnsmessage.Question) (r Records, matches bool, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || !h.Response || h.ID != id {
		return Records{}, false, err
	}
	asked, err := p.Question()
	if err != nil || asked.Type != q.Type || asked.Class != q.Class || !strings.EqualFold(asked.Name.String(), q.Name.String()) {
		return Records{}, false, err
	}
	switch {
	case h.Truncated:
		return Records{}, true, errCut
	case h.RCode != dnsmessage.RCodeSuccess && h.RCode != dnsmessage.RCodeNameError:
		return Records{}, true, fmt.Errorf("it answers %s", strings.TrimPrefix(h.RCode.String(), "RCode"))
	}
	if err := p.SkipAllQuestions(); err != nil {
		return Records{}, true, err
	}
	found, err := answers(&p, q.Type, &r)
	if err == nil && !found {
		r.TTL = negativeTTL(&p)
	}
	r.NoName = h.RCode == dnsmessage.RCodeNameError && !found
	return r, true, err
}

// answers reads the records of a type into r, and reports whether there is one. What a CNAME
// leads to counts, because the server has followed it.
func answers(p *dnsmessage.Parser, t dnsmessage.Type, r *Records) (found bool, err error) {
	r.TTL = maxTTL
	for {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return found, nil
		}
		if err != nil {
			return false, err
		}
		r.TTL = min(r.TTL, time.Duration(h.TTL)*time.Second)
		if h.Type != t || h.Class != dnsmessage.ClassINET {
			if err := p.SkipAnswer(); err != nil {
				return false, err
			}
			continue
		}
		if err := read(p, t, r); err != nil {
			return false, err
		}
		found = true
	}
}

// read reads one record of a type into r.
func read(p *dnsmessage.Parser, t dnsmessage.Type, r *Records) error {
	switch t {
	case dnsmessage.TypeTXT:
		txt, err := p.TXTResource()
		r.Texts = append(r.Texts, strings.Join(txt.TXT, ""))
		return err
	case dnsmessage.TypeMX:
		mx, err := p.MXResource()
		r.Hosts = append(r.Hosts, &net.MX{Host: mx.MX.String(), Pref: mx.Pref})
		return err
	case dnsmessage.TypePTR:
		ptr, err := p.PTRResource()
		r.Names = append(r.Names, ptr.PTR.String())
		return err
	case dnsmessage.TypeA:
		a, err := p.AResource()
		r.Addrs = append(r.Addrs, netip.AddrFrom4(a.A))
		return err
	case dnsmessage.TypeAAAA:
		a, err := p.AAAAResource()
		r.Addrs = append(r.Addrs, netip.AddrFrom16(a.AAAA))
		return err
	}
	return p.SkipAnswer()
}

// negativeTTL returns for how long it is valid that there is no record (RFC 2308 section 5);
// p stands in front of the authorities.
func negativeTTL(p *dnsmessage.Parser) time.Duration {
	for {
		h, err := p.AuthorityHeader()
		if err != nil {
			return 0
		}
		if h.Type != dnsmessage.TypeSOA {
			if p.SkipAuthority() != nil {
				return 0
			}
			continue
		}
		soa, err := p.SOAResource()
		if err != nil {
			return 0
		}
		return time.Duration(min(h.TTL, soa.MinTTL)) * time.Second
	}
}
