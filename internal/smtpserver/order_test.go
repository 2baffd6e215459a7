package smtpserver

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// TestOrder states for each state of a dialog which commands are out of order.
func TestOrder(t *testing.T) {
	verbs := []verb{verbMail, verbRcpt, verbData, verbBdat, verbStartTLS, verbAuth}
	const ok = reply.Undecided
	for _, row := range []struct {
		name  string
		order order
		want  [6]reply.Reason // one for each of verbs
	}{
		{"new", order{}, [6]reply.Reason{
			reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst}},
		{"TLS", order{tls: true}, [6]reply.Reason{
			reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.BadSequence, reply.SendHelloFirst}},
		{"EHLO", order{hello: true}, [6]reply.Reason{
			ok, reply.NeedMail, reply.NeedMail, reply.NeedMail, ok, ok}},
		{"AUTH", order{hello: true, tls: true, authed: true}, [6]reply.Reason{
			ok, reply.NeedMail, reply.NeedMail, reply.NeedMail, reply.BadSequence, reply.BadSequence}},
		{"MAIL", order{hello: true, mail: true}, [6]reply.Reason{
			reply.BadSequence, ok, reply.NeedRcpt, reply.NeedRcpt, reply.BadSequence, reply.BadSequence}},
		{"RCPT", order{hello: true, mail: true, rcpts: 1}, [6]reply.Reason{
			reply.BadSequence, ok, ok, ok, reply.BadSequence, reply.BadSequence}},
		{"BINARYMIME", order{hello: true, mail: true, binary: true, rcpts: 1}, [6]reply.Reason{
			reply.BadSequence, ok, reply.BinaryNeedsChunks, ok, reply.BadSequence, reply.BadSequence}},
	} {
		for i, v := range verbs {
			if got := row.order.refuse(v); got != row.want[i] {
				t.Errorf("%s: verb %d: %v, want %v", row.name, v, got, row.want[i])
			}
		}
		for _, v := range []verb{verbHelo, verbEhlo, verbRset, verbNoop, verbQuit, verbVrfy, verbHelp} {
			if got := row.order.refuse(v); got != ok {
				t.Errorf("%s: verb %d: %v", row.name, v, got)
			}
		}
	}
}
