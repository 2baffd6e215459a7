package analysis

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Bounds of a question.
const (
	maxQuestion = 64 << 10 // bytes of its text
	maxElements = 1000     // of a list
)

// ParseQuestion reads the text of a question, such as
//
//	-remote 10.1.0.0/16 -as printers -tls -to *.contoso.com -size 20MB always accepted
//
// Options and words may stand in any order. A value with blanks stands between double or
// single quotes. Lists are separated by commas. The error says what is wrong with which
// option.
func ParseQuestion(text string) (Question, error) {
	if len(text) > maxQuestion {
		return Question{}, fmt.Errorf("the question has %d bytes, and at most %d are allowed", len(text), maxQuestion)
	}
	words, err := splitWords(text)
	if err != nil {
		return Question{}, err
	}
	return ParseQuestionWords(words...)
}

// MustParseQuestion is ParseQuestion for tests; it panics.
func MustParseQuestion(text string) Question {
	q, err := ParseQuestion(text)
	if err != nil {
		panic(err)
	}
	return q
}

// ParseQuestionWords is ParseQuestion for a text that is divided into words already.
func ParseQuestionWords(words ...string) (q Question, err error) {
	var rest []string
	seen := map[string]bool{}
	for i := 0; i < len(words); i++ {
		name, isOption := strings.CutPrefix(words[i], "-")
		if !isOption {
			rest = append(rest, words[i])
			continue
		}
		o := findOption(strings.TrimPrefix(name, "-"))
		switch {
		case o == nil:
			return Question{}, fmt.Errorf("%s is not an option of a question; the options are %s", words[i], optionNames())
		case seen[o.Name]:
			return Question{}, fmt.Errorf("-%s is given twice; separate the elements of a list by commas", o.Name)
		case o.TakesValue() && i+1 == len(words):
			return Question{}, fmt.Errorf("-%s needs a value", o.Name)
		}
		seen[o.Name] = true
		value := ""
		if o.TakesValue() {
			i++
			if value = strings.TrimSpace(words[i]); value == "" {
				return Question{}, fmt.Errorf("-%s is empty; give a value, or leave the option out", o.Name)
			}
		}
		if err := o.set(&q, value); err != nil {
			return Question{}, fmt.Errorf("-%s: %w", o.Name, err)
		}
	}
	if err := q.setClaim(rest); err != nil {
		return Question{}, err
	}
	return q, q.check()
}

// setClaim reads the words that aren't options.
func (q *Question) setClaim(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("the question needs a claim, %s, and a property, %s", either(Claims()), either(Properties()))
	}
	q.Claim, q.Property = Claim(words[0]), Property(words[1])
	switch rest := words[2:]; {
	case q.Property == PropertyServed && len(rest) == 2 && rest[0] == "by":
		q.Argument = rest[1]
	case q.Property == PropertyOffered:
		q.Argument = strings.ToUpper(strings.Join(rest, " "))
	case len(rest) > 0:
		return fmt.Errorf("%q is too much after %s %s", strings.Join(rest, " "), q.Claim, q.Property)
	}
	return nil
}

// check returns an error if the parts of the question contradict each other. It writes As
// as ParseQuestion does.
func (q *Question) check() error {
	if q.As != "" {
		if err := q.setAs(q.As); err != nil {
			return fmt.Errorf("-as: %w", err)
		}
	}
	switch {
	case !slices.Contains(Claims(), q.Claim):
		return fmt.Errorf("%q is not a claim; give %s", q.Claim, either(Claims()))
	case !slices.Contains(Properties(), q.Property):
		return fmt.Errorf("%q is not a property; give %s", q.Property, either(Properties()))
	case q.Property == PropertyOffered && !isKeyword(q.Argument):
		return keywordError(q.Argument)
	case q.Other != "" && !q.Claim.Compares():
		return fmt.Errorf("-with-connector goes with %s, not with %s", either([]Claim{ClaimDisjoint, ClaimImplies, ClaimEquivalent}), q.Claim)
	case q.Other != "" && q.Connector == "":
		return errors.New("-with-connector needs -connector, the connector that it is compared with")
	case len(q.Except) > 0 && len(q.clients()) == 0:
		return errors.New("-remote: the ranges after ! leave no client")
	case q.Size < 0:
		return errors.New("-size: give the size of the largest message, as in 20MB")
	case q.Sender == OwnSender && q.As == asAnonymous:
		return errors.New("-own: an anonymous client has no address of its own")
	case q.Channel == OnlyClear && (q.As == asCertificate || strings.HasPrefix(q.As, asCertificate+":")):
		return errors.New("-clear: a client shows its certificate with TLS only")
	}
	return nil
}

// parseList parses the elements of a list.
func parseList[T any](value string, parse func(string) (T, error)) ([]T, error) {
	texts := strings.Split(value, ",")
	if len(texts) > maxElements {
		return nil, fmt.Errorf("the list has %d elements, and at most %d are allowed", len(texts), maxElements)
	}
	var all []T
	for _, text := range texts {
		element, err := parse(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		all = append(all, element)
	}
	return all, nil
}

// splitWords divides a text at blanks outside of quotes.
func splitWords(text string) (words []string, err error) {
	var word strings.Builder
	begun := false
	var quote rune
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quotation mark %c is open at the end of the question", quote)
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// either lists values as alternatives.
func either[T ~string](all []T) string {
	var texts []string
	for _, v := range all {
		texts = append(texts, string(v))
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// joinTexts lists values as an option has them.
func joinTexts[T fmt.Stringer](all []T) string {
	var texts []string
	for _, v := range all {
		texts = append(texts, v.String())
	}
	return strings.Join(texts, ",")
}
