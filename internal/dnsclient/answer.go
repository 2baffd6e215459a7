package dnsclient

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Answer is the answer to a question. It must not be changed.
type Answer struct {
	// Records are those of the type that was asked for, and the aliases (*dns.CNAME) that lead to
	// them. Names and texts in them are written as in zone files, with escapes; see Text.
	Records []dns.RR

	NoName bool          // the name doesn't exist (NXDOMAIN), and no name under it does
	Secure bool          // the server has validated the answer (AD); only if Client.DNSSEC is set
	TTL    time.Duration // how long the answer is valid, at most MaxTTL
}

// escapes matches what package dns writes for a byte that is special in zone files.
var escapes = regexp.MustCompile(`\\(\d\d\d|.)`)

// Text returns the strings of a TXT record of an Answer, joined, with the bytes as they were sent.
func Text(r *dns.TXT) string {
	return escapes.ReplaceAllStringFunc(strings.Join(r.Txt, ""), func(escape string) string {
		if n, err := strconv.ParseUint(escape[1:], 10, 8); err == nil {
			return string([]byte{byte(n)})
		}
		return escape[1:]
	})
}

// written returns a name as package dns writes it in answers; ok is false if the DNS can't have
// such a name. A backslash in name is an ordinary byte: names come from senders of mail.
func written(name string) (text string, ok bool) {
	var wire [255]byte
	name = strings.TrimSuffix(name, ".") + "."
	n, err := dns.PackDomainName(strings.ReplaceAll(name, `\`, `\\`), wire[:], 0, nil, false)
	if err != nil || n <= 1 { // the root has one byte
		return "", false
	}
	text, _, err = dns.UnpackDomainName(wire[:n], 0)
	return text, err == nil
}

// unpack reads an answer. matches is false if it isn't one to the query.
func unpack(msg []byte, query *dns.Msg) (a Answer, matches bool, err error) {
	var m dns.Msg
	err = m.Unpack(msg) // with an error, m holds the parts before the mistake
	asked := query.Question[0]
	if !m.Response || m.Id != query.Id || len(m.Question) != 1 || m.Question[0].Qtype != asked.Qtype ||
		m.Question[0].Qclass != asked.Qclass || !strings.EqualFold(m.Question[0].Name, asked.Name) {
		return Answer{}, false, err
	}
	switch {
	case m.Truncated:
		return Answer{}, true, errCut
	case m.Rcode == dns.RcodeServerFailure:
		return Answer{}, true, failure("can't answer, or the signatures are bogus (SERVFAIL)")
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return Answer{}, true, failure("answers " + cmp.Or(dns.RcodeToString[m.Rcode], fmt.Sprint("RCODE ", m.Rcode)))
	case err != nil:
		return Answer{}, true, failure("sends an answer that can't be read: " + strings.TrimPrefix(err.Error(), "dns: "))
	}
	found, err := a.take(m.Answer, asked.Qtype)
	if err != nil {
		return Answer{}, true, err
	}
	if !found {
		a.TTL = min(a.TTL, negativeTTL(m.Ns))
	}
	a.NoName = m.Rcode == dns.RcodeNameError && !found
	a.Secure = m.AuthenticatedData
	return a, true, nil
}

// take takes the records of a type and aliases, and reports whether there is one of the type.
// What a CNAME leads to counts, because the server has followed it.
func (a *Answer) take(records []dns.RR, t uint16) (found bool, err error) {
	a.TTL = MaxTTL
	var taken []dns.RR
	for _, record := range records {
		h := record.Header()
		a.TTL = min(a.TTL, seconds(h.Ttl))
		if h.Class != dns.ClassINET || h.Rrtype != t && h.Rrtype != dns.TypeCNAME {
			continue
		}
		if h.Rdlength < max(1, shortest[h.Rrtype]) {
			return false, failure("sends a record that isn't complete")
		}
		taken = append(taken, record)
		found = found || h.Rrtype == t
	}
	a.Records = taken
	return found, nil
}

// shortest is how many bytes a record of a type has at least; other types have one. Package dns
// reads records with fewer, because those of dynamic updates may end early.
var shortest = map[uint16]uint16{dns.TypeMX: 3, dns.TypeTLSA: 3}

// negativeTTL returns for how long it is valid that there is no record (RFC 2308 section 5).
func negativeTTL(authorities []dns.RR) time.Duration {
	for _, record := range authorities {
		if soa, ok := record.(*dns.SOA); ok {
			return seconds(min(soa.Hdr.Ttl, soa.Minttl))
		}
	}
	return 0
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
