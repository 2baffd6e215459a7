package main

import (
	"strconv"
	"strings"
)

// demoCommands returns commands to try on the demonstration. A line that starts
// with # says how the commands under it end: the last word before its colon is
// "accepted" or "refused", and the end-to-end tests hold it to that.
func demoCommands() string {
	return strings.NewReplacer(
		"{port}", strconv.Itoa(demoPort),
		"{secured}", strconv.Itoa(demoSecuredPort),
		"{relay}", strconv.Itoa(demoRelayPort),
		"{user}", demoUser,
		"{password}", demoPassword,
	).Replace(demoTemplate)
}

const demoTemplate = `
Try these in another terminal. Messages that are accepted are printed here.

# Basic authentication over TLS, to any recipient, accepted:
swaks --server 127.0.0.1:{port} --tls --auth LOGIN --auth-user {user} --auth-password {password} --from ann@example.net --to bob@fabrikam.com
printf 'Subject: by curl\r\n\r\nHello.\r\n' | curl --silent --show-error --ssl-reqd --insecure smtp://127.0.0.1:{port} --user {user}:{password} --mail-from ann@example.net --mail-rcpt carl@example.org --upload-file -
# AUTH before TLS, a wrong password, no AUTH, refused:
swaks --server 127.0.0.1:{port} --auth LOGIN --auth-user {user} --auth-password {password} --from ann@example.net --to carl@example.org
swaks --server 127.0.0.1:{port} --tls --auth LOGIN --auth-user {user} --auth-password wrong --from ann@example.net --to carl@example.org
swaks --server 127.0.0.1:{port} --from ann@example.net --to carl@example.org

# Externally secured: from that address as any sender, to any recipient, accepted:
swaks --server 127.0.0.1:{secured} --from boss@fabrikam.com --to carl@example.org
# from another address (on Linux), refused:
swaks --server 127.0.0.1:{secured} --local-interface 127.0.0.9 --from boss@fabrikam.com --to carl@example.org

# Anonymous relay: from that address to any recipient, accepted:
swaks --server 127.0.0.1:{relay} --from ann@example.net --to carl@example.org
# from another address (on Linux), refused:
swaks --server 127.0.0.1:{relay} --local-interface 127.0.0.9 --from ann@example.net --to carl@example.org

# The certificate, accepted:
openssl s_client -starttls smtp -connect 127.0.0.1:{port} -brief </dev/null

`
