package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// explainFlags describe a session.
type explainFlags struct {
	policyFlags
	remote, local string
	helo          string
	tls           bool
	user, users   string
	from          string
	to            list
	size          int64
}

func (f *explainFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.remote, "remote", "", "the client's `IP`")
	fs.StringVar(&f.local, "local", "", "`IP:PORT` that the client connects to (default: the policy's first binding)")
	fs.StringVar(&f.helo, "helo", "client.example", "`NAME` that the client gives at EHLO")
	fs.BoolVar(&f.tls, "tls", false, "the client starts TLS")
	fs.StringVar(&f.user, "user", "", "`NAME` as whom the client logs on")
	fs.StringVar(&f.users, "users", "", "users `FILE` that knows the user's groups and addresses")
	fs.StringVar(&f.from, "from", "", "the sender's `ADDRESS`; empty or <> is the null sender")
	fs.Var(&f.to, "to", "a recipient's `ADDRESS`; may be repeated")
	fs.Int64Var(&f.size, "size", 0, "the message's size in bytes; 0: not known")
}

// explain shows a session step by step.
func explain(c *cli, args []string) int {
	fs := c.flags("[-config FILE]... -remote IP [-local IP:PORT] [-tls] [-user NAME] -from ADDRESS -to ADDRESS [-size N]")
	var f explainFlags
	f.register(fs)
	if code, done := c.parse(fs, args); done {
		return code
	}
	dialog, err := f.dialog()
	if err != nil {
		return c.invalid(err)
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	if !dialog.Local.IsValid() {
		if dialog.Local, err = firstBinding(l.Policy); err != nil {
			return c.invalid(err)
		}
	}
	walk := l.Walk(dialog)
	if f.json {
		out := newWalkJSON(walk)
		out.Places = l.places(walk)
		c.printJSON(out)
	} else {
		printWalk(c.stdout, walk)
		printPlaces(c.stdout, l.places(walk))
	}
	if !walk.Accepted() {
		return exitNo
	}
	return exitOK
}

// dialog makes the session of the flags; all that is wrong with them is in
// the error.
func (f *explainFlags) dialog() (connector.Dialog, error) {
	d := connector.Dialog{TLS: f.tls, Helo: f.helo, Size: f.size}
	var errs []error
	check := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("-%s: %w", flag, err))
		}
	}
	var err error
	if f.remote == "" {
		check("remote", errors.New("give the client's IP address"))
	} else {
		d.Remote, err = netip.ParseAddr(f.remote)
		check("remote", err)
	}
	if f.local != "" {
		d.Local, err = netip.ParseAddrPort(f.local)
		check("local", err)
	}
	if from := strings.Trim(f.from, "<>"); from != "" {
		d.From, err = routing.ParseAddress(from)
		check("from", err)
	}
	if len(f.to) == 0 {
		check("to", errors.New("give a recipient"))
	}
	for _, to := range f.to {
		rcpt, err := routing.ParseAddress(strings.Trim(to, "<>"))
		check("to", err)
		d.To = append(d.To, rcpt)
	}
	if f.size < 0 {
		check("size", errors.New("give 0 or more bytes"))
	}
	if f.user != "" {
		id, err := f.identity()
		check("users", err)
		d.User = &id
	}
	return d, errors.Join(errs...)
}

// identity returns whom the client would prove to be.
func (f *explainFlags) identity() (auth.Identity, error) {
	if f.users == "" {
		return identity(f.user), nil
	}
	users, err := userfile.Load(f.users)
	if err != nil {
		return auth.Identity{}, err
	}
	return users.Identity(f.user)
}

// identity is that of a user of whom nothing but the name is known.
func identity(name string) auth.Identity {
	id := auth.Identity{Principal: permission.Authenticated(name)}
	if a, err := routing.ParseAddress(name); err == nil {
		id.Addresses = append(id.Addresses, a)
	}
	return id
}

// firstBinding is where a client connects that doesn't say.
func firstBinding(p *connector.Policy) (netip.AddrPort, error) {
	bindings := p.Bindings()
	if len(bindings) == 0 {
		return netip.AddrPort{}, errors.New("the policy has no bindings; give -local IP:PORT")
	}
	return bindings[0], nil
}

// printWalk prints a dialog with its answers and their reasons.
func printWalk(w io.Writer, walk connector.Walkthrough) {
	for _, stage := range walk.Stages {
		fmt.Fprintf(w, "%s\n", stage.Command)
		for step := range stage.Trace.All() {
			fmt.Fprintf(w, "    %s\n", step)
		}
		fmt.Fprintf(w, "  %s\n", stage.Reply)
	}
	for _, r := range walk.Routes {
		fmt.Fprintf(w, "%s\n", newWay(r))
	}
	verdict := "refused"
	if walk.Accepted() {
		verdict = "accepted"
	}
	fmt.Fprintf(w, "%s as %s", verdict, walk.Session.Identity())
	if in := walk.Session.Inbound(); in != nil {
		fmt.Fprintf(w, " by Receive connector %q", in.Name())
	}
	fmt.Fprintln(w)
}

// walkJSON is a dialog for machines.
type walkJSON struct {
	Accepted  bool        `json:"accepted"`
	Connector string      `json:"connector,omitempty"`
	Identity  string      `json:"identity"`
	Stages    []stageJSON `json:"stages"`
	Routes    []wayJSON   `json:"routes,omitempty"`
	Places    []place     `json:"places,omitempty"` // where the connectors were set
}

type stageJSON struct {
	Stage   string     `json:"stage"`
	Command string     `json:"command"`
	Verdict string     `json:"verdict"`
	Reason  string     `json:"reason"`
	Reply   string     `json:"reply"`
	Steps   []stepJSON `json:"steps,omitempty"`
}

func newWalkJSON(walk connector.Walkthrough) walkJSON {
	out := walkJSON{
		Accepted:  walk.Accepted(),
		Connector: walk.Session.Inbound().Name(),
		Identity:  walk.Session.Identity().String(),
	}
	for _, s := range walk.Stages {
		out.Stages = append(out.Stages, stageJSON{
			string(s.Name), s.Command, s.Decision.Verdict.String(), s.Decision.Reason.String(), s.Reply.String(), stepsJSON(s.Trace),
		})
	}
	for _, r := range walk.Routes {
		out.Routes = append(out.Routes, newWay(r))
	}
	return out
}
