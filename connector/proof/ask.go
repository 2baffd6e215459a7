package proof

import (
	"fmt"
	"math"
	"sort"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// visit is the session of a row's client on a connection under one policy.
type visit struct {
	*verifier
	policy     int
	connection *Connection
	row        *Row
	client     semantics.Client
	*semantics.Session
}

// answer returns the answer to a question, as the independent evaluator gives it.
func (v *verifier) answer(policy int, q *SessionQuestion, c *Connection, row *Row) string {
	client := c.client(row.TLS)
	client.PeerNames, client.User, client.Groups = row.Certificate, row.User != nil, row.User
	session, refused := v.receiver(policy, c).Begin(client)
	if refused != nil {
		return NoSession
	}
	if session.Mail("", 0) != "" {
		return NoMail
	}
	t := &visit{v, policy, c, row, client, session}
	switch q.Name {
	case AskSession:
		return t.recipientCount()
	case AskSenders:
		return t.senders()
	case AskRecipients:
		return fmt.Sprintf("%v, routed %v", t.recipients("user"), t.recipients("user%example.net"))
	case AskSize:
		return t.size()
	}
	if t.Keeps(HeaderField(q.Name)) {
		return "kept"
	}
	return "removed"
}

// least returns the least number for which no is true, if it is true from some number on.
func least(no func(n int64) bool) (n int64, ok bool) {
	const most = math.MaxInt32 // sizes are below it times 1 GB, and asked in steps
	if !no(most) {
		return 0, false
	}
	return int64(sort.Search(most, func(n int) bool { return no(int64(n)) })), true
}

// recipientCount says how many recipients a message may have. RCPT looks at their number
// before it looks at their domain.
func (t *visit) recipientCount() string {
	refused := func(accepted int64) bool {
		reason := t.Rcpt("user@"+t.Domains[0].Witness, accepted)
		return reason == "too-many-recipients" || reason == "envelope-too-large"
	}
	if n, limited := least(refused); limited {
		return fmt.Sprintf("%d recipients", n)
	}
	return "any number of recipients"
}

// size says how large a message may be.
func (t *visit) size() string {
	const most = math.MaxInt64 - 1
	if t.Takes(most) {
		return "any size"
	}
	low, high := int64(-1), int64(most) // low is taken, and high isn't
	for high-low > 1 {
		if mid := low + (high-low)/2; t.Takes(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return fmt.Sprintf("%d bytes", low)
}

// recipients returns the classes of the recipients that RCPT accepts.
func (t *visit) recipients(local string) []int {
	classes := []int{}
	for i, class := range t.Classes {
		if t.Rcpt(local+"@"+class.Witness, 0) == "" {
			classes = append(classes, i)
		}
	}
	return classes
}
