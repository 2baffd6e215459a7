package dnsclient

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Answer is the answer to a question. It must not be changed.
type Answer struct {
	// Records are those of the type that was asked for, and the aliases (CNAME) that lead to
	// them. A type that package dnsmessage doesn't know has an UnknownResource as its body.
	Records []dnsmessage.Resource

	NoName bool          // the name doesn't exist (NXDOMAIN), and no name under it does
	Secure bool          // the server has validated the answer (AD); only if Client.DNSSEC is set
	TTL    time.Duration // how long the answer is valid, at most MaxTTL
}

// pack returns a question as it is sent.
func pack(id uint16, q dnsmessage.Question, dnssec bool) ([]byte, error) {
	// AuthenticData asks for that bit of the answer (RFC 6840 section 5.7).
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true, AuthenticData: dnssec})
	var size dnsmessage.ResourceHeader
	err := errors.Join(b.StartQuestions(), b.Question(q), b.StartAdditionals(),
		size.SetEDNS0(udpSize, dnsmessage.RCodeSuccess, dnssec), b.OPTResource(size, dnsmessage.OPTResource{}))
	if err != nil {
		return nil, err
	}
	return b.Finish()
}

// unpack reads an answer. matches is false if it isn't one to the question.
func unpack(msg []byte, id uint16, q dnsmessage.Question) (a Answer, matches bool, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || !h.Response || h.ID != id {
		return Answer{}, false, err
	}
	asked, err := p.Question()
	if err != nil || asked.Type != q.Type || asked.Class != q.Class || !strings.EqualFold(asked.Name.String(), q.Name.String()) {
		return Answer{}, false, err
	}
	switch {
	case h.Truncated:
		return Answer{}, true, errCut
	case h.RCode == dnsmessage.RCodeServerFailure:
		return Answer{}, true, failure("can't answer, or the signatures are bogus (SERVFAIL)")
	case h.RCode != dnsmessage.RCodeSuccess && h.RCode != dnsmessage.RCodeNameError:
		return Answer{}, true, failure("answers " + strings.TrimPrefix(h.RCode.String(), "RCode"))
	}
	if err := p.SkipAllQuestions(); err != nil {
		return Answer{}, true, err
	}
	found, err := a.read(&p, q.Type)
	if err != nil {
		return Answer{}, true, err
	}
	if !found {
		a.TTL = min(a.TTL, negativeTTL(&p))
	}
	a.NoName = h.RCode == dnsmessage.RCodeNameError && !found
	a.Secure = h.AuthenticData
	return a, true, nil
}

// read reads the records of a type and aliases, and reports whether there is one of the type.
// What a CNAME leads to counts, because the server has followed it.
func (a *Answer) read(p *dnsmessage.Parser, t dnsmessage.Type) (found bool, err error) {
	a.TTL = MaxTTL
	for {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return found, nil
		}
		if err != nil {
			return false, err
		}
		a.TTL = min(a.TTL, time.Duration(h.TTL)*time.Second)
		if h.Class != dnsmessage.ClassINET || h.Type != t && h.Type != dnsmessage.TypeCNAME {
			if err := p.SkipAnswer(); err != nil {
				return false, err
			}
			continue
		}
		record, err := p.Answer()
		if err != nil {
			return false, err
		}
		a.Records = append(a.Records, record)
		found = found || h.Type == t
	}
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
