// Package control is how an operator's command talks with a running gateway:
// through a Unix socket in the gateway's data directory, which nobody but the
// directory's owner can reach.
//
// A connection is one [Request], a line of JSON, and its answer: lines of JSON,
// each an [Event]. The last one is an [End]; an answer that ends without it
// was cut off. Who hangs up takes back what is not done yet.
package control
