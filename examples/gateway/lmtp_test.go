package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestParseLMTP(t *testing.T) {
	for in, want := range map[string]string{
		"ToMailboxes=unix:/run/dovecot/lmtp": "ToMailboxes unix /run/dovecot/lmtp",
		"a=b=unix:/c=d":                      "a=b unix /c=d",
		"a=b=box.example:24":                 "a=b tcp box.example:24",
		"Out=[2001:db8::1]:24":               "Out tcp [2001:db8::1]:24",
	} {
		got, err := parseLMTP(in)
		if err != nil || got.connector+" "+got.transport.Network+" "+got.transport.Address != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "Out", "=unix:/run/lmtp", "Out=unix:", "Out=/run/lmtp", "Out=box.example", "Out=:24", "Out=box.example:", "=box.example:24"} {
		if got, err := parseLMTP(in); err == nil {
			t.Errorf("%q is %+v", in, got)
		}
	}
}

// lmtpBox is an LMTP server on a Unix socket that takes the mail for bob and has no room for others. It
// sends a line for each recipient's reply.
func lmtpBox(t *testing.T) (socket string, replies <-chan string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "lmtp")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip(err) // a system without Unix sockets
	}
	t.Cleanup(func() { listener.Close() })
	said := make(chan string, 10)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serveLMTP(c, said)
		}
	}()
	return socket, said
}

func serveLMTP(c net.Conn, said chan<- string) {
	defer c.Close()
	fmt.Fprint(c, "220 box LMTP\r\n")
	var to []string
	body := false
	for lines := bufio.NewScanner(c); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "." && body:
			body = false
			for _, rcpt := range to {
				reply := "452 4.2.2 Mailbox full"
				if strings.HasPrefix(rcpt, "RCPT TO:<bob@") {
					reply = "250 2.1.5 Delivered"
				}
				said <- rcpt + ": " + reply
				fmt.Fprint(c, reply+"\r\n")
			}
			to = nil
		case body:
		case line == "DATA":
			body = true
			fmt.Fprint(c, "354 go\r\n")
		case strings.HasPrefix(line, "LHLO "):
			fmt.Fprint(c, "250-box\r\n250 PIPELINING\r\n")
		default:
			if strings.HasPrefix(line, "RCPT ") {
				to = append(to, line)
			}
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// TestServeLMTP: -lmtp delivers a connector's mail by LMTP; the recipient without room waits. A policy
// without the connector is refused.
func TestServeLMTP(t *testing.T) {
	site := newSite(t)
	socket, replies := lmtpBox(t)
	data := site.file("data")
	s := startServing(t, site.flags("-data", data, "-lmtp", "out=unix:"+socket)...)
	c := site.session(site.binding)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<bob@fabrikam.com>", 250)
	c.Do("RCPT TO:<carl@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.Send("Subject: hello", "", "Hello.", ".")
	c.Expect(250)
	c.Do("QUIT", 221)
	for _, want := range []string{"RCPT TO:<bob@fabrikam.com>: 250 2.1.5 Delivered", "RCPT TO:<carl@fabrikam.com>: 452 4.2.2 Mailbox full"} {
		if got := <-replies; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	s.stderr.wait(t, "452 4.2.2 Mailbox full", 1)
	_, session, _ := strings.Cut(s.stderr.wait(t, " hop-session=", 1), " hop-session=")
	session, _, _ = strings.Cut(session, " ")
	if said := queueCommand(t, data, "list"); !strings.Contains(said, "<carl@fabrikam.com>  waiting") || strings.Contains(said, "<bob@fabrikam.com>  waiting") {
		t.Errorf("on the queue:\n%s", said)
	}
	site.write("policy.json", []byte(`{"Receive": []}`))
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "-lmtp out: this server has no Send connector of that name", 1)
	s.end(t)
	logs, err := filepath.Glob(filepath.Join(data, "logs", "Connectivity", "CONNECTLOG*.LOG"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	if text, err := os.ReadFile(logs[0]); err != nil || !strings.Contains(string(text), ","+session+",Out,"+socket+",>,Established connection to "+socket) {
		t.Errorf("the connectivity log lacks the connection %s: %v\n%s", session, err, text)
	}
}
