package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// peer is a relay between smtp-source and smtp-sink.
type peer struct {
	name string
	addr string
	// begin starts it, as an argument of the command wrap if there is one, with its files
	// in a new folder. Nil: there is no relay in between.
	begin func(dir string, wrap []string) *process
	slow  bool // a third of the messages are enough
}

// start runs the relay in a new folder of dir, which clean removes when it has
// ended. Another program at its port would be measured instead.
func (r *peer) start(dir string, wrap ...string) (p *process, clean func()) {
	refuseOccupied(r.addr)
	own, err := os.MkdirTemp(dir, r.name+"-")
	check(err)
	p = r.begin(own, wrap)
	awaitPort(r.addr)
	return p, func() {
		p.stop()
		check(os.RemoveAll(own))
	}
}

// beforeMark begins the names of the gateways that -before adds.
const beforeMark = "before-"

// allPeers returns the relays that can be measured, those of the gateway program
// before included unless that is "".
func allPeers(dir, before string) []*peer {
	gateway := build(dir, "gateway", "../examples", "./gateway")
	program := build(dir, "peer", ".", "./peer")
	other := func(name, addr string) *peer {
		return &peer{name: name, addr: addr, begin: func(own string, wrap []string) *process {
			return start(own, name, wrap, program, "-listen", addr, "-hop", sinkAddr, name)
		}}
	}
	const postfixAddr = "127.0.0.1:2627"
	all := []*peer{
		{name: "direct", addr: sinkAddr},
		other("proxy", "127.0.0.1:2628"),
		{name: "postfix", addr: postfixAddr, begin: configurePostfix(filepath.Join(dir, "postfix"), postfixAddr), slow: true},
		other("naive", "127.0.0.1:2626"),
		serve(gateway, "sync", 2623),
		serve(gateway, "deliver-first", 2624),
		serve(gateway, "queue-first", 2625),
	}
	if before == "" {
		return all
	}
	for _, r := range []*peer{serve(before, "sync", 2633), serve(before, "deliver-first", 2634), serve(before, "queue-first", 2635)} {
		r.name = beforeMark + r.name
		all = append(all, r)
	}
	return all
}

// serve returns the gateway program with the flags that its name in the table
// stands for.
func serve(program, name string, port int) *peer {
	addr := "127.0.0.1:" + strconv.Itoa(port)
	return &peer{name: name, addr: addr, begin: func(own string, wrap []string) *process {
		config := filepath.Join(own, "gateway.json")
		check(os.WriteFile(config, gatewayConfig(addr, name == "queue-first", 1), 0o600))
		args := []string{"serve", "-config", config}
		if name != "sync" {
			args = append(args, "-data", filepath.Join(own, "data"))
		}
		return start(own, name, wrap, program, args...)
	}}
}

// build builds a program.
func build(dir, name, folder, pkg string) string {
	out := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Dir, cmd.Env, cmd.Stderr = folder, append(os.Environ(), "GOWORK=off"), os.Stderr
	check(cmd.Run())
	return out
}

// gatewayConfig is an anonymous relay for this machine, without the limits that
// would stop a load test, with defaults otherwise, or with the delay
// that makes it queue first. It has that many address spaces.
func gatewayConfig(addr string, queueFirst bool, spaces int) []byte {
	delay := ""
	if queueFirst {
		delay = `"MaxAcknowledgementDelay": "00:00:00",`
	}
	list := []string{"SMTP:*;1"}
	for i := range spaces - 1 {
		list = append(list, fmt.Sprintf("SMTP:domain%d.example;1", i))
	}
	quoted, err := json.Marshal(list)
	check(err)
	return fmt.Appendf(nil, `{
  "Server": "bench",
  "Servers": [{"Name": "bench", "FQDN": "bench.example"}],
  "Services": [{"MaxConnectionRatePerMinute": 2147483647}],
  "Receive": [{
    "Name": "In",
    "Bindings": [%q],
    "RemoteIPRanges": ["127.0.0.0/8"],
    "PermissionGroups": "AnonymousUsers",
    "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}],
    %s
    "MaxInboundConnection": "Unlimited",
    "MaxInboundConnectionPerSource": "Unlimited",
    "MaxInboundConnectionPercentagePerSource": 100
  }],
  "Send": [{"Name": "Out", "AddressSpaces": %s, "SmartHosts": ["127.0.0.1"], "Port": 2620, "DNSRoutingEnabled": false}]
}`, addr, delay, quoted)
}

// choose returns the relays of a list of names.
func choose(all []*peer, names string) (chosen []*peer) {
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(r *peer) bool { return r.name == name })
		if i < 0 {
			check(fmt.Errorf("there is no peer %q", name))
		}
		chosen = append(chosen, all[i])
	}
	return chosen
}
