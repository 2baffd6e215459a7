package prover_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/proof"
)

// statements returns what a certificate that is true says: one text for each thing that it says of
// one connection or one domain, sorted. It resolves numbers, and leaves out what only shows that a
// statement is true: witnesses, and which groups or names a client of a kind has.
func statements(c *proof.Certificate) []string {
	s := speaker{Certificate: c}
	s.say(c.Format, c.Rules, c.Policies, c.Differences, c.SizeLimits)
	for _, l := range c.Listeners {
		for _, at := range l.Local {
			for _, span := range l.Spans {
				s.say(at, l.ImplicitTLS, span.Clients, span.Connectors)
			}
		}
	}
	for i := range c.Connections {
		s.say(s.connection(i))
	}
	for i := range c.Classes {
		s.say(s.class(i))
	}
	for i := range c.Domains {
		s.say(s.domain(i))
	}
	for _, n := range c.ClientNames {
		s.say("names", n.Secured, n.Names)
	}
	s.identities()
	s.routes()
	slices.Sort(s.said)
	return s.said
}

// speaker collects the statements of a certificate.
type speaker struct {
	*proof.Certificate
	said []string
}

func (s *speaker) say(what ...any) { s.said = append(s.said, fmt.Sprintf("%q", what)) }

func (s *speaker) connection(i int) string {
	return fmt.Sprintf("%q implicit %t", s.Connections[i].Connectors, s.Connections[i].ImplicitTLS)
}

func (s *speaker) class(i int) string {
	c := s.Classes[i]
	return fmt.Sprintf("accepted %q secured %t reserved %q label %t", c.Accepted, c.Secured, c.Reserved, c.Label)
}

func (s *speaker) domain(i int) string {
	return fmt.Sprintf("%s %q of %s", s.Domains[i].Kind, s.Domains[i].Name, s.class(s.Domains[i].Class))
}

// identities says what clients are offered and may do.
func (s *speaker) identities() {
	for _, list := range s.AccessLists {
		for _, at := range list.Connections {
			for _, g := range list.Groups {
				for _, member := range g.Members {
					s.say(s.connection(at), member, "allow", g.Allow, "deny", g.Deny)
				}
			}
		}
	}
	for _, o := range s.Offers {
		for _, at := range o.Connections {
			s.say(s.connection(at), o.TLS, o.Answers)
		}
	}
	for _, a := range s.Answers {
		for _, at := range a.Connections {
			for _, row := range a.Rows {
				var answers []string
				for _, answer := range row.Answers {
					answers = append(answers, s.resolve(answer))
				}
				s.say(s.connection(at), a.Question, row.TLS, row.User != nil, row.Holds, s.lists(row.Certificate), answers)
			}
		}
	}
}

// lists says in which lists names of a certificate are.
func (s *speaker) lists(names []string) (in [2]bool) {
	for _, c := range s.ClientNames {
		if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(c.Names, name) }) {
			for i := range c.Secured {
				in[i] = in[i] || c.Secured[i]
			}
		}
	}
	return in
}

// numbers are lists of domains or classes in an answer.
var numbers = regexp.MustCompile(`\[[0-9 ]*\]`)

// resolve replaces the numbers of an answer by what they stand for.
func (s *speaker) resolve(answer string) string {
	name := s.class
	if strings.HasPrefix(answer, "domains ") {
		name = s.domain
	}
	return numbers.ReplaceAllStringFunc(answer, func(list string) string {
		var all []string
		for _, number := range strings.Fields(strings.Trim(list, "[]")) {
			i, _ := strconv.Atoi(number)
			all = append(all, name(i))
		}
		slices.Sort(all)
		return fmt.Sprintf("%q", all)
	})
}

// routes says where mail leaves.
func (s *speaker) routes() {
	for _, r := range s.Routes {
		for _, at := range r.Domains {
			for _, way := range r.Ways {
				s.say(s.domain(at), way.Above, way.Upto, way.Connectors, way.Answers)
			}
		}
	}
}
