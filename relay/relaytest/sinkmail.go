package relaytest

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

// mailCommand handles MAIL.
func (t *sinkSession) mailCommand(rest string) {
	from, params, ok := cutPath(rest, "FROM:")
	switch {
	case t.sink.offersAuth() && t.user == "":
		t.say("530 5.7.1 Client was not authenticated")
		return
	case t.helo == "" || t.mail:
		t.say("503 5.5.1 Bad sequence of commands")
		return
	case !ok:
		t.say("501 5.5.4 Invalid arguments")
		return
	}
	t.message = Message{From: from, Helo: t.helo, User: t.user, TLS: t.tls, Remote: addrPort(t.wire), MailParams: params}
	for _, p := range strings.Fields(params) {
		if !t.mailParam(p) {
			t.say("555 5.5.4 Unsupported parameter " + p)
			return
		}
	}
	if t.message.Size > t.sink.limit() {
		t.say("552 5.3.4 Message size exceeds fixed maximum message size")
		return
	}
	t.mail = t.answer(StageMail, from, "250 2.1.0 Sender OK")
}

// mailParam stores a parameter of MAIL and reports whether it is accepted.
func (t *sinkSession) mailParam(p string) bool {
	keyword, value, _ := strings.Cut(p, "=")
	m := &t.message
	switch strings.ToUpper(keyword) {
	case "SIZE":
		n, err := strconv.ParseInt(value, 10, 64)
		m.Size = n
		return err == nil && t.offered("SIZE")
	case "BODY":
		m.Body = strings.ToUpper(value)
		return t.offered(map[string]string{"7BIT": "8BITMIME", "8BITMIME": "8BITMIME", "BINARYMIME": "BINARYMIME"}[m.Body])
	case "SMTPUTF8":
		m.UTF8 = true
		return value == "" && t.offered("SMTPUTF8")
	case "RET":
		m.Ret = strings.ToUpper(value)
		return (m.Ret == "FULL" || m.Ret == "HDRS") && t.offered("DSN")
	case "ENVID":
		var ok bool
		m.EnvID, ok = envelope.DecodeXtext(value)
		return ok && t.offered("DSN")
	case "AUTH":
		var ok bool
		if m.Auth, ok = envelope.DecodeXtext(value); m.Auth == "<>" {
			m.Auth = ""
		}
		return ok && t.sink.offersAuth()
	}
	return false
}

// rcptCommand handles RCPT.
func (t *sinkSession) rcptCommand(rest string) {
	to, params, ok := cutPath(rest, "TO:")
	switch {
	case !t.mail || t.chunks:
		t.say("503 5.5.1 Bad sequence of commands")
		return
	case !ok || to == "":
		t.say("501 5.5.4 Invalid arguments")
		return
	}
	for _, p := range strings.Fields(params) {
		keyword, _, _ := strings.Cut(strings.ToUpper(p), "=")
		if keyword != "NOTIFY" && keyword != "ORCPT" || !t.offered("DSN") {
			t.say("555 5.5.4 Unsupported parameter " + p)
			return
		}
	}
	if t.answer(StageRcpt, to, "250 2.1.5 Recipient OK") {
		t.message.To = append(t.message.To, to)
		t.message.RcptParams = append(t.message.RcptParams, params)
	}
}

// dataCommand handles DATA.
func (t *sinkSession) dataCommand() {
	if len(t.message.To) == 0 || t.chunks || t.message.Body == "BINARYMIME" {
		t.say("503 5.5.1 Bad sequence of commands")
		return
	}
	if !t.answer(StageDataInit, t.message.From, "354 Start mail input; end with <CRLF>.<CRLF>") || t.bw.Flush() != nil {
		return
	}
	var body bytes.Buffer
	begun := false // StageBody was asked
	for start, cr := true, false; ; {
		part, err := t.br.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			t.over = true
			return
		}
		if start && string(part) == ".\r\n" {
			break
		}
		if start && part[0] == '.' {
			part = part[1:]
		}
		// A long line comes in parts, perhaps with its LF alone.
		start = bytes.HasSuffix(part, []byte("\r\n")) || cr && string(part) == "\n"
		cr = bytes.HasSuffix(part, []byte("\r"))
		if int64(body.Len()) <= t.sink.limit() {
			body.Write(part)
		}
		if !begun {
			begun = true
			if t.answer(StageBody, t.message.From, ""); t.over {
				return
			}
		}
	}
	t.finish(body.Bytes())
}

// bdatCommand handles BDAT.
func (t *sinkSession) bdatCommand(rest string) {
	size, last, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 || last != "" && !strings.EqualFold(last, "LAST") || !t.offered("CHUNKING") {
		t.say("501 5.5.4 Invalid arguments")
		t.end() // where the next command begins is not known
		return
	}
	var body bytes.Buffer
	body.Write(t.message.Data)
	if _, err := io.CopyN(&body, t.br, n); err != nil {
		t.over = true
		return
	}
	stage, usual := StageBody, "250 2.0.0 Continue"
	switch {
	case len(t.message.To) == 0:
		t.say("503 5.5.1 Bad sequence of commands")
		return
	case !t.chunks:
		stage = StageDataInit
	}
	t.chunks = true
	t.message.Data = body.Bytes()
	if int64(body.Len()) > t.sink.limit() {
		t.say("552 5.3.4 Message size exceeds fixed maximum message size")
		t.reset()
		return
	}
	if last != "" {
		t.finish(t.message.Data)
	} else if !t.answer(stage, t.message.From, usual) {
		t.reset()
	}
}

// finish ends the message and records it. The script may still change the reply.
func (t *sinkSession) finish(data []byte) {
	m, reply := t.message, "250 2.0.0 OK: queued"
	m.Data = data
	defer t.reset()
	if int64(len(data)) > t.sink.limit() {
		t.say("552 5.3.4 Message size exceeds fixed maximum message size")
		return
	}
	if own := t.ask(StageData, m.From); own != "" {
		if own[0] != '2' {
			t.reply(StageData, own, reply)
			return
		}
		reply = own
	}
	if !t.sink.record(m) {
		t.say("452 4.3.1 The sink is full")
		return
	}
	t.answer(StageStored, m.From, reply)
}

// cutPath splits "FROM:<path> params".
func cutPath(s, prefix string) (path, params string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", "", false
	}
	s, ok = strings.CutPrefix(s[len(prefix):], "<")
	quoted := false
	for i := 0; ok && i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '>' && !quoted:
			rest := s[i+1:]
			return s[:i], strings.TrimSpace(rest), rest == "" || rest[0] == ' '
		}
	}
	return "", "", false
}
