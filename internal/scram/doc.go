// Package scram runs SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) as exchanges of
// package auth. [NewServer] is the server's side, with keys from an auth.KeyStore, and
// [NewClient] the client's. -PLUS is bound to the TLS connection by its tls-exporter (RFC 9266),
// so that a man in the middle with a certificate of his own can't pass the exchange on.
package scram
