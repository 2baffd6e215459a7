// Relaybench measures the gateway beside a naive go-smtp relay: smtp-source
// in, smtp-sink out, both Postfix's, the relays in turn within each round so
// that the machine's drift hits both. It prints medians and their ratio, and
// the memory of idle connections.
//
//	go run ./relaybench            (in the folder bench, with GOWORK=off)
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "rounds; medians are taken over them")
	messages := flag.Int("messages", 3000, "messages in each run")
	idle := flag.Int("idle", 2000, "idle connections to hold; 0: don't")
	flag.Parse()

	dir, err := os.MkdirTemp("", "relaybench")
	check(err)
	defer os.RemoveAll(dir)
	sink := start(dir, "smtp-sink", "smtp-sink", "-u", "nobody", "127.0.0.1:2620", "1024")
	defer sink.stop()
	awaitPort("127.0.0.1:2620")

	build := func(name, folder, pkg string) string {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-o", out, pkg)
		cmd.Dir, cmd.Env, cmd.Stderr = folder, append(os.Environ(), "GOWORK=off"), os.Stderr
		check(cmd.Run())
		return out
	}
	config := filepath.Join(dir, "gateway.json")
	check(os.WriteFile(config, []byte(gatewayConfig), 0o600))
	relays := []*relay{
		{name: "naive", addr: "127.0.0.1:2626", command: []string{build("naive", ".", "./naive")}},
		{name: "interchange", addr: "127.0.0.1:2625",
			command: []string{build("gateway", "../examples", "./gateway"), "serve", "-config", config}},
	}
	fmt.Printf("%s, GOMAXPROCS %d, %s; %d rounds of %d messages of 1 KiB\n",
		cpuName(), runtime.GOMAXPROCS(0), runtime.Version(), *rounds, *messages)
	throughput(dir, relays, *rounds, *messages)
	if *idle > 0 {
		idleMemory(dir, relays, *idle)
	}
}

// gatewayConfig is an anonymous relay for this machine with every limit that
// would stop a load test lifted and all else as it comes.
const gatewayConfig = `{
  "Server": "bench",
  "Servers": [{"Name": "bench", "FQDN": "bench.example"}],
  "Receive": [{
    "Name": "In",
    "Bindings": ["127.0.0.1:2625"],
    "RemoteIPRanges": ["127.0.0.0/8"],
    "PermissionGroups": "AnonymousUsers",
    "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}],
    "MaxInboundConnection": "Unlimited",
    "MaxInboundConnectionPerSource": "Unlimited",
    "MaxInboundConnectionPercentagePerSource": 100
  }],
  "Send": [{"Name": "Out", "AddressSpaces": ["SMTP:*;1"], "SmartHosts": ["127.0.0.1"], "Port": 2620, "DNSRoutingEnabled": false}]
}`

type relay struct {
	name, addr string
	command    []string
}

// start runs the relay. Whatever else has its port would be measured instead.
func (r *relay) start(dir string) *process {
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		log.Fatalf("something else listens on %s", r.addr)
	}
	p := start(dir, r.name, r.command[0], r.command[1:]...)
	awaitPort(r.addr)
	return p
}

// cell is one way of loading a relay.
type cell struct {
	mode     string
	sessions int
}

func throughput(dir string, relays []*relay, rounds, messages int) {
	fmt.Printf("\n%-10s %9s %14s %14s %7s   CPU ms per message\n", "connection", "sessions", relays[0].name, relays[1].name, "ratio")
	for _, c := range []cell{{"new", 1}, {"new", 10}, {"new", 50}, {"new", 100}, {"kept", 1}, {"kept", 10}, {"kept", 50}, {"kept", 100}} {
		rates := make([][]float64, len(relays))
		cpu := make([][]float64, len(relays))
		for round := range rounds + 1 { // the first warms up
			for i, r := range relays {
				rate, busy := run(dir, r, c, messages)
				if round > 0 {
					rates[i], cpu[i] = append(rates[i], rate), append(cpu[i], busy)
				}
			}
		}
		a, b := median(rates[0]), median(rates[1])
		fmt.Printf("%-10s %9d %9.0f /s %11.0f /s %6.2fx   %.3f, %.3f\n",
			c.mode, c.sessions, a, b, b/a, median(cpu[0]), median(cpu[1]))
	}
}

// run sends messages through a freshly started relay and returns messages a
// second and CPU milliseconds of the relay per message.
func run(dir string, r *relay, c cell, messages int) (rate, cpu float64) {
	p := r.start(dir)
	defer p.stop()
	args := []string{"-s", strconv.Itoa(c.sessions), "-m", strconv.Itoa(messages), "-l", "1024",
		"-f", "sender@example.org", "-t", "rcpt@example.net"}
	if c.mode == "kept" {
		args = append(args, "-d")
	}
	before := p.cpuSeconds()
	begin := time.Now()
	out, err := exec.Command("smtp-source", append(args, r.addr)...).CombinedOutput()
	took := time.Since(begin)
	if err != nil {
		log.Fatalf("smtp-source to %s: %v\n%s", r.name, err, out)
	}
	return float64(messages) / took.Seconds(), (p.cpuSeconds() - before) * 1e3 / float64(messages)
}

// idleMemory holds n connections after EHLO and prints what each costs.
func idleMemory(dir string, relays []*relay, n int) {
	fmt.Printf("\n%d idle connections after EHLO\n", n)
	for _, r := range relays {
		p := r.start(dir)
		before := p.pss()
		conns := make([]net.Conn, n)
		for i := range conns {
			conns[i] = hello(r.addr)
		}
		fmt.Printf("%-12s %6.1f KiB per connection (PSS)\n", r.name, float64(p.pss()-before)/float64(n))
		for _, c := range conns {
			c.Close()
		}
		p.stop()
	}
}

func hello(addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	check(err)
	r := bufio.NewReader(c)
	readReply(r)
	_, err = c.Write([]byte("EHLO client.example\r\n"))
	check(err)
	readReply(r)
	return c
}

func readReply(r *bufio.Reader) {
	for {
		line, err := r.ReadString('\n')
		check(err)
		if len(line) > 3 && line[3] == ' ' {
			return
		}
	}
}

func awaitPort(addr string) {
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	log.Fatalf("nothing listens on %s", addr)
}

func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func cpuName() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
