package mxpolicy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
)

// Mode says how strictly an MTA-STS policy is meant.
type Mode string

// The modes.
const (
	ModeEnforce Mode = "enforce" // hosts that don't meet it get no mail
	ModeTesting Mode = "testing" // they get it, and an event says so
	ModeNone    Mode = "none"    // there is no policy any more
)

// STS is an MTA-STS policy (RFC 8461, section 3.2).
type STS struct {
	Mode   Mode
	MX     []string      // the mail exchangers, in lower case with A-labels; *.NAME stands for one more label
	MaxAge time.Duration // how long it holds after it was fetched
}

// Bounds of a policy.
const (
	maxPolicy = 64 << 10   // bytes
	maxAge    = 31_557_600 // seconds (RFC 8461, section 3.2)
	maxMX     = 1000       // patterns
)

// errNoMX is the error of a policy under which no host gets mail.
var errNoMX = errors.New("there is no mx")

// ParseSTS parses the text of a policy.
func ParseSTS(text string) (*STS, error) {
	var p STS
	seen := make(map[string]bool)
	for line := range strings.Lines(text) {
		line = strings.Trim(line, " \t\r\n")
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("the line %.80q has no colon", line)
		}
		key, value = strings.TrimRight(key, " \t"), strings.TrimLeft(value, " \t")
		if seen[key] && key != "mx" {
			continue // the first one counts
		}
		seen[key] = true
		if err := p.set(key, value); err != nil {
			return nil, err
		}
	}
	switch {
	case !seen["version"]:
		return nil, errors.New("there is no version")
	case p.Mode == "":
		return nil, errors.New("there is no mode")
	case !seen["max_age"]:
		return nil, errors.New("there is no max_age")
	case len(p.MX) == 0 && p.Mode != ModeNone:
		return nil, errNoMX
	}
	return &p, nil
}

// set sets one field of the policy. It ignores those that it doesn't know.
func (p *STS) set(key, value string) error {
	switch key {
	case "version":
		if value != "STSv1" {
			return fmt.Errorf("the version is %.80q, not STSv1", value)
		}
	case "mode":
		p.Mode = Mode(value)
		if p.Mode != ModeEnforce && p.Mode != ModeTesting && p.Mode != ModeNone {
			return fmt.Errorf("the mode is %.80q, not enforce, testing or none", value)
		}
	case "max_age":
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil {
			return fmt.Errorf("max_age is %.80q, not a number of seconds", value)
		}
		p.MaxAge = time.Duration(min(n, maxAge)) * time.Second
	case "mx":
		pattern, err := parsePattern(value)
		if err != nil {
			return err
		}
		if len(p.MX) == maxMX {
			return fmt.Errorf("there are more than %d mx", maxMX)
		}
		p.MX = append(p.MX, pattern)
	}
	return nil
}

// parsePattern parses the value of an mx.
func parsePattern(text string) (string, error) {
	name, wild := strings.CutPrefix(text, "*.")
	ascii, err := asciiName(name)
	if err != nil {
		return "", fmt.Errorf("mx is %.80q, not a name or *.NAME", text)
	}
	if wild {
		ascii = "*." + ascii
	}
	return ascii, nil
}

// asciiName returns a host's name in lower case with A-labels, without the dot at the end. It has
// letters, digits, '-', '_' and dots only, so that it can be shown as it is.
func asciiName(name string) (string, error) {
	ascii, err := strings.ToLower(strings.TrimSuffix(name, ".")), error(nil)
	if strings.ContainsFunc(name, func(c rune) bool { return c > unicode.MaxASCII }) {
		ascii, err = idna.Lookup.ToASCII(ascii)
	}
	if err != nil || strings.ContainsFunc(ascii, isForeign) || ascii == "" || len(ascii) > 253 || slices.Contains(strings.Split(ascii, "."), "") {
		return "", fmt.Errorf("%.80q is not the name of a host", name)
	}
	return ascii, nil
}

// isForeign reports whether c isn't a character of a host's name in lower case. Windows host names have underscores.
func isForeign(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.'
}

// Names reports whether the policy names a mail exchanger. *.NAME stands for names with exactly
// one label more (RFC 8461, section 4.1).
func (p *STS) Names(host string) bool {
	host, err := asciiName(host)
	if err != nil {
		return false
	}
	_, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(p.MX, func(pattern string) bool {
		base, wild := strings.CutPrefix(pattern, "*.")
		return !wild && pattern == host || wild && parent == base
	})
}

// recordID returns the id of the policy that a domain's TXT records announce; "" if they announce
// none. Of several such records none counts (RFC 8461, section 3.1).
func recordID(records []string) string {
	id, n := "", 0
	for _, text := range records {
		if version, fields, _ := strings.Cut(text, ";"); strings.TrimRight(version, " \t") == "v=STSv1" {
			n++
			id = idField(fields)
		}
	}
	if n != 1 {
		return ""
	}
	return id
}

// idField returns the first id of the fields; "" if it isn't one.
func idField(fields string) string {
	for field := range strings.SplitSeq(fields, ";") {
		key, value, _ := strings.Cut(strings.Trim(field, " \t"), "=")
		if strings.TrimRight(key, " \t") != "id" {
			continue
		}
		value = strings.TrimLeft(value, " \t")
		bad := func(c rune) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') }
		if len(value) > 32 || strings.ContainsFunc(value, bad) {
			return ""
		}
		return value
	}
	return ""
}
