// Package oauth fetches the OAuth access tokens with which Send connectors log on to their
// smart hosts, Microsoft 365 and Gmail above all. Begin at [Sources].
//
// A [Config] has the settings of one connector, or of one smart host of a connector, and [Parse]
// reads a file of them. How a token is got is its [Grant]:
//
//   - ClientCredentials: an application with a secret or a certificate (RFC 6749, section 4.4;
//     RFC 7523, section 2.2),
//   - DeviceCode: a person who logs on once, on any device with a browser (RFC 8628), with
//     [Sources.Login],
//   - RefreshToken: a refresh token that was got elsewhere,
//   - ServiceAccount: a service account of Google that acts for a mailbox (RFC 7523,
//     section 2.1),
//   - Command: a program that prints a token.
//
// [Sources.For] is the Tokens function of a delivery.Sender. Tokens are fetched in the
// background five minutes before they expire, and a delivery gets the one that is there. If
// there is no valid token, the error is an [*Error]: the cause, the words of the token server,
// and what would cure it. Sources.Events learn of each token, and of what can't be fetched or
// stored.
//
// # Refresh tokens
//
// They are kept in a directory, a file for each Config that only its owner can read. A
// token server may give another refresh token each time and forget the one before: it is on
// disk before the access token is used. A lock makes two processes take turns.
//
// # Secrets
//
// A [Secret] names a file, an environment variable or a credential of systemd. It is read again
// for every fetch, so a secret that was replaced is used from then on. No secret and no token
// is part of an error, an event, a log line or a String.
package oauth
