package order_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// TestOrder states for each state of a dialog which commands are out of order.
func TestOrder(t *testing.T) {
	verbs := []order.Verb{order.Mail, order.Rcpt, order.Data, order.Bdat, order.StartTLS, order.Auth}
	const ok = reply.Undecided
	for _, row := range []struct {
		name  string
		state order.State
		want  [6]reply.Reason // one for each of verbs
	}{
		{"new", order.State{}, [6]reply.Reason{
			reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst}},
		{"TLS", order.State{TLS: true}, [6]reply.Reason{
			reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.SendHelloFirst, reply.BadSequence, reply.SendHelloFirst}},
		{"EHLO", order.State{Greeted: true}, [6]reply.Reason{
			ok, reply.NeedMail, reply.NeedMail, reply.NeedMail, ok, ok}},
		{"AUTH", order.State{Greeted: true, TLS: true, Authenticated: true}, [6]reply.Reason{
			ok, reply.NeedMail, reply.NeedMail, reply.NeedMail, reply.BadSequence, reply.BadSequence}},
		{"MAIL", order.State{Greeted: true, Transaction: true}, [6]reply.Reason{
			reply.BadSequence, ok, reply.NeedRcpt, reply.NeedRcpt, reply.BadSequence, reply.BadSequence}},
		{"RCPT", order.State{Greeted: true, Transaction: true, Recipients: 1}, [6]reply.Reason{
			reply.BadSequence, ok, ok, ok, reply.BadSequence, reply.BadSequence}},
		{"BINARYMIME", order.State{Greeted: true, Transaction: true, Binary: true, Recipients: 1}, [6]reply.Reason{
			reply.BadSequence, ok, reply.BinaryNeedsChunks, ok, reply.BadSequence, reply.BadSequence}},
	} {
		for i, v := range verbs {
			if got := row.state.Refuse(v); got != row.want[i] {
				t.Errorf("%s: %v: %v, want %v", row.name, v, got, row.want[i])
			}
		}
		for _, v := range []order.Verb{order.Hello, order.Reset} {
			if got := row.state.Refuse(v); got != ok {
				t.Errorf("%s: %v: %v", row.name, v, got)
			}
		}
	}
}

// TestHelloName checks what becomes of the names that devices send.
func TestHelloName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, row := range []struct {
		arg, name string
		ok        bool
	}{
		{"client.contoso.com", "client.contoso.com", true},
		{"", "", true},
		{" \t ", "", true},
		{"a..b", "a..b", true},
		{"Büro 3", "B?ro 3", true},
		{"a\tb", "a?b", true},
		{long, long[:255], true},
		{"a\x01b", "a?b", false},
		{"a\r\n250 ok", "a??250 ok", false},
		{"a\x7f", "a?", false},
	} {
		if name, ok := order.HelloName(row.arg); name != row.name || ok != row.ok {
			t.Errorf("HelloName(%q) = %q, %v", row.arg, name, ok)
		}
	}
}
