// Relaybench measures the gateway beside other relays: smtp-source in, smtp-sink
// out, both Postfix's, all relays in turn within each round so that the
// machine's drift affects all. It prints medians, and compares them with
// targets. The relays are
//
//	direct         none: what smtp-source and smtp-sink can do
//	proxy          one that knows nothing of SMTP (bench/proxy)
//	postfix        Debian's, as installed
//	naive          one on go-smtp without policy, header or log (bench/naive)
//	sync           the gateway without a queue
//	deliver-first  the gateway with a queue, which delivers while the client waits
//	queue-first    the gateway with MaxAcknowledgementDelay 0: on the disk, then 250
//
// To compare two builds of the gateway, build the earlier one and name it:
//
//	go run ./relaybench -before /tmp/gateway -peers sync,before-sync,deliver-first,before-deliver-first,queue-first,before-queue-first -parts small,large
//
// A message counts when smtp-sink has it. Spools and Postfix's queue are on the
// same file system, that of -dir. It must run as root, since Postfix must.
//
//	go run ./relaybench            (in the folder bench, with GOWORK=off)
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	parts := flag.String("parts", "small,large,syncs,memory,reload,allocations", "what to measure")
	names := flag.String("peers", "direct,proxy,postfix,naive,sync,deliver-first,queue-first", "which relays to measure")
	before := flag.String("before", "", "gateway `program` of an earlier commit, which gives the relays before-sync, before-deliver-first and before-queue-first")
	modes := flag.String("modes", "new,kept", "connections with messages of 1 KiB: a new one for each, or kept")
	sessions := flag.String("sessions", "1,10,50,100", "sessions with messages of 1 KiB")
	rounds := flag.Int("rounds", 5, "rounds; medians are taken over them")
	messages := flag.Int("messages", 3000, "messages of 1 KiB in each run, a third of it for Postfix; of 1 MiB a tenth")
	idle := flag.Int("idle", 2000, "idle connections to compare")
	parent := flag.String("dir", "/var/tmp", "`folder` for a temporary one with all files; its file system decides what durability costs")
	flag.Parse()
	root = temporary(*parent)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, syscall.SIGINT, syscall.SIGTERM)
	go func() { check(fmt.Errorf("%v", <-interrupts)) }()

	describe(root)
	b := &bench{dir: root, rounds: *rounds, samples: make(map[cell][]sample)}
	all := allPeers(root, *before)
	b.peers = choose(all, *names)
	b.sink = startSink(root)
	for part := range strings.SplitSeq(*parts, ",") {
		switch part {
		case "small":
			b.throughput(chosen(small(*messages), *modes, *sessions))
			b.smallTargets()
		case "large":
			b.throughput(large(*messages / 10))
			b.largeTargets()
		case "syncs":
			b.syncs(choose(all, "queue-first"), *messages/3)
		case "memory":
			b.memory(*idle, 10_000)
		case "reload":
			b.reload(choose(all, "deliver-first")[0], 5*time.Second)
		case "allocations":
			b.allocations(*messages)
		default:
			check(fmt.Errorf("there is no part %q", part))
		}
	}
	b.company()
	clean()
}

// root is the folder for everything.
var root string

// temporary makes a folder that Postfix's users can enter.
func temporary(parent string) string {
	dir, err := os.MkdirTemp(parent, "relaybench-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

// clean ends all programs and removes all files.
func clean() {
	running.stop()
	if err := os.RemoveAll(root); err != nil {
		log.Print(err)
	}
}

// check ends this program and all that it has started if there is an error.
func check(err error) {
	if err != nil {
		clean()
		log.Fatal(err)
	}
}
