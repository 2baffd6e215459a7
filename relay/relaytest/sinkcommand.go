package relaytest

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// command handles a command. EHLO, HELO and RSET end a transaction.
func (t *sinkSession) command(verb, rest string) {
	switch verb {
	case "EHLO", "HELO":
		t.hello(verb, rest)
	case "STARTTLS":
		t.startTLS()
	case "AUTH":
		t.auth(rest)
	case "MAIL":
		t.mailCommand(rest)
	case "RCPT":
		t.rcptCommand(rest)
	case "DATA":
		t.dataCommand()
	case "BDAT":
		t.bdatCommand(rest)
	case "RSET":
		t.reset()
		t.answer(StageReset, "", "250 2.0.0 Session reset")
	case "NOOP":
		t.say("250 2.0.0 OK")
	case "VRFY":
		t.say("252 2.5.0 Cannot VRFY user")
	case "QUIT":
		t.say("221 2.0.0 Bye")
		t.end()
	default:
		t.say("500 5.5.2 Command unrecognized")
	}
}

// hello handles EHLO and HELO.
func (t *sinkSession) hello(verb, name string) {
	t.reset()
	reply := "250 " + t.sink.name()
	if verb == "EHLO" {
		lines := append([]string{t.sink.name() + " Hello " + name}, t.offers()...)
		last := len(lines) - 1
		reply = "250-" + strings.Join(lines[:last], "\r\n250-") + "\r\n250 " + lines[last]
	}
	if t.answer(StageHello, name, reply) {
		t.helo = name
	}
}

// startTLS handles STARTTLS. It forgets everything that was said before.
func (t *sinkSession) startTLS() {
	if !t.offered("STARTTLS") {
		t.say("502 5.5.1 TLS not supported")
		return
	}
	if !t.answer(StageTLS, t.helo, "220 2.0.0 Ready to start TLS") || t.bw.Flush() != nil {
		return
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{*t.sink.Certificate}, MinVersion: tls.VersionTLS12}
	if t.sink.ClientCAs != nil {
		cfg.ClientCAs, cfg.ClientAuth = t.sink.ClientCAs, tls.VerifyClientCertIfGiven
	}
	if t.sink.TuneTLS != nil {
		t.sink.TuneTLS(cfg)
	}
	c := tls.Server(t.wire, cfg)
	if c.Handshake() != nil {
		t.over = true
		return
	}
	t.reset()
	t.tls, t.helo, t.user = true, "", ""
	t.use(c)
}

// auth goes through an exchange of AUTH.
func (t *sinkSession) auth(rest string) {
	mechanism, initial, given := strings.Cut(rest, " ")
	asked := ""
	x, err := t.sink.methods().Begin(mechanism, auth.Channel{}, func(user string, check func(context.Context) (auth.Identity, error)) error {
		asked = user
		_, err := check(context.Background())
		return err
	})
	if !t.offered("AUTH") || err != nil {
		t.say("504 5.7.4 Unrecognized authentication type")
		return
	}
	var response []byte
	if given {
		response, err = decodeResponse(initial)
	}
	for err == nil {
		var challenge []byte
		var done bool
		if challenge, done, err = x.Next(response); done {
			break
		}
		t.say("334 " + base64.StdEncoding.EncodeToString(challenge))
		var line string
		if line, err = t.line(); err == nil {
			response, err = decodeResponse(line)
		}
	}
	switch {
	case asked == "":
		t.say("501 5.5.2 Authentication exchange broken off")
	case err != nil:
		t.answer(StageAuth, asked, "535 5.7.3 Authentication unsuccessful")
	case t.answer(StageAuth, asked, "235 2.7.0 Authentication successful"):
		t.user = asked
	}
}

// decodeResponse decodes a response; "=" is an empty one, "*" cancels.
func decodeResponse(s string) ([]byte, error) {
	switch s {
	case "=":
		return []byte{}, nil
	case "*":
		return nil, errors.New("cancelled")
	}
	return base64.StdEncoding.DecodeString(s)
}
