// Package verifiers stands for the module of Verifiers that need more than the library does:
// [github.com/interchange-smtp/interchange/verifiers/ldap] checks passwords against a
// directory, [github.com/interchange-smtp/interchange/verifiers/sqldb] against a database, and
// [github.com/interchange-smtp/interchange/verifiers/crypt] against hashes of Dovecot and of
// Unix. It holds no code.
//
// Each is an auth.Verifier for relay.Server.Verifier or the Passwords of auth.Methods. While a
// directory or database is away, clients get 454 and try again.
package verifiers
