package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Postfix as Debian installs it. These settings say who may relay, where to,
// and where its files are; the rest are defaults.
const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
myhostname = postfix.example
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:2620
`

// configurePostfix makes a configuration and a queue for Postfix in dir and returns
// the command that starts it there. Postfix's users must be able to enter dir.
func configurePostfix(dir, addr string) func(string, []string) *process {
	etc := filepath.Join(dir, "etc")
	check(os.MkdirAll(etc, 0o755))
	check(os.MkdirAll(filepath.Join(dir, "queue"), 0o755))
	data := filepath.Join(dir, "data")
	check(os.MkdirAll(data, 0o700))
	run("chown", "postfix", data)
	check(os.WriteFile(filepath.Join(etc, "main.cf"), fmt.Appendf(nil, postfixMain, dir), 0o644))
	check(os.WriteFile(filepath.Join(etc, "master.cf"), []byte(postfixServices(addr)), 0o644))
	return func(logs string, wrap []string) *process {
		p := start(logs, "postfix", wrap, "postfix", "-c", etc, "start-fg")
		p.end = func() { _ = exec.Command("postfix", "-c", etc, "stop").Run() }
		return p
	}
}

// postfixServices is Debian's master.cf, nothing chrooted, with the server at
// addr.
func postfixServices(addr string) string {
	data, err := os.ReadFile("/usr/share/postfix/master.cf.dist")
	check(err)
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) >= 8 && !strings.HasPrefix(line, "#") && line[0] != ' ' {
			f[4] = "n"
			if f[0] == "smtp" && f[1] == "inet" {
				f[0] = addr
			}
			line = strings.Join(f, " ") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// run runs a program to its end.
func run(name string, args ...string) {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		check(fmt.Errorf("%s: %w\n%s", name, err, out))
	}
}
