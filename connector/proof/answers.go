package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// checkOffers checks what EHLO offers on each connection.
func (v *verifier) checkOffers() error {
	for _, tls := range []bool{false, true} {
		var places [][]int
		for _, o := range v.Offers {
			if o.TLS == tls {
				places = append(places, o.Connections)
			}
		}
		what := fmt.Sprintf("Offers with TLS %t", tls)
		if err := cover(what, len(v.Connections), func(i int) bool { return tls || !v.Connections[i].ImplicitTLS }, places); err != nil {
			return err
		}
	}
	cost := v.serving()
	for i, o := range v.Offers {
		for _, place := range o.Connections {
			if err := v.spend(cost); err != nil {
				return err
			}
			for j := range v.policies {
				if right := v.offers(j, &v.Connections[place], o.TLS); o.Answers[j] != right {
					return wrong(nth("Offers", i), "for connection %d the answer is %q, and %q is right", place, o.Answers[j], right)
				}
			}
		}
	}
	return nil
}

func (v *verifier) offers(policy int, c *Connection, tls bool) string {
	s, refused := v.receiver(policy, c).Begin(c.client(tls))
	if refused != nil {
		return NoSession
	}
	return strings.Join(s.Offers(tls), ", ")
}

// checkAnswers checks that every question has every row on every connection, and that the
// answers are right.
func (v *verifier) checkAnswers() error {
	known := 0
	for _, q := range SessionQuestions() {
		var places [][]int
		for _, a := range v.Answers {
			if a.Question == q.Name {
				places = append(places, a.Connections)
				known++
			}
		}
		if err := cover("Answers to "+q.Name, len(v.Connections), always, places); err != nil {
			return err
		}
		for i := range v.Answers {
			if v.Answers[i].Question != q.Name {
				continue
			}
			if err := v.checkQuestion(&q, &v.Answers[i]); err != nil {
				return wrong(nth("Answers", i)+" ("+q.Name+")", "%w", err)
			}
		}
	}
	if known < len(v.Answers) {
		return wrong("Answers", "%d elements are about no question", len(v.Answers)-known)
	}
	return nil
}

func (v *verifier) checkQuestion(q *SessionQuestion, a *Answers) error {
	cache := map[string]error{} // of rows, by what they depend on
	for _, place := range a.Connections {
		c := &v.Connections[place]
		key := v.accessKey(c)
		err, known := cache[key]
		if !known {
			err = v.checkRows(q, c, a.Rows)
			cache[key] = err
		}
		if err != nil {
			return fmt.Errorf("connection %d: %w", place, err)
		}
		for i := range a.Rows {
			if err := v.spend(v.deciding(q, c, &a.Rows[i])); err != nil {
				return err
			}
			for j := range v.policies {
				if right := v.answer(j, q, c, &a.Rows[i]); a.Rows[i].Answers[j] != right {
					return fmt.Errorf("connection %d, %s: the answer is %q, and %q is right", place, a.Rows[i].client(), a.Rows[i].Answers[j], right)
				}
			}
		}
	}
	return nil
}

// accessKey identifies the access lists and the channels of a connection.
func (v *verifier) accessKey(c *Connection) string {
	var all []string
	for i := range c.Connectors {
		all = append(all, fmt.Sprint(v.entries(i, c)))
	}
	return fmt.Sprint(all, c.ImplicitTLS)
}

// client describes the client of a row.
func (r *Row) client() string {
	channel := "in the clear"
	if r.TLS {
		channel = "over TLS"
	}
	switch {
	case r.User != nil:
		return fmt.Sprintf("a user in the groups %q %s", r.User, channel)
	case len(r.Certificate) > 0:
		return fmt.Sprintf("a certificate for %q %s", r.Certificate, channel)
	}
	return "an anonymous client " + channel
}

