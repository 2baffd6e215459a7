package postfix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/source"
)

// restrictionLists are the lists that every recipient must pass, in Postfix's order.
var restrictionLists = []string{
	"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	"smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
}

// question asks the restrictions of a service which clients may send.
type question struct {
	user  bool // the client has logged on
	relay bool // the recipient is in a domain that Postfix has no authority for
}

// restrictions answers questions about the lists of a service.
type restrictions struct {
	scope
	trusted     []rangeset.Span // of permit_mynetworks
	own         []rangeset.Span // of permit_inet_interfaces
	ownSenders  bool            // users may send as their own addresses only
	requireTLS  bool            // no mail without TLS
	questionNow question
	listName    string          // of the list that is read now
	at          source.Position // of that list
	steps       int
}

// guards are the restrictions of which Postfix wants one before it serves.
var guards = []string{"reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit"}

// passes returns the clients whose recipients pass all lists.
func (r *restrictions) passes(q question) []rangeset.Span {
	if q.relay && !r.guarded() {
		r.notPossible("smtpd_relay_restrictions", "neither it nor smtpd_recipient_restrictions has reject_unauth_destination, without which Postfix doesn't serve; no client may relay", "add reject_unauth_destination to smtpd_relay_restrictions")
		return nil
	}
	r.questionNow = q
	left := rangeset.All()
	for _, name := range restrictionLists {
		found := r.find(name)
		r.listName, r.at = name, found.at
		permitted, undecided := r.run(r.restrictionsOf(name), left, 0)
		left = rangeset.Join(permitted, undecided)
	}
	return left
}

// restrictionsOf returns the restrictions in a list. Without compatibility_level and restrictions
// the file is of Postfix 2, because Postfix 3 doesn't serve by it. All of its versions have the
// default that is taken here, and some also let users relay.
func (r *restrictions) restrictionsOf(name string) []string {
	if name == "smtpd_relay_restrictions" && r.ofVersion2() {
		r.NotPossible(r.firstLine(), name, "neither compatibility_level nor restrictions are set, as in files of Postfix 2: the clients of mynetworks may relay, and users may not",
			`set it to what "postconf -h smtpd_relay_restrictions" prints on the old server`)
		return []string{"permit_mynetworks", "reject_unauth_destination"}
	}
	return r.list(name)
}

// ofVersion2 reports whether the file is of Postfix 2.
func (r *restrictions) ofVersion2() bool {
	return !slices.ContainsFunc([]string{"compatibility_level", "smtpd_relay_restrictions", "smtpd_recipient_restrictions"}, r.given)
}

// guarded reports whether one of the lists has a guard.
func (r *restrictions) guarded() bool {
	return r.ofVersion2() || slices.ContainsFunc(guards, func(guard string) bool {
		return slices.Contains(r.list("smtpd_relay_restrictions"), guard) || slices.Contains(r.list("smtpd_recipient_restrictions"), guard)
	})
}

// run applies restrictions to clients, the first that decides wins. It returns the clients that
// are permitted, and those for which no restriction decides.
func (r *restrictions) run(list []string, left []rangeset.Span, depth int) (permitted, undecided []rangeset.Span) {
	if r.steps += 1 + len(list); depth > maxNesting || r.steps > maxSteps {
		return nil, nil
	}
	for i := 0; i < len(list) && len(left) > 0; i++ {
		word := strings.ToLower(list[i])
		argument := ""
		switch {
		case word == "warn_if_reject": // what follows only warns
			i += 1 + arguments(list[i+1:])
			r.say("warn_if_reject refuses no client", false)
			continue
		case arguments(list[i:]) > 0:
			i++
			argument = list[i]
		}
		yes, no := r.one(word, list[i], argument, left, depth)
		permitted = rangeset.Join(permitted, yes)
		left = rangeset.Minus(rangeset.Minus(left, yes), no)
	}
	return permitted, left
}

// arguments returns how many arguments the first word of a list has.
func arguments(list []string) int {
	if len(list) < 2 {
		return 0
	}
	word := strings.ToLower(list[0])
	if strings.HasPrefix(word, "check_") || strings.HasPrefix(word, "reject_rbl") || strings.HasPrefix(word, "reject_rhsbl") ||
		strings.HasPrefix(word, "permit_dnswl") || strings.HasPrefix(word, "permit_rhswl") || word == "sleep" {
		return 1
	}
	return 0
}

// one applies a restriction to clients and returns those that it permits and those that it
// refuses.
func (r *restrictions) one(word, written, argument string, left []rangeset.Span, depth int) (yes, no []rangeset.Span) {
	q := r.questionNow
	switch word {
	case "permit":
		return left, nil
	case "reject", "defer", "defer_if_permit":
		return nil, left
	case "permit_mynetworks":
		return rangeset.Intersect(left, r.trusted), nil
	case "permit_inet_interfaces":
		return rangeset.Intersect(left, r.own), nil
	case "permit_sasl_authenticated":
		if q.user {
			return left, nil
		}
		return nil, nil
	case "reject_unauth_destination", "defer_unauth_destination":
		if q.relay {
			return nil, left
		}
		return nil, nil
	case "permit_auth_destination":
		if !q.relay {
			return left, nil
		}
		return nil, nil
	case "defer_if_reject", "sleep", "reject_unauth_pipelining":
		return nil, nil
	case "reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch", "reject_known_sender_login_mismatch":
		r.ownSenders = true
		return nil, nil
	case "check_client_access":
		return r.clientAccess(argument, left, depth)
	case "reject_plaintext_session":
		r.requireTLS = true
		return nil, nil
	}
	if class, ok := r.main[written]; ok && slices.Contains(r.list("smtpd_restriction_classes"), written) {
		r.Taken(class.at, written, "the restrictions that stand for the name in "+r.listName)
		return r.class(words(r.get(written), blanks), left, depth)
	}
	return nil, r.undecided(word, argument, left)
}

