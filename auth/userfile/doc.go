// Package userfile verifies passwords against a text file of users.
//
// # Format
//
// One user per line, up to four fields separated by colons:
//
//	# printers and scanners
//	printer:$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$…
//	ann@contoso.com:$2y$10$…:CONTOSO\Staff,Exchange Servers:ann@contoso.com,office@contoso.com
//	CONTOSO\mailer:$2y$10$…:CONTOSO\Mailers:@contoso.com,@*.contoso.com
//	app@contoso.com:*
//
// They are the name, the hash of the password with its SCRAM keys, the groups and the addresses
// the user may send as. Among the addresses, @contoso.com stands for every address of
// contoso.com, and @*.contoso.com for every address of the domains below contoso.com;
// see [auth.SenderDomain]. Groups and addresses are separated by commas, may be
// empty, and may be left out with their colon. Lines that are empty or begin
// with # are comments; one comment holds a secret, see below. Lines end with LF or CR LF. A name has no colon, no
// comma and at most one backslash, which parts a domain from the name. Names
// are compared without regard to the case of ASCII letters and exist once,
// among users and groups together.
//
// A user with * in place of the hash has no password: it logs on with a certificate (see
// [File.VerifyCertificate]) or a token.
//
// Hashes are bcrypt ($2a$, $2b$, $2y$; costs 4 to 14) and Argon2id in the PHC
// string format. A file whose hashes would take more than MaxMemory of memory
// or an unreasonable time to check is refused, so that a file can't exhaust the
// server. bcrypt uses only 72 bytes of a password: a longer one counts as wrong
// there and is not truncated.
//
// Behind the hash and a blank stand the keys for SCRAM-SHA-256, which [File.Add] and
// [File.SetPassword] make: $scram-sha-256$i=65536$salt$stored key$server key, in base64
// without padding. SCRAM is offered once every user of the file has keys.
//
// # Who a user is
//
// A verified user has the SID permission.NameSID of its name in the file,
// Authenticated Users, and the SIDs of its groups: well-known ones by name
// (`Exchange Servers`, `MS Exchange\Partner Servers`), any other by NameSID. So
// a grant to `CONTOSO\Staff` applies to every user whose line has that group. A
// user may send as the addresses listed, as every address of the domains listed and, if
// its name is an address, as that address. A user can't have a well-known name or be in the anonymous group.
//
// # New hashes
//
// [File.Add] makes Argon2id hashes with 19 MiB of memory, two passes and one lane, the
// first of OWASP's equivalent recommendations. RFC 9106 recommends 64 MiB and
// three passes, for machines that check few passwords. Any client that can
// connect to a relay makes it check passwords, so it must stay small under a
// flood of guesses.
//
// # Unknown users look like others
//
// An unknown name has a user of the file as its model: it is checked against that user's hash, the
// result is ignored, and for SCRAM it has as many iterations and a salt of its own, of the same size. The name and
// the secret of the file decide which user and which salt, so they are the same each time, also
// where the passwords of a file differ in cost.
//
// The secret is random. It stands in a comment, which the first change by [File.Add],
// [File.AddWithoutPassword], [File.SetPassword] or [File.Remove] puts in the first line:
//
//	# unknown-users-secret: (32 bytes in base64 without padding)
//
// Keep that line if you edit the file: if it goes, the salts of all unknown names change, and
// those of users don't. A file without it has a secret derived from the first line with a password, so
// there the salts change with that password, or if another line is put first. The first change stores that
// secret.
//
// All checks of a File share 40 MiB and the processors. A check for which there
// is no room waits until its context ends; Verify then returns the context's
// error and not ErrBadCredentials.
//
// # Users that are kept elsewhere
//
// A Verifier that has its users in a database keeps hashes made by [Hash] there and
// checks them with a [Checker].
package userfile
