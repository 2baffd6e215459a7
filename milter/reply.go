package milter

import (
	"strings"

	gomilter "github.com/emersion/go-milter"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
)

// maxText bounds the text of a filter's reply, in bytes.
const maxText = 400

// rejected returns the refusal of a filter that gives no reply of its own. err is for the log; it
// may be nil.
func rejected(err error) error {
	return &relay.Error{Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Command rejected"}, Err: err}
}

// refusedForNow is rejected for a client that should try again.
func refusedForNow(err error) error {
	return &relay.Error{Reply: reply.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "Service unavailable, try again later"}, Err: err}
}

// refusal returns the error for a filter's answer; nil if it doesn't refuse.
func refusal(act *gomilter.Action) error {
	switch act.Code {
	case gomilter.ActReject:
		return rejected(nil)
	case gomilter.ActTempFail:
		return refusedForNow(nil)
	case gomilter.ActReplyCode:
		return givenReply(act.SMTPCode, act.SMTPText)
	}
	return nil
}

// givenReply returns the error with a reply that the filter has chosen: its first line, in
// printable ASCII. A code that refuses nothing becomes 451.
func givenReply(code int, text string) error {
	if code < 400 || code > 599 {
		return refusedForNow(nil)
	}
	text, _, _ = strings.Cut(text, "\n")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text[:min(len(text), maxText)])
	class := code / 100
	enhanced, text := reply.CutEnhanced(text, class)
	if enhanced[0] == 0 {
		enhanced = [3]int{class, 7, 1}
	}
	if text = strings.TrimSpace(text); text == "" {
		text = "Command rejected"
	}
	return &relay.Error{Reply: reply.Reply{Code: code, Enhanced: enhanced, Text: text}}
}
