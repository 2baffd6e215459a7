package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Format is the version of the certificate's form, and Rules that of the rules by which
// a certificate is checked. Certificates of other versions are refused.
const (
	Format = 1
	Rules  = 1
)

// MaxBytes bounds the text of a certificate, and MaxElements the commas and brackets in
// it, so that reading one takes some hundred megabytes at most.
const (
	MaxBytes    = 64 << 20
	MaxElements = 4_000_000
)

// Certificate has the answers of one policy, or of two side by side, to all questions.
// Where a member has one value for each policy, it is a list with one element or two, in
// the order of Policies. Numbers that name elements of other members count from 0.
type Certificate struct {
	Format      int
	Rules       int
	Policies    []string // Hash of the text of each policy
	Differences int      // answers in which two policies differ; 0 for one policy

	Listeners   []Listener
	Connections []Connection
	Classes     []Class
	Domains     []Domain
	ClientNames []ClientNames
	AccessLists []AccessList
	Offers      []Offers
	Answers     []Answers
	SizeLimits  []int64 // that a policy names, in bytes, ascending
	Routes      []Routes
}

// Listener is a set of local addresses and ports, and who is served there.
type Listener struct {
	// Local has bindings. One to all addresses, such as 0.0.0.0:25, stands for those of
	// its family that no other binding to that port names.
	Local       []string
	ImplicitTLS bool   // connections begin with TLS
	Spans       []Span // of all addresses of the family, ascending
}

// Span is an interval of client addresses and the Receive connectors that serve it.
type Span struct {
	Clients    string   // the lowest and the highest address: 10.0.0.0-10.0.0.255
	Connectors []string // of each policy; "": the connection is refused
	Witness    string   // an address in the span; "" if clients have none of them
}

// Connection is one way of being served, with a place where it is found.
type Connection struct {
	Connectors  []string // of each policy; "": the connection is refused
	ImplicitTLS bool
	Local       string
	Remote      string
}

// Class has the properties of a domain that decisions on senders and recipients see.
type Class struct {
	Accepted []string // the type of the accepted domain that covers it; "": none
	Secured  []bool   // it is in TLSReceiveDomainSecureList
	Reserved string   // the domain of RFC 2606 that it equals or lies below
	Label    bool     // it has a single label
	Witness  string
}

// Kinds of Domain.
const (
	Named     = "named"     // the domain itself
	Below     = "below"     // all below it, except cells of longer names
	Elsewhere = "elsewhere" // all others of two labels and more
	Label     = "label"     // all others of one label
	Literal   = "literal"   // all other address literals
)

// Domain is a cell of domains that the policies don't distinguish.
type Domain struct {
	Kind    string
	Name    string // of Named and Below
	Class   int
	Witness string
}

// ClientNames are the names of client certificates that are in the same of the lists
// TLSReceiveDomainSecureList, all of them.
type ClientNames struct {
	Secured []bool
	Names   []string
}

// AccessList has the groups of the access lists of some connections.
type AccessList struct {
	Connections []int
	Groups      []Groups
}

// Groups are groups of equal power, all of them. The groups that an access list doesn't
// name have no power.
type Groups struct {
	Members []string
	Allow   [][]string // rights, for each policy
	Deny    [][]string
}

// Offers says what EHLO offers on some connections before AUTH.
type Offers struct {
	Connections []int
	TLS         bool
	Answers     []string
}

// Answers has the answers to one kind of question on some connections.
type Answers struct {
	Question    string
	Connections []int
	Rows        []Row
}

// Row has the answers for one channel and all clients of equal power.
type Row struct {
	TLS         bool
	User        []string   // the groups of one that logs on, besides Authenticated Users; null: none does
	Holds       [][]string // the rights of the question that the user holds, for each policy
	Certificate []string   // the client's names; none: anonymous, or a user
	Answers     []string
}

// Routes has the ways of the mail to some domains.
type Routes struct {
	Domains []int
	Ways    []Way
}

// Way is the way of messages in an interval of sizes.
type Way struct {
	Above      int64    // for messages larger than that; -1: no lower bound
	Upto       int64    // and up to that size; 0: no upper bound
	Connectors []string // the Send connectors; "": none
	// Answers has the next hops: "mail exchangers, port 25, TLS used if offered, header fields
	// kept: Routing", "server HubB", or Unreachable or TooLarge. The smart hosts stand in place
	// of "mail exchangers".
	Answers []string
}

