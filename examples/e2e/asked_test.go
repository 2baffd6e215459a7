//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// questions are asked about every policy of TestAsked, for clients in askedClients.
var questions = []string{
	"always served",
	"always offered STARTTLS",
	"never offered AUTH",
	"-clear -local 0.0.0.0:465 sometimes served",
	"-as printers always logs-on",
	"-tls never logs-on",
	"-as anonymous -from <> never sends",
	"-as Interns -own -from contoso.com,fabrikam.com -tls sometimes sends",
	"-as scanners -others -from contoso.com always sends",
	"-as anonymous never relays",
	"-to *.contoso.com,fabrikam.com never let-in",
	"-tls -local 0.0.0.0:465 -from fabrikam.com sometimes accepted",
	"-as certificate -own -tls sometimes accepted",
	"-as certificate:partner.test -others -from partner.test -tls always sends",
	"-size 350KB -to *.contoso.com,*.fabrikam.com always accepted",
	"-size 350KB -to *.contoso.com,*.fabrikam.com -as anonymous never accepted",
	"-as anonymous -clear -local 10.2.3.4:25 -from <> -to fabrikam.com -size 350KB always let-in",
	"-tls sometimes relays",
	"always accepted",
}

// askedClients are those that have an address of IPv4 to connect from: for IPv6 swaks needs a module more.
const askedClients = "1.0.0.0-126.255.255.255,128.0.0.0-223.255.255.255"

// smallPolicy takes mail at port 465, too, and has a limit of sizes.
const smallPolicy = `{
	"Server": "HubA", "Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}],
	"Receive": [{"Name": "Small", "Bindings": ["10.2.3.4:25", "10.2.3.4:465"], "RemoteIPRanges": ["10.0.0.0/8"],
		"AuthMechanism": "Tls", "PermissionGroups": "AnonymousUsers", "MaxMessageSize": "200KB"}],
	"Send": [{"Name": "ToMailboxes", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}]
}`

