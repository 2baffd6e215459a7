package analysis

import (
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
)

// QuestionOption is an option of a question's text.
type QuestionOption struct {
	Name string // without its dash
	Help string // as in package flag, the value between backquotes; without them it takes no value
}

// QuestionOptions returns the options, in the order in which Question.String writes them.
func QuestionOptions() []QuestionOption {
	var all []QuestionOption
	for _, o := range questionOptions {
		all = append(all, o.QuestionOption)
	}
	return all
}

// TakesValue reports whether a value follows the option.
func (o QuestionOption) TakesValue() bool { return strings.Contains(o.Help, "`") }

// questionOption reads and writes an option.
type questionOption struct {
	QuestionOption
	set   func(q *Question, value string) error
	value func(q *Question) string // nil: it takes none
	is    func(q *Question) bool   // of an option without value
}

// questionOptions has the options in the order of Question.String.
var questionOptions = []questionOption{{
	QuestionOption: QuestionOption{"remote", "clients in these `RANGES`, as in RemoteIPRanges, separated by commas; !RANGE leaves clients out, so !10.0.0.0/8 is all clients elsewhere (default: all clients)"},
	set:            (*Question).setRemote,
	value: func(q *Question) string {
		var all []askedRange
		for _, r := range q.Remote {
			all = append(all, askedRange{r, false})
		}
		for _, r := range q.Except {
			all = append(all, askedRange{r, true})
		}
		return joinTexts(all)
	},
}, {
	QuestionOption: QuestionOption{"local", "clients that connect to `IP:PORT`; several are separated by commas, and 0.0.0.0 and [::] stand for every address (default: all that the policy has a binding for)"},
	set: func(q *Question, value string) (err error) {
		q.Local, err = parseList(value, param.ParseBinding)
		return err
	},
	value: func(q *Question) string { return joinTexts(q.Local) },
}, {
	QuestionOption: QuestionOption{"as", "clients that are `WHO`: anonymous (without logon and without a certificate of TLSReceiveDomainSecureList), certificate (with one, without logon), certificate:NAME, or a user or group as in Add-ADPermission, which means all users who are members of it, whatever else they are members of (default: -as anybody, which is every client)"},
	set:            (*Question).setAs,
	value:          func(q *Question) string { return q.As },
}, {
	QuestionOption: QuestionOption{"tls", "clients that insist on TLS (default: without TLS, and with it where it is offered)"},
	set:            func(q *Question, _ string) error { return q.setChannel(OnlyTLS) },
	is:             func(q *Question) bool { return q.Channel == OnlyTLS },
}, {
	QuestionOption: QuestionOption{"clear", "clients that don't use TLS"},
	set:            func(q *Question, _ string) error { return q.setChannel(OnlyClear) },
	is:             func(q *Question) bool { return q.Channel == OnlyClear },
}, {
	QuestionOption: QuestionOption{"from", "`SENDERS`: contoso.com, *.contoso.com for that domain and those below it, an address, or <> for the null sender, separated by commas (default: all)"},
	set: func(q *Question, value string) (err error) {
		q.From, err = parseList(value, ParseMailboxes)
		return err
	},
	value: func(q *Question) string { return joinTexts(q.From) },
}, {
	QuestionOption: QuestionOption{"to", "`RECIPIENTS`, as for -from (default: all)"},
	set: func(q *Question, value string) (err error) {
		q.To, err = parseList(value, parseRecipients)
		return err
	},
	value: func(q *Question) string { return joinTexts(q.To) },
}, {
	QuestionOption: QuestionOption{"size", "messages of any size up to `SIZE`, as in 20MB (default: of any size; always leaves out those that are too large for a limit)"},
	set: func(q *Question, value string) (err error) {
		if q.Size, err = param.ParseSize(value); err == nil && q.Size <= 0 {
			err = errors.New("give the size of the largest message, as in 20MB")
		}
		return err
	},
	value: func(q *Question) string {
		if q.Size == 0 {
			return ""
		}
		return sizeText(int64(q.Size))
	},
}, {
	QuestionOption: QuestionOption{"own", "senders that are the user's own addresses, or in a domain that the client's certificate names"},
	set:            func(q *Question, _ string) error { return q.setSender(OwnSender) },
	is:             func(q *Question) bool { return q.Sender == OwnSender },
}, {
	QuestionOption: QuestionOption{"others", "senders that are neither the user's own addresses nor in a domain that the client's certificate names (default: both)"},
	set:            func(q *Question, _ string) error { return q.setSender(OthersSender) },
	is:             func(q *Question) bool { return q.Sender == OthersSender },
}, {
	QuestionOption: QuestionOption{"connector", "sessions that the Receive connector `NAME` serves; with -with-connector or -with, those that it would serve if it were alone"},
	set: func(q *Question, value string) error {
		q.Connector = value
		return nil
	},
	value: func(q *Question) string { return q.Connector },
}, {
	QuestionOption: QuestionOption{"with-connector", "compare with the Receive connector `NAME`, each as if it were alone"},
	set: func(q *Question, value string) error {
		q.Other = value
		return nil
	},
	value: func(q *Question) string { return q.Other },
}}

func findOption(name string) *questionOption {
	for i := range questionOptions {
		if questionOptions[i].Name == name {
			return &questionOptions[i]
		}
	}
	return nil
}

// optionNames lists the options.
func optionNames() string {
	var names []string
	for _, o := range questionOptions {
		names = append(names, "-"+o.Name)
	}
	return strings.Join(names, " ")
}

func (q *Question) setChannel(c Channel) error {
	if q.Channel != AnyChannel {
		return errors.New("give one of -tls and -clear; without both, sessions with and without TLS are asked about")
	}
	q.Channel = c
	return nil
}

func (q *Question) setSender(r SenderRelation) error {
	if q.Sender != AnySender {
		return errors.New("give one of -own and -others; without both, all senders are asked about")
	}
	q.Sender = r
	return nil
}

// parseRecipients parses an element of -to.
func parseRecipients(s string) (Mailboxes, error) {
	m, err := ParseMailboxes(s)
	if err == nil && m.IsNull() {
		err = errors.New("<> is a sender; a recipient has a domain")
	}
	return m, err
}
