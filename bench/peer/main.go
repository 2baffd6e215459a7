// Peer runs one of the relays that the gateway is measured against: naive or
// proxy.
package main

import (
	"flag"
	"log"
	"net"

	"github.com/interchange-smtp/interchange/bench/naive"
	"github.com/interchange-smtp/interchange/bench/proxy"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:2626", "address to listen on")
	hop := flag.String("hop", "127.0.0.1:2620", "next hop")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	switch name := flag.Arg(0); name {
	case "naive":
		log.Fatal(naive.Serve(l, *hop))
	case "proxy":
		log.Fatal(proxy.Serve(l, *hop))
	default:
		log.Fatalf("there is no peer %q: naive or proxy", name)
	}
}
