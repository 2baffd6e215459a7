package smtpclient

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// useful are the EHLO keywords that change the conversation.
var useful = []string{"PIPELINING", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8", "SIZE", "DSN", "STARTTLS", "AUTH"}

// How many bytes of a parameter are kept at most.
const (
	maxSize       = 20
	maxMechanisms = 200
)

// extensions holds the useful keywords that a next hop offers, with their parameters: the
// limit of SIZE, and the mechanisms of AUTH. Other keywords, of which a next hop may list
// thousands, are not kept. The key "" stands for the line with the next hop's name.
type extensions map[string]string

// add adds a line of an EHLO reply; the first is the line with the next hop's name.
// Keywords may be in any case, with blanks anywhere and "=" for a blank, as in AUTH=LOGIN.
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

// addMechanism appends m to list, unless it is there already, or the list is long and m
// isn't supported.
func addMechanism(list, m string) string {
	known := m == auth.Login || m == auth.Plain
	if slices.Contains(strings.Fields(list), m) || !known && len(list)+len(m) > maxMechanisms {
		return list
	}
	return strings.TrimSpace(list + " " + m)
}