// checkRows checks that there is a row for each kind of client and each channel, and that
// the client of each row is of its kind.
func (v *verifier) checkRows(q *SessionQuestion, c *Connection, rows []Row) error {
	groups, outcomes, err := v.logins(q, c)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, tls := range []bool{false, true} {
		if !tls && c.ImplicitTLS {
			continue
		}
		wanted[rowKey("anonymous", tls)] = true
		for outcome := range outcomes {
			wanted[rowKey("user "+outcome, tls)] = true
		}
	}
	for _, state := range v.certificateStates() {
		wanted[rowKey("certificate "+fmt.Sprint(state), true)] = true
	}
	for i := range rows {
		kind, err := v.kind(q, &rows[i], groups)
		if err != nil {
			return fmt.Errorf("%s: %w", rows[i].client(), err)
		}
		key := rowKey(kind, rows[i].TLS)
		if !wanted[key] {
			return fmt.Errorf("%s: no client is of this kind, or there is another row for it", rows[i].client())
		}
		delete(wanted, key)
	}
	for key := range wanted {
		return fmt.Errorf("there is no row for the client: %s", key)
	}
	return nil
}

func rowKey(kind string, tls bool) string { return fmt.Sprintf("%s, TLS %t", kind, tls) }

// kind returns the kind of the client of a row.
func (v *verifier) kind(q *SessionQuestion, row *Row, groups map[string]power) (string, error) {
	switch {
	case row.User != nil && row.Certificate != nil || row.User == nil && row.Holds != nil:
		return "", fmt.Errorf("it is more than one of anonymous, a certificate and a user")
	case row.Certificate != nil:
		return v.certificateKind(row.Certificate)
	case row.User == nil:
		return "anonymous", nil
	}
	p := newPower().with(groups[semantics.AuthenticatedUsers])
	for i, name := range row.User {
		group, ok := groups[name]
		if !ok || name == semantics.AuthenticatedUsers || i > 0 && name <= row.User[i-1] {
			return "", fmt.Errorf("the group %q has no power here, or the groups aren't sorted", name)
		}
		p = p.with(group)
	}
	if len(row.Holds) != len(v.policies) {
		return "", wrong("Holds", "there are %d values for %d policies", len(row.Holds), len(v.policies))
	}
	for i := range v.policies {
		if held := p.held(i); !slices.Equal(row.Holds[i], held) {
			return "", fmt.Errorf("it holds %q, and %q is right", row.Holds[i], held)
		}
	}
	return "user " + v.outcome(q, p), nil
}

// certificateKind returns the kind of a client with a certificate: the lists that its
// names are in.
func (v *verifier) certificateKind(names []string) (string, error) {
	for i, name := range names {
		if i > 0 && name <= names[i-1] {
			return "", fmt.Errorf("the names aren't sorted, or one occurs twice")
		}
		if !slices.ContainsFunc(v.ClientNames, func(c ClientNames) bool { return slices.Contains(c.Names, name) }) {
			return "", fmt.Errorf("the name %q isn't in ClientNames", name)
		}
	}
	return "certificate " + fmt.Sprint(v.listed(names)), nil
}

// listed says in which lists any of the names is.
func (v *verifier) listed(names []string) []bool {
	in := make([]bool, len(v.policies))
	for _, name := range names {
		for i, p := range v.policies {
			in[i] = in[i] || p.IsSecured(name)
		}
	}
	return in
}

// certificateStates returns the combinations of lists in which the names of a certificate
// can be, without those in no list, whose clients are anonymous.
func (v *verifier) certificateStates() (states [][]bool) {
	reached := map[string]bool{}
	for next := [][]bool{make([]bool, len(v.policies))}; len(next) > 0; {
		state := next[0]
		next = next[1:]
		if slices.Contains(state, true) {
			states = append(states, state)
		}
		for _, c := range v.ClientNames {
			sum := slices.Clone(state)
			for i := range sum {
				sum[i] = sum[i] || c.Secured[i]
			}
			if key := fmt.Sprint(sum); !reached[key] {
				reached[key] = true
				next = append(next, sum)
			}
		}
	}
	return states
}
