// Command dnsbl is a gateway that refuses clients in a DNS blocklist (RFC 5782) before
// they can say anything, except on the Receive connectors that -exempt names:
//
//	dnsbl -zone zen.example.org -exempt Partners,Submission connectors.ps1
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	zone := flag.String("zone", "", "`DOMAIN` of the blocklist")
	exempt := flag.String("exempt", "", "`NAMES` of connectors, with commas between them")
	flag.Parse()
	if err := run(ctx, &blocklist{*zone, net.DefaultResolver, strings.Split(*exempt, ",")}, flag.Args()...); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, b *blocklist, policy ...string) error {
	if b.zone == "" {
		return errors.New("-zone is missing: give the domain of a blocklist, as in -zone zen.example.org")
	}
	loaded, err := load.Files(ctx, load.Options{}, policy...)
	if err != nil {
		return err
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Logger: slog.Default()}
	g.Server.Hooks = []relay.Hooks{{Connect: b.connect}} // asked once for each connection, whatever it sends
	return g.Run(ctx)
}

// blocklist is a DNS blocklist.
type blocklist struct {
	zone     string
	resolver interface { // *net.Resolver is one
		LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	}
	exempt []string // Receive connectors
}

// refusal is sent to clients in the list in place of a greeting.
var refusal = reply.Reply{Code: 554, Enhanced: [3]int{5, 7, 1}, Text: "Your address is in a blocklist"}

func (b *blocklist) connect(ctx context.Context, c *relay.Conn) (context.Context, error) {
	if slices.Contains(b.exempt, c.Inbound.Name()) {
		return ctx, nil
	}
	limit, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	name := reversed(c.Remote.Addr()) + "." + b.zone
	answers, err := b.resolver.LookupNetIP(limit, "ip4", name)
	var failed *net.DNSError
	if err != nil && !(errors.As(err, &failed) && failed.IsNotFound) {
		slog.WarnContext(ctx, "blocklist not asked", "name", name, "error", err) // mail goes on without it
	}
	for _, a := range answers { // 127.255.255.0/24 are errors of the list, other networks a domain for sale
		if a = a.Unmap(); a.IsLoopback() && !netip.MustParsePrefix("127.255.255.0/24").Contains(a) {
			return ctx, &relay.Error{Reply: refusal, Err: errors.New(name + " is " + a.String())}
		}
	}
	return ctx, nil
}

// reversed returns the bytes of an IPv4 address, or the digits of an IPv6 address, in
// reverse order with dots between them.
func reversed(a netip.Addr) string {
	var labels []string
	if a = a.Unmap(); a.Is4() {
		for _, b := range a.AsSlice() {
			labels = append(labels, strconv.Itoa(int(b)))
		}
	} else {
		labels = strings.Split(hex.EncodeToString(a.AsSlice()), "")
	}
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}