// Answers of Way for mail that can't leave.
const (
	Unreachable = "unreachable"
	TooLarge    = "too large"
)

// Count returns how many answers the certificate has: of connections to questions, and of
// domains by size; and in how many of them two policies differ. The names of connectors
// don't matter.
func (c *Certificate) Count() (answers, different int) {
	add := func(places []int, both []string) {
		answers += len(places)
		if len(both) == 2 && both[0] != both[1] {
			different += len(places)
		}
	}
	for _, o := range c.Offers {
		add(o.Connections, o.Answers)
	}
	for _, a := range c.Answers {
		for _, row := range a.Rows {
			add(a.Connections, row.Answers)
		}
	}
	for _, r := range c.Routes {
		for _, way := range r.Ways {
			add(r.Domains, way.Answers)
		}
	}
	return answers, different
}

// Hash returns the SHA-256 of a policy's text in hexadecimal digits. The text is that of
// jsonconfig.Marshal, in which passwords are left out.
func Hash(policy []byte) string {
	sum := sha256.Sum256(policy)
	return hex.EncodeToString(sum[:])
}

// Text returns the certificate as JSON, with a line for each span, group, row and way.
func (c *Certificate) Text() ([]byte, error) {
	text, err := json.Marshal(c)
	return indent(text), err
}

// indent breaks the lines of a JSON text between the members of the outermost object and
// between objects.
func indent(text []byte) []byte {
	var out []byte
	var broken []bool // of each open bracket, whether its elements have lines of their own
	depth := 0        // how many of these do
	line := func() { out = append(append(out, '\n'), strings.Repeat(" ", depth)...) }
	within, escaped := false, false // of strings
	for i, b := range text {
		if within {
			out = append(out, b)
			within = escaped || b != '"'
			escaped = b == '\\' && !escaped
			continue
		}
		if b == ']' || b == '}' {
			last := broken[len(broken)-1]
			if broken = broken[:len(broken)-1]; last {
				depth--
				line()
			}
		}
		out = append(out, b)
		switch b {
		case '"':
			within = true
		case '{', '[':
			broken = append(broken, len(broken) == 0 || b == '[' && text[i+1] == '{')
			if broken[len(broken)-1] {
				depth++
				line()
			}
		case ',':
			if broken[len(broken)-1] {
				line()
			} else {
				out = append(out, ' ')
			}
		case ':':
			out = append(out, ' ')
		}
	}
	return append(out, '\n')
}

// Read reads the text of a certificate. The text must have exactly the members that Text
// writes, in that order; blanks don't matter. The error says where it differs.
func Read(r io.Reader) (*Certificate, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the certificate isn't readable: %w", err)
	case len(text) > MaxBytes:
		return nil, fmt.Errorf("the certificate has more than %d bytes", MaxBytes)
	}
	if n := elements(text); n > MaxElements {
		return nil, fmt.Errorf("the certificate has %d elements, and at most %d are read", n, MaxElements)
	}
	var c Certificate
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("the certificate isn't readable: %w", err)
	}
	var given bytes.Buffer
	if err := json.Compact(&given, text); err != nil {
		return nil, fmt.Errorf("the certificate isn't readable: %w", err)
	}
	written, err := json.Marshal(&c)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(given.Bytes(), written) {
		return nil, difference(given.Bytes(), written)
	}
	return &c, nil
}

// elements counts the commas and brackets of a JSON text, those within strings included.
func elements(text []byte) int {
	n := 0
	for _, b := range text {
		if b == ',' || b == '[' || b == '{' {
			n++
		}
	}
	return n
}

// difference says where a text stops being that of a certificate.
func difference(given, written []byte) error {
	if len(given) == 0 {
		return errors.New("the certificate is empty")
	}
	at := 0
	for at < len(given) && at < len(written) && given[at] == written[at] {
		at++
	}
	from := max(at-30, 0)
	cut := func(b []byte) []byte { return b[min(from, len(b)):min(at+30, len(b))] }
	return fmt.Errorf("the certificate has a member that is unknown, repeated, missing or misplaced: it has %q, where %q would be right", cut(given), cut(written))
}
