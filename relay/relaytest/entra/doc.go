// Package entra is a token server for tests, with the addresses and the errors of Microsoft
// Entra: tokens for applications with a secret or a certificate, for persons with a device code
// and refresh tokens, and for service accounts as Google has them. Begin at [Server], which is
// an http.Handler.
//
// Its access tokens are JWTs. [Server.Accepts] fits the Tokens of a relaytest.Sink, so that a
// next hop takes only tokens that the Server has issued and not revoked; a JWKS document has
// the key for programs that check the signature.
//
// The package is for tests only.
package entra