// TestAsked runs the two commands that gateway ask prints with an answer, by a shell. gateway explain shows the
// session that the answer speaks of, and swaks gets the replies of that session from the gateway.
func TestAsked(t *testing.T) {
	network := newNetwork(t)
	w := newWitnessTest(t)
	a := &askTest{witnessTest: w, host: w.host(t, network, "asked"), dir: publicDir(t), kinds: map[string]int{}}
	a.write(t, "body", strings.Repeat(strings.Repeat("y", 70)+"\r\n", 1+400_000/72))
	if err := os.Symlink(w.binary, filepath.Join(a.dir, "gateway")); err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(t.TempDir(), "small.json")
	if err := os.WriteFile(small, []byte(smallPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{small, "../gateway/testdata/relay.json", "../gateway/testdata/partner.json"} {
		l, err := load.Files(t.Context(), load.Options{}, file)
		if err != nil {
			t.Fatal(err)
		}
		a.policy(t, prepared(l.Policy, false))
	}
	r := rand.New(rand.NewPCG(15, 0))
	for range 2 {
		a.policy(t, prepared(policygen.Policy(r), false))
	}
	t.Log(a.kinds)
	for _, kind := range []string{"anonymous", "user", "own", "certificate", "--tls", "--tls-on-connect", "null sender", "size", "accepted", "connect", "auth", "mail", "rcpt", "data", "not offered"} {
		if a.kinds[kind] == 0 {
			t.Errorf("no session of this kind: %s", kind)
		}
	}
}

// askTest has a directory with the gateway and a policy.json, and counts sessions by kind.
type askTest struct {
	*witnessTest
	host  *host
	dir   string
	kinds map[string]int
}

// asked is an answer of gateway ask -json.
type asked struct {
	Question, Text string
	Holds          bool
	Commands       []string `json:"explain"`
	Swaks          string

	user, line string   // the user's name, and the user's line in a file of users, "" of an anonymous client
	names      []string // of the certificate
	own        bool
}

func (a *askTest) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// shell runs a command line in the directory.
func (a *askTest) shell(t *testing.T, line string) (out string, exit int) {
	t.Helper()
	cmd := a.host.command(context.Background(), "sh", "-c", "PATH=$PWD:$PATH; "+line)
	cmd.Dir = a.dir
	text, err := cmd.CombinedOutput()
	if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// policy asks the questions about a policy and runs the commands of the answers. The gateway starts again
// where a user of the same name has other rights.
func (a *askTest) policy(t *testing.T, p *connector.Policy) {
	t.Helper()
	text, err := jsonconfig.Marshal(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, "policy.json", string(text))
	var rest []asked
	for _, q := range questions {
		if answer, ok := a.ask(t, q); ok {
			rest = append(rest, answer)
		}
	}
	for len(rest) > 0 {
		users, later := map[string]string{"unused": "unused:" + a.hash}, []asked(nil) // a file of users isn't empty
		now := slices.DeleteFunc(rest, func(s asked) bool {
			if line, ok := users[s.user]; ok && line != s.line {
				later = append(later, s)
				return true
			}
			users[s.user] = s.line
			return false
		})
		var lines strings.Builder
		for _, line := range users {
			lines.WriteString(line + "\n")
		}
		running := a.serve(t, a.host, p, lines.String())
		for _, s := range now {
			a.carryOut(t, s)
		}
		if err := running.end(syscall.SIGTERM); err != nil {
			t.Errorf("gateway serve: %v", err)
		}
		rest = later
	}
}

// ask asks a question. ok is false if no session shows the answer.
func (a *askTest) ask(t *testing.T, question string) (answer asked, ok bool) {
	t.Helper()
	out, exit := a.shell(t, "gateway ask -json policy.json -remote "+askedClients+" "+strings.NewReplacer("<>", "'<>'", "*", `\*`).Replace(question))
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("gateway ask %s: %v, exit %d: %s", question, err, exit, out)
	}
	if len(answer.Commands) != 1 {
		return answer, false
	}
	words, _ := a.shell(t, `printf '%s\n' `+answer.Commands[0])
	var groups, domains []string
	list := strings.Split(words, "\n")
	for i, word := range list {
		switch word {
		case "-user":
			answer.user = list[i+1]
		case "-user-group":
			groups = append(groups, list[i+1])
		case "-user-domain":
			domains = append(domains, "@"+list[i+1])
		case "-cert-name":
			answer.names = append(answer.names, list[i+1])
		}
	}
	if answer.user != "" {
		answer.line = answer.user + ":" + a.hash + ":" + strings.Join(groups, ",") + ":" + strings.Join(domains, ",")
	}
	answer.own = len(domains) > 0
	return answer, true
}

// carryOut runs the commands of an answer.
func (a *askTest) carryOut(t *testing.T, s asked) {
	t.Helper()
	stages := a.explain(t, s)
	line := strings.ReplaceAll(s.Swaks, "PASSWORD", "'"+witnessPassword+"'")
	line = strings.ReplaceAll(line, "@FILE", "@body")
	if len(s.names) > 0 {
		cert, key := a.ca.issue(t, s.names[0], s.names[1:]...)
		line = strings.Replace(line, "--tls-cert FILE --tls-key FILE", "--tls-cert "+cert+" --tls-key "+key, 1)
	}
	out, exit := a.shell(t, line)
	got, want := outcomesOf(out), until(stages, line)
	missing := regexp.MustCompile(`\*\*\* (Host did not advertise|No authentication|.*not advertise)`).MatchString(out)
	if refused := len(want) - 1; missing && len(got) == refused && (strings.HasPrefix(want[refused], "starttls 5") || strings.HasPrefix(want[refused], "auth 5")) {
		want = want[:refused] // swaks does only what EHLO offers
		a.kinds["not offered"]++
	}
	if tooLarge, found := strings.CutPrefix(want[len(want)-1], "mail 552 "); found && len(got) > len(want) { // swaks doesn't declare the size
		want = append(slices.Clone(got[:len(got)-1]), "data 552 "+tooLarge)
	}
	if !slices.Equal(got, want) || exit == 0 && strings.Contains(want[len(want)-1], " 5") {
		t.Errorf("%s\n%s\n%s\n%s\ngot  %q\nwant %q\n%s", s.Question, s.Text, s.Commands[0], line, got, want, out[:min(len(out), 5000)])
	}
	a.count(s, want)
}

// count counts a session by its kinds.
func (a *askTest) count(s asked, want []string) {
	last, code, _ := strings.Cut(want[len(want)-1], " ")
	if last == "data" && code[0] == '2' {
		last = "accepted"
	}
	a.kinds[last]++
	for kind, is := range map[string]bool{
		"anonymous": s.user == "" && len(s.names) == 0, "user": s.user != "", "own": s.own, "certificate": len(s.names) > 0,
		"--tls": strings.Contains(s.Swaks, "--tls "), "--tls-on-connect": strings.Contains(s.Swaks, "--tls-on-connect"),
		"null sender": strings.Contains(s.Commands[0], "'<>'"), "size": strings.Contains(s.Commands[0], "-size"),
	} {
		a.kinds[kind] += map[bool]int{true: 1}[is]
	}
}

// explain runs the printed gateway explain, holds the session that it shows against the answer and returns
// the outcomes of the session's commands.
func (a *askTest) explain(t *testing.T, s asked) []string {
	t.Helper()
	out, exit := a.shell(t, strings.Replace(s.Commands[0], "gateway explain ", "gateway explain -json ", 1))
	var shown struct {
		Explanation struct {
			Stages []struct{ Stage, Command, Verdict, Reply string }
		}
	}
	if err := json.Unmarshal([]byte(out), &shown); err != nil || len(shown.Explanation.Stages) == 0 {
		t.Fatalf("%s: %v, exit %d: %s", s.Commands[0], err, exit, out)
	}
	var outcomes []string
	passed, refusal := map[string]bool{}, ""
	for _, stage := range shown.Explanation.Stages {
		accepted := stage.Verdict == "accept"
		passed[stage.Stage] = accepted
		name := stage.Stage
		if name == "route" {
			name = "rcpt" // which has the reply about the route
		}
		switch {
		case stage.Reply != "":
			outcomes = append(outcomes, outcome(name, stage.Reply))
		case name == "connect":
			outcomes = append(outcomes, "connect closed")
		}
		if !accepted { // swaks ends here
			refusal = stage.Reply
			break
		}
	}
	words := strings.Fields(s.Question)
	claim := slices.IndexFunc(words, func(w string) bool { return w == "always" || w == "never" || w == "sometimes" })
	stage := map[string]string{"served": "connect", "logs-on": "auth", "sends": "mail", "relays": "rcpt", "let-in": "rcpt", "accepted": "data"}[words[claim+1]]
	if has := words[claim] != "always"; stage != "" && passed[stage] != has {
		t.Errorf("%s\n%s\n%s shows: %q", s.Question, s.Text, s.Commands[0], outcomes)
	}
	if _, reply, found := strings.Cut(s.Text, " is refused: "); found && reply != refusal {
		t.Errorf("%s\n%s\n%s ends with: %s", s.Question, s.Text, s.Commands[0], refusal)
	}
	return outcomes
}

// outcome returns the outcome of a command from the text of its reply.
func outcome(name, text string) string {
	code, _ := strconv.Atoi(text[:3])
	enhanced, _ := reply.CutEnhanced(text[4:], code/100)
	return outcomeOf(name, reply.Reply{Code: code, Enhanced: enhanced})
}

var (
	clientLine = regexp.MustCompile(`^ [-~]> (EHLO|STARTTLS|AUTH|MAIL|RCPT|DATA|QUIT)\b`)
	serverLine = regexp.MustCompile(`^<[-~*][-~* ] (\d{3} .*)`)
)

// outcomesOf returns the outcomes of commands in what swaks prints.
func outcomesOf(text string) []string {
	var all []string
	name := "connect"
	for line := range strings.Lines(text) {
		if m := clientLine.FindStringSubmatch(line); m != nil {
			name = strings.ToLower(m[1])
		}
		m := serverLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m != nil && name != "quit" && m[1][0] != '3' { // 3xx: the command goes on
			all = append(all, outcome(name, m[1]))
		}
	}
	if len(all) == 0 {
		all = []string{"connect closed"}
	}
	return all
}

// until cuts outcomes off behind the command after which the command line of swaks quits.
func until(outcomes []string, swaks string) []string {
	_, last, found := strings.Cut(swaks, "--quit-after ")
	if !found {
		return outcomes
	}
	order := []string{"CONNECT", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT"}
	end := slices.Index(order, last)
	return slices.DeleteFunc(slices.Clone(outcomes), func(o string) bool {
		name, _, _ := strings.Cut(o, " ")
		at := slices.Index(order, strings.ToUpper(name))
		return at < 0 || at > end
	})
}
