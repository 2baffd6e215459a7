package replay

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// session is one connection of a log, judged command by command. It doesn't keep the
// conversation.
type session struct {
	replay *Replay
	at     source.Position
	id     string // in the log

	channel   auth.Channel
	connector string // that the old system chose; "": the log doesn't say
	helo      string
	user      string
	rights    permission.Set // after AUTH, by the log
	hasRights bool
	partner   bool // the next line is about the client's certificate
	loggedIn  bool // Postfix repeats the user with every message

	in    *connector.Inbound
	rules connector.Session
	use   *inboundUse
	acl   []int // the grants of use that apply to the session
	tx    transaction

	pending []command // without a reply yet; the first is answered next
	chunks  int64     // bytes of BDAT so far

	partial   bool         // begun before the log, so it can't be judged
	over      bool         // the policy has ended it, or it can't be judged any further
	judged    bool         // a command was judged
	cut       bool         // it was judged no further: it spoke verbs that can't be judged, or was evicted
	removed   bool         // commands were removed from the log
	different bool         // a command had another result
	counted   []*divergent // differences that count this session already
	refs      int          // the connection, and its open messages
}

// transaction is a transaction, as far as the policy allowed it.
type transaction struct {
	open     bool
	from     routing.Address
	size     int64
	accepted int
}

// named notes the name of the client at EHLO.
func (s *session) named(name string) {
	s.helo = name
	s.use.clients.name(s.remote(), name)
	if s.connector != "" {
		s.replay.logUse(s.connector).clients.name(s.remote(), name)
	}
}

// encrypt puts the session within TLS.
func (s *session) encrypt() {
	s.channel.TLS = true
	s.reopen()
}

// reopen resets the session on its channel.
func (s *session) reopen() {
	s.rules = s.in.Open(s.channel, nil)
	s.acl = s.use.applying(s.rules.Identity(), s.acl[:0])
	s.tx = transaction{}
}

// remote is the client's address.
func (s *session) remote() netip.Addr { return s.channel.Remote.Addr() }

// sameName reports whether a log's connector is the policy's: Exchange writes
// SERVER\Name, and letter case doesn't count.
func sameName(logged, ours string) bool {
	return strings.EqualFold(logged[strings.LastIndexByte(logged, '\\')+1:], ours)
}
