package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/permission"
)

// commandLine is a command in the making.
type commandLine []string

func (c *commandLine) add(words ...string) { *c = append(*c, words...) }

// flag adds a flag with a value, unless that is empty.
func (c *commandLine) flag(name, value string) {
	if value != "" {
		c.add(name, value)
	}
}

// String returns the command as a shell of Unix reads it.
func (c commandLine) String() string {
	var words []string
	for _, word := range c {
		words = append(words, shellWord(word))
	}
	return strings.Join(words, " ")
}

// plainWord matches words that a shell doesn't change.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+:,./-]+$`)

// shellWord quotes a word for a shell of Unix.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// isPlainName reports whether a user can have the name of a principal.
func isPlainName(name string) bool { return permission.CheckName(name) == nil }

// policyCommand returns a command about the policy of the flags, so far.
func policyCommand(name string, p *policyFlags) commandLine {
	c := commandLine{"gateway", name}
	c.add(p.files...)
	if p.demo {
		c.add("-demo")
	}
	c.flag("-server", p.server)
	c.flag("-profile", p.profile)
	c.flag("-credentials", p.credentials)
	return c
}

// routeCommand returns the command that shows the route of a session's message under the policy
// of the flags.
func routeCommand(p *policyFlags, d connector.Dialog) string {
	c := policyCommand("route", p)
	c.add("-to", d.To[0].String())
	if d.Size > 0 {
		c.add("-size", strconv.FormatInt(d.Size, 10))
	}
	return c.String()
}

// explainCommand returns the command that shows a session under the policy of the flags.
func explainCommand(p *policyFlags, d connector.Dialog) string {
	c := policyCommand("explain", p)
	c.add("-remote", d.Remote.String(), "-local", d.Local.String())
	if d.TLS {
		c.add("-tls")
	}
	for _, name := range d.PeerNames {
		c.add("-cert-name", name)
	}
	if d.User != nil {
		name, groups := sessionUser(d)
		c.add("-user", name)
		for _, group := range groups {
			c.add("-user-group", group)
		}
		if d.User.Owns(d.From) {
			c.add("-user-domain", d.From.Domain().String())
		}
	}
	c.add("-from", "<"+d.From.String()+">")
	for _, to := range d.To {
		c.add("-to", to.String())
	}
	if d.Size > 0 {
		c.add("-size", strconv.FormatInt(d.Size, 10))
	}
	return c.String()
}

// questionWords returns candidates for the words of a question, and files before them.
func (l *typedLine) questionWords() []string {
	at := slices.IndexFunc(l.words, func(w string) bool { return slices.Contains(analysis.Claims(), analysis.Claim(w)) })
	var words []string
	switch {
	case at < 0:
		for _, c := range analysis.Claims() {
			words = append(words, string(c))
		}
		return append(candidates(words...), completeFiles)
	case at == len(l.words)-1:
		for _, p := range analysis.Properties() {
			words = append(words, string(p))
		}
	}
	return candidates(words...)
}

// lastCommands are the commands after which swaks may end the session, if the property says
// nothing of what follows.
var lastCommands = map[analysis.Property]string{
	analysis.PropertyServed: "EHLO", analysis.PropertyOffered: "EHLO", analysis.PropertyLogsOn: "AUTH", analysis.PropertySends: "MAIL", analysis.PropertyRelays: "RCPT",
}

// swaksCommand returns the command of swaks that carries out a session. FILE and PASSWORD
// in it are for the reader to replace.
func swaksCommand(property analysis.Property, d connector.Dialog) string {
	c := commandLine{"swaks", "--server", d.Local.String(), "--local-interface", d.Remote.String(), "--ehlo", d.Helo}
	switch {
	case d.BeginsWithTLS() && d.TLS:
		c.add("--tls-on-connect")
	case d.TLS:
		c.add("--tls")
	}
	if len(d.PeerNames) > 0 {
		c.add("--tls-cert", "FILE", "--tls-key", "FILE")
	}
	if d.User != nil {
		name, _ := sessionUser(d)
		c.add("--auth", "--auth-user", name, "--auth-password", "PASSWORD")
	}
	c.add("--from", cmp.Or(d.From.String(), "<>"), "--to", d.To[0].String())
	last := lastCommands[property]
	switch {
	case d.Size > 0 && last != "EHLO" && last != "AUTH": // swaks declares no size at MAIL
		return c.String() + " --data @FILE" + fmt.Sprintf(" # a message of %d bytes", d.Size)
	case last != "":
		c.add("--quit-after", last)
	case d.From.IsNull(): // otherwise swaks writes From: <>, which few clients may
		c.add("--data", `Subject: test\n\ntest`)
	}
	return c.String()
}
