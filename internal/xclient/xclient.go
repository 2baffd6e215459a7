// Package xclient reads the arguments of Postfix's command XCLIENT, by which a tester says which client it stands for.
package xclient

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Keyword is the keyword and its parameters in the reply to EHLO: the attributes that Parse takes.
const Keyword = "XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT REVERSE_NAME"

// maxValue bounds a value in bytes, as Postfix does: a domain name has 255 at most.
const maxValue = 255

// Attributes are the ends of the connection that a tester stands for. What it doesn't say is zero. The names of the
// client and its protocol are checked and dropped: a server that looks up no names doesn't use them, and EHLO follows.
type Attributes struct {
	Addr     netip.Addr // of the client
	Port     uint16
	DestAddr netip.Addr // of the server
	DestPort uint16
}

// Parse reads the arguments, NAME=value in xtext, separated by blanks. The error is for people.
func Parse(arg string) (a Attributes, err error) {
	words := strings.Fields(arg)
	if len(words) == 0 {
		return a, errors.New("no attribute is given")
	}
	var seen []string
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if name = strings.ToUpper(name); !ok {
			return Attributes{}, fmt.Errorf("%q isn't NAME=value", word)
		}
		if slices.Contains(seen, name) {
			return Attributes{}, fmt.Errorf("%s is given twice", name)
		}
		seen = append(seen, name)
		if value, err = decode(value); err == nil {
			err = a.set(name, value)
		}
		if err != nil {
			return Attributes{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return a, nil
}

// set sets an attribute.
func (a *Attributes) set(name, value string) (err error) {
	unavailable := strings.EqualFold(value, "[UNAVAILABLE]") || strings.EqualFold(value, "[TEMPUNAVAIL]")
	switch name {
	case "ADDR", "DESTADDR":
		if unavailable {
			return errors.New("connectors are chosen by the addresses; give one")
		}
		addr, err := parseAddr(value)
		if err != nil {
			return err
		}
		if name == "ADDR" {
			a.Addr = addr
		} else {
			a.DestAddr = addr
		}
	case "PORT":
		a.Port, err = parsePort(value, unavailable)
	case "DESTPORT":
		a.DestPort, err = parsePort(value, unavailable)
	case "PROTO":
		if !unavailable && !strings.EqualFold(value, "SMTP") && !strings.EqualFold(value, "ESMTP") {
			return fmt.Errorf("%q isn't SMTP or ESMTP", value)
		}
	case "NAME", "HELO", "REVERSE_NAME":
	default:
		return errors.New("this server doesn't take the attribute")
	}
	return err
}

// parseAddr reads an IPv4 address, or an IPv6 address behind IPV6:.
func parseAddr(value string) (netip.Addr, error) {
	rest, isIPv6 := value, false
	if len(value) > 5 && strings.EqualFold(value[:5], "IPV6:") {
		rest, isIPv6 = value[5:], true
	}
	addr, err := netip.ParseAddr(rest)
	if err != nil || addr.Zone() != "" || addr.Is6() != isIPv6 {
		return netip.Addr{}, fmt.Errorf("%q isn't an IPv4 address, or IPV6: and an IPv6 address", value)
	}
	return addr.Unmap(), nil
}

// parsePort reads a port; 0 if it isn't known.
func parsePort(value string, unavailable bool) (uint16, error) {
	if unavailable {
		return 0, nil
	}
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q isn't a port, 1 to 65535", value)
	}
	return uint16(n), nil
}

// decode reads xtext (RFC 3461, section 4), whose text must be printable ASCII.
func decode(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			var one [1]byte
			if i+3 > len(s) {
				return "", fmt.Errorf("%q isn't xtext", s)
			}
			if _, err := hex.Decode(one[:], []byte(s[i+1:i+3])); err != nil {
				return "", fmt.Errorf("%q isn't xtext", s)
			}
			c = one[0]
			i += 2
		}
		if c < ' ' || c > '~' {
			return "", fmt.Errorf("%q has a character that isn't printable ASCII", s)
		}
		b.WriteByte(c)
	}
	if b.Len() == 0 || b.Len() > maxValue {
		return "", fmt.Errorf("the value has %d bytes; 1 to %d are possible", b.Len(), maxValue)
	}
	return b.String(), nil
}
