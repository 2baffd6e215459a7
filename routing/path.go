package routing

import (
	"net/netip"
	"strings"
)

// ParsePath parses the path at the start of s, the text after the colon of MAIL
// FROM: or RCPT TO:, and returns the text after the path: empty, or the ESMTP
// parameters with the blanks before them. Only a parser of quoted strings finds
// the end of a path, because a quoted local part may hold blanks and brackets.
//
// It accepts the forms that Exchange and Postfix accept, if they have only one
// meaning. A path stands in angle brackets; without brackets it ends before the
// first blank. Blanks may stand before it and within the brackets. A blank is a
// space or a tab.
//
// With nullOK, as for a reverse-path, <> is the zero Address.
//
// A local part alone, <root> or <Postmaster>, is an Address without a domain. It
// is not valid until [Address.WithDomain] gives it one; a caller without a domain
// to give refuses it, except Postmaster (RFC 5321 section 4.5.1).
//
// A domain that is an IPv4 address without the brackets of a literal, as devices
// without a name send it, is read as the literal: it can't be a name.
//
// The source route of <@relay.example:user@example.net> is dropped, as RFC 5321
// section 4.1.1.3 and appendix C have it: the policy and the next hop see the
// mailbox only.
func ParsePath(s string, nullOK bool) (a Address, rest string, err error) {
	a, rest, msg := parsePath(strings.TrimLeft(s, blanks), nullOK)
	if msg != "" {
		return Address{}, "", &parseError{"path", s, msg}
	}
	return a, rest, nil
}

// blanks may separate a path from its surroundings.
const blanks = " \t"

func parsePath(s string, nullOK bool) (a Address, rest, msg string) {
	in, bracketed := strings.CutPrefix(s, "<")
	if !bracketed {
		return parseBare(s)
	}
	in = strings.TrimLeft(in, blanks)
	if strings.HasPrefix(in, "@") {
		if in, msg = dropRoute(in); msg != "" {
			return Address{}, "", msg
		}
	}
	if strings.HasPrefix(in, ">") {
		if !nullOK {
			return Address{}, "", "is empty"
		}
		rest = in
	} else if a, rest, msg = parseEither(in, "> \t"); msg != "" {
		return Address{}, "", msg
	}
	rest, closed := strings.CutPrefix(strings.TrimLeft(rest, blanks), ">")
	if !closed {
		return Address{}, "", "does not end with >"
	}
	if rest != "" && strings.IndexByte(blanks, rest[0]) < 0 {
		return Address{}, "", "has text right after >"
	}
	return a, rest, ""
}

// parseBare parses a path without brackets. If it has no domain either but an =,
// it is a parameter, and the path is missing.
func parseBare(s string) (a Address, rest, msg string) {
	a, rest, msg = parseEither(s, blanks)
	if msg == "" && rest != "" && rest[0] == '>' {
		msg = "has > without <"
	}
	if msg == "" && !a.domain.IsValid() && strings.Contains(a.local, "=") {
		msg = "is missing"
	}
	if msg != "" {
		return Address{}, "", msg
	}
	return a, rest, ""
}

// parseEither parses a mailbox or a local part alone, which ends at the end of s
// or before one of the characters in ends.
func parseEither(s, ends string) (a Address, rest, msg string) {
	local, after, msg := parseLocal(s)
	switch {
	case msg != "":
		return Address{}, "", msg
	case strings.HasPrefix(after, "@"):
		if a, rest, ok := parsePlainIP(local, after[1:], ends); ok {
			return a, rest, ""
		}
		return parseRest(local, after[1:], ends)
	case after != "" && strings.IndexByte("> \t", after[0]) < 0:
		return Address{}, "", "has text after the closing quote"
	}
	if a = (Address{local: local}); a.quotedLen() > maxMailbox {
		return Address{}, "", "is longer than 571 bytes"
	}
	return a, after, ""
}

// parsePlainIP is parseRest for a domain that is an IPv4 address without brackets.
func parsePlainIP(local, s, ends string) (a Address, rest string, ok bool) {
	domain := s
	if i := strings.IndexAny(s, ends); i >= 0 {
		domain, rest = s[:i], s[i:]
	}
	if domain == "" || !isDigit(domain[len(domain)-1]) {
		return Address{}, "", false // the usual case, without netip's error, which takes memory
	}
	if ip, err := netip.ParseAddr(domain); err != nil || !ip.Is4() {
		return Address{}, "", false
	}
	a = Address{local: local}.WithDomain(Domain{"[" + domain + "]"})
	return a, rest, a.IsValid()
}

// dropRoute returns the mailbox after a source route.
func dropRoute(s string) (mailbox, msg string) {
	route, mailbox, ok := strings.Cut(s, ":")
	if !ok || mailbox == "" || mailbox[0] == '>' {
		return "", "has a source route without a mailbox"
	}
	for relay := range strings.SplitSeq(route, ",") {
		name, ok := strings.CutPrefix(relay, "@")
		if _, msg := parseDomain(name); !ok || msg != "" {
			return "", "has a source route with something else than @domain in it"
		}
	}
	return mailbox, ""
}
