// Package crypt checks passwords against hashes that other programs have made: those of
// Dovecot's passwd-file, of /etc/shadow and of crypt(3).
//
// A [File] is an auth.Verifier of such a file; a [Checker] checks one hash, for users that are
// kept in a database.
//
// # Hashes
//
//	$6$ {SHA512-CRYPT}  $5$ {SHA256-CRYPT}    at most 1,000,000 rounds
//	$y$                                       yescrypt of Debian and Fedora, at most 40 MiB
//	$2a$ $2b$ $2y$ {BLF-CRYPT}                bcrypt, as in package userfile
//	$argon2id$ {ARGON2ID}                     as in package userfile
//	$1$ {MD5-CRYPT}                           old, and fast to guess
//	{SSHA512} {SSHA256} {SSHA}                of LDAP servers, and fast to guess
//
// {CRYPT} stands before any of those that begin with $. A hash that would take more time or
// memory than these bounds is an error, so that a file can't exhaust the server. A password in
// clear text and DES are refused. Hashes that begin with ! or * are of users who can't log on.
package crypt
