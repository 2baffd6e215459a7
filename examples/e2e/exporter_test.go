//go:build linux

package e2e

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

// exporters is a verifier of logons that keeps the tls-exporter of each.
type exporters chan []byte

func (e exporters) verify(ctx context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
	e <- ch.Exporter
	return loopbackUsers.Verify(ctx, c, ch)
}

// exportWithOpenSSL logs on with OpenSSL, and prints the tls-exporter of the connection as RFC 9266, section 2, says:
// with an empty context. The program openssl exports without a context, which differs in TLS 1.2.
const exportWithOpenSSL = `
use strict; use warnings;
use IO::Socket::INET; use Net::SSLeay;
my ($server, $version, $plain) = @ARGV;
my $tcp = IO::Socket::INET->new($server) or die "no connection";
sub await { while (defined(my $line = <$tcp>)) { return if $line =~ /^[23]\d\d / } die "refused" }
await();
for my $command ("EHLO client.example", "STARTTLS") { print $tcp "$command\r\n"; await() }
my $ctx = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_method());
Net::SSLeay::CTX_set_min_proto_version($ctx, hex $version);
Net::SSLeay::CTX_set_max_proto_version($ctx, hex $version);
my $ssl = Net::SSLeay::new($ctx);
Net::SSLeay::set_fd($ssl, fileno $tcp);
Net::SSLeay::connect($ssl) == 1 && Net::SSLeay::version($ssl) == hex $version or die "no TLS";
for my $command ("EHLO client.example", "AUTH PLAIN $plain") {
	Net::SSLeay::write($ssl, "$command\r\n");
	my $text = "";
	until ($text =~ /^2\d\d .*\n/m) { my $more = Net::SSLeay::read($ssl); die "refused: $text" unless length $more; $text .= $more }
}
print unpack("H*", Net::SSLeay::export_keying_material($ssl, 32, "EXPORTER-Channel-Binding", ""));
`

// TestExporterOfOpenSSL: the channel binding with which a server checks logons is the one that OpenSSL exports from
// the client's side of the connection.
func TestExporterOfOpenSSL(t *testing.T) {
	seen := make(exporters, 1)
	onBothServers(t, auth.VerifierFunc(seen.verify), nil, func(t *testing.T, _, server string, _ chan string) {
		for name, version := range map[string]string{"TLS 1.3": "0304", "TLS 1.2": "0303"} {
			d := runPeer(t, "", "perl", "-e", exportWithOpenSSL, server, version, plain(loopbackUser, gatewayPassword))
			if d.exit != 0 || len(d.text) != 64 {
				t.Fatalf("%s: exit %d: %s", name, d.exit, d.text)
			}
			if ours := hex.EncodeToString(<-seen); ours != d.text {
				t.Errorf("%s: OpenSSL exports %s, the server %s", name, d.text, ours)
			}
		}
	})
}