// class applies the restrictions that a name stands for.
func (r *restrictions) class(list []string, left []rangeset.Span, depth int) (yes, no []rangeset.Span) {
	permitted, undecided := r.run(list, left, depth+1)
	return permitted, rangeset.Minus(rangeset.Minus(left, permitted), undecided)
}

// messageChecks begin the names of restrictions that refuse single messages, by their sender,
// recipient or greeting, or by the DNS, and don't say which clients may relay.
var messageChecks = []string{
	"check_sender", "check_recipient", "check_helo", "check_etrn", "reject_unknown", "reject_non_fqdn", "reject_invalid",
	"reject_rbl", "reject_rhsbl", "reject_unlisted", "reject_unverified", "reject_multi", "reject_sender", "reject_unauthenticated_sender", "reject_maps_rbl",
}

// undecided accounts for a restriction that the reader can't decide and returns the clients that
// it refuses: none for a check of messages, and for others, all clients that would relay.
func (r *restrictions) undecided(word, argument string, left []rangeset.Span) []rangeset.Span {
	text := strings.TrimSpace(word + " " + argument)
	switch {
	case strings.HasPrefix(word, "permit_"):
		r.say(text+" permits no client here", true)
		return nil
	case slices.ContainsFunc(messageChecks, func(prefix string) bool { return strings.HasPrefix(word, prefix) }):
		r.say(text+" refuses no message here, and lets none relay", true)
		return nil
	}
	r.say(text+" can't be decided here, so no client relays by what stands behind it", true)
	return r.closed(left)
}

// closed refuses clients that would relay.
func (r *restrictions) closed(left []rangeset.Span) []rangeset.Span {
	if r.questionNow.relay {
		return left
	}
	return nil
}

// say accounts for a restriction of the list that is read.
func (r *restrictions) say(detail string, lost bool) {
	if !lost {
		r.WithoutMeaning(r.at, r.listName, detail)
		return
	}
	r.NotPossible(r.at, r.listName, detail, restrictionFix(detail))
}

func restrictionFix(detail string) string {
	switch {
	case strings.Contains(detail, "permits no client"):
		return "list the clients that should relay in mynetworks, or let them log on"
	case strings.HasPrefix(detail, "reject_unlisted_recipient "), strings.HasPrefix(detail, "reject_unverified_recipient "):
		return lookUp
	case strings.Contains(detail, "refuses no message"):
		return "refuse such messages with a milter (-milter), with hooks of a program, or at the next hop"
	}
	return "put permit_mynetworks and permit_sasl_authenticated in front of it, or leave it out, and convert again"
}

// clientAccess applies a table of clients.
func (r *restrictions) clientAccess(name string, left []rangeset.Span, depth int) (yes, no []rangeset.Span) {
	t := r.table(name)
	found, names, err := t.decisions()
	if err != nil {
		r.say(fmt.Sprintf("check_client_access %s: %v, so no client relays by what stands behind it", name, err), true)
		return nil, r.closed(left)
	}
	permitting := slices.ContainsFunc(found, func(d decision) bool { return !refuses(d.result) && !passesOn(d.result) })
	for _, row := range names {
		if permits(row.value) || passesOn(row.value) && !permitting {
			r.NotPossible(row.at, row.key, "the addresses of names aren't known here, so the name is passed over", "write the addresses of the client")
			continue
		}
		r.say(fmt.Sprintf("check_client_access %s: it decides about clients by their names (%s), which aren't known here, so no client relays by what stands behind it", name, row.key), true)
		if r.questionNow.relay {
			return nil, left
		}
	}
	for _, d := range found {
		clients := rangeset.Intersect(left, d.clients)
		switch {
		case permits(d.result):
			yes = rangeset.Join(yes, clients)
		case passesOn(d.result):
			left = rangeset.Minus(left, clients)
			continue
		case refuses(d.result):
			no = rangeset.Join(no, clients)
		default:
			more, less := r.class(words(d.result, blanks), clients, depth+1)
			yes, no = rangeset.Join(yes, more), rangeset.Join(no, less)
		}
		left = rangeset.Minus(left, clients)
	}
	for _, row := range t.rows {
		r.Taken(row.at, row.key, "a rule of check_client_access")
	}
	return yes, no
}

// permits reports whether the result of an access table permits: OK, or digits alone.
func permits(result string) bool {
	if result == "" {
		return false
	}
	return strings.EqualFold(result, "OK") || strings.Trim(result, "0123456789") == ""
}

// passesOn reports whether the result of an access table decides nothing.
func passesOn(result string) bool {
	word, _ := cutBlank(result)
	return slices.Contains([]string{"DUNNO", "WARN", "INFO", "PREPEND", "HOLD", "BCC"}, strings.ToUpper(word))
}

// refuses reports whether the result of an access table refuses, or makes something else of the
// message.
func refuses(result string) bool {
	word, _ := cutBlank(result)
	if len(word) == 3 && (word[0] == '4' || word[0] == '5') && strings.Trim(word, "0123456789") == "" {
		return true
	}
	return result == "" || slices.Contains([]string{"REJECT", "DEFER", "DEFER_IF_PERMIT", "DEFER_IF_REJECT", "DISCARD", "FILTER", "REDIRECT"}, strings.ToUpper(word))
}
