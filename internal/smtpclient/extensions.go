package smtpclient

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// useful are the EHLO keywords that change what is said.
var useful = []string{"PIPELINING", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8", "SIZE", "DSN", "STARTTLS", "AUTH"}

// What is kept of a parameter at most.
const (
	maxSize       = 20
	maxMechanisms = 200
)

// extensions is what a hop offers, of what is useful, with its parameters: the
// limit of SIZE, and the mechanisms of AUTH. Of a hop that lists thousands of
// others nothing is kept. The key "" stands for the line with its name.
type extensions map[string]string

// add takes a line of an EHLO reply, the one with the hop's name first. Keywords
// may be in any case, with blanks anywhere and "=" for a blank, as in AUTH=LOGIN.
func (e *extensions) add(line string) {
	if *e == nil {
		*e = extensions{"": ""}
		return
	}
	words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' || c == '=' })
	if len(words) == 0 {
		return
	}
	i := slices.IndexFunc(useful, func(k string) bool { return strings.EqualFold(k, words[0]) })
	if i < 0 {
		return
	}
	keyword, param := useful[i], ""
	switch {
	case keyword == "AUTH":
		param = (*e)[keyword]
		for _, m := range words[1:] {
			param = addMechanism(param, strings.ToUpper(m))
		}
	case keyword == "SIZE" && len(words) > 1:
		param = strings.Clone(words[1][:min(len(words[1]), maxSize)])
	}
	(*e)[keyword] = param
}

// addMechanism appends m to list, unless it is there, or the list is long and m
// is nothing to us.
func addMechanism(list, m string) string {
	known := m == auth.Login || m == auth.Plain
	if slices.Contains(strings.Fields(list), m) || !known && len(list)+len(m) > maxMechanisms {
		return list
	}
	return strings.TrimSpace(list + " " + m)
}
