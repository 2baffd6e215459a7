// Package order says which connections begin with TLS, which command of an SMTP session
// may come next, and what the argument of EHLO may be. The SMTP server and connector.Policy.Walk both ask it, so
// an explanation can't differ from the wire.
package order
