package smtpclient

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Stage is a step of the conversation.
type Stage string

// The stages.
const (
	StageGreeting Stage = "greeting"
	StageHello    Stage = "EHLO"
	StageTLS      Stage = "STARTTLS"
	StageAuth     Stage = "AUTH"
	StageMail     Stage = "MAIL"
	StageRcpt     Stage = "RCPT"
	StageData     Stage = "DATA"
	StageBody     Stage = "message"
	StageReset    Stage = "RSET"
)

// Errors other than replies and errors of the network.
var (
	errPlace     = errors.New("reply out of place")
	ErrNoTLS     = errors.New("STARTTLS is required but not offered")
	ErrHandshake = errors.New("TLS failed")
	ErrInjected  = errors.New("unencrypted data after the reply to STARTTLS")
	ErrNoAuth    = errors.New("authentication is required but no known mechanism is offered")
	ErrBareCRLF  = errors.New("bare CR or LF in the message")
	ErrUTF8      = errors.New("internationalized envelope, and SMTPUTF8 is not offered")
	ErrNoBDAT    = errors.New("CHUNKING is offered but BDAT is unknown")
	ErrTooMany   = errors.New("more recipients than the next hop accepts in one transaction")
	ErrTooBig    = errors.New("message larger than the next hop's SIZE")
)

// Error is an error at a stage of the conversation: a refusal if Reply.Code isn't zero.
type Error struct {
	Stage Stage
	Reply Reply
	Err   error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Reply.Code != 0 {
		return fmt.Sprintf("%s: next hop said %q", e.Stage, e.Reply.String())
	}
	return fmt.Sprintf("%s: %v", e.Stage, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// BodyError is an error of the message's reader. The next hop didn't get the end of the
// message.
type BodyError struct{ Err error }

// Error implements error.
func (e *BodyError) Error() string { return "reading the message: " + e.Err.Error() }

// Unwrap returns Err.
func (e *BodyError) Unwrap() error { return e.Err }

// waitError is an error of the network, in words without sockets and system calls.
type waitError struct {
	limit time.Duration // of the wait that failed
	err   error
}

// Error implements error.
func (e *waitError) Error() string {
	var op *net.OpError
	switch {
	case errors.Is(e.err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("no answer within %v", e.limit)
	case errors.Is(e.err, io.EOF), errors.Is(e.err, io.ErrUnexpectedEOF):
		return "the next hop closed the connection"
	case errors.Is(e.err, net.ErrClosed):
		return "given up"
	case errors.As(e.err, &op) && (op.Op == "read" || op.Op == "write"):
		return op.Err.Error() // without the addresses
	}
	return e.err.Error()
}

// Unwrap returns the error itself.
func (e *waitError) Unwrap() error { return e.err }
