// Package jwt checks the access tokens with which clients log on, as JSON Web Tokens
// (RFC 7519, RFC 9068) of an identity provider: Entra ID, Keycloak, Google, Okta.
//
// A [Verifier] is an auth.TokenVerifier: put it into auth.Methods.Tokens and give a Receive
// connector the AuthMechanism OAuth. Its [KeySet] has the provider's public keys, from a file
// ([LoadKeys]), a URL ([KeysAt]) or the provider's own description ([KeysOf]).
//
// # What is checked
//
// A token must be signed with RS256, ES256 or EdDSA by a key of the KeySet, be of the right
// issuer and for one of the audiences, have an exp that hasn't passed and no nbf that hasn't
// come, with 60 seconds for clocks that differ, and have one of the Scopes. A symmetric or
// missing signature is never accepted, nor is a token with critical header fields, or one of
// another type than JWT and at+jwt. The user name comes from one claim. Grants to it count only if it
// is an address, so that a user with the name of a group hasn't its rights: see [Claims.Identity].
//
// # Keys that change
//
// A KeySet fetches its keys when a token first needs one. If a token names a key that it
// doesn't have, it fetches them again, at most every five minutes; after a failure it tries
// again after 30 seconds. Keys older than an hour are fetched again while they are used, and
// keys that couldn't be fetched for a day aren't used. An answer may have 1 MiB, and 10
// seconds of time. While there are no keys, a client gets 454 and tries again. KeySet.Events learn
// of the first failure, with the time until which the keys are used.
package jwt
