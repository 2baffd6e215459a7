package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// diff registers the flags of gateway diff and returns its runner.
func diff(c *cli, fs *flag.FlagSet) runner {
	var p policyFlags
	p.registerReading(fs)
	p.registerJSON(fs)
	widening := fs.Bool("widening-only", false, "print, and count for the exit status, only what may happen now and could not before")
	return func(words []string) int { return c.diff(p, *widening, words) }
}

// diff compares the policies that two words name.
func (c *cli) diff(p policyFlags, widening bool, words []string) int {
	if len(words) != 2 {
		return c.invalid(errors.New("give the OLD policy and the NEW one: each a file, files separated by commas, or a directory"))
	}
	policies, ok := c.policies(p, words)
	if !ok {
		return exitInvalid
	}
	found := analysis.Compare(policies[0], policies[1])
	if found.TooLarge != "" {
		return c.invalid(errors.New(found.TooLarge))
	}
	if widening {
		found = found.Wider()
	}
	if p.json {
		c.printJSON(newDiffJSON(found))
	} else {
		printDiff(c.stdout, found)
	}
	if !found.Same() {
		return exitNo
	}
	return exitOK
}

// printDiff prints every change with its witness before and after.
func printDiff(w io.Writer, found analysis.Comparison) {
	for _, change := range found.Changes {
		fmt.Fprintf(w, "%s %s\n", explain.Sign(change.Direction), strings.ReplaceAll(change.Text, "\n", "\n      "))
		switch {
		case change.Aspect == analysis.AspectQueue || change.Aspect == analysis.AspectReport:
			continue // it concerns mail that was accepted
		case !change.Shown():
			fmt.Fprintln(w, "    no session shows it, because none gets that far both before and after")
			continue
		}
		fmt.Fprintf(w, "    for example %s\n", explain.Session(change.Witness))
		before, after := explain.Outcomes(change)
		fmt.Fprintf(w, "      before: %s\n      after:  %s\n", before, after)
	}
	fmt.Fprintln(w, count(len(found.Changes), "change"))
}

// diffJSON is a comparison for machines.
type diffJSON struct {
	Same    bool             `json:"same"`
	Changes []diffChangeJSON `json:"changes"`
}

type diffChangeJSON struct {
	Direction analysis.Direction     `json:"direction"`
	Aspect    analysis.Aspect        `json:"aspect"`
	Subject   string                 `json:"subject,omitempty"`
	Text      string                 `json:"text"`
	Clients   []clientsJSON          `json:"clients,omitempty"`
	Elsewhere int                    `json:"moreClients,omitempty"` // local addresses with clients that Clients leaves out
	Who       []whoJSON              `json:"who,omitempty"`         // of Clients; none where that doesn't matter
	Domains   []string               `json:"domains,omitempty"`
	Except    []string               `json:"except,omitempty"`
	More      int                    `json:"moreDomains,omitempty"` // that Domains leaves out
	MoreOut   int                    `json:"moreExcept,omitempty"`  // that Except leaves out
	Before    string                 `json:"before,omitempty"`
	After     string                 `json:"after,omitempty"`
	Witness   *witnessJSON           `json:"witness,omitempty"` // none where no session shows it
	Old       *connector.Walkthrough `json:"old,omitempty"`     // without steps, as is New
	New       *connector.Walkthrough `json:"new,omitempty"`
}

type clientsJSON struct {
	Local  []netip.AddrPort `json:"local"`
	Ranges []param.Range    `json:"ranges"`
	More   int              `json:"more,omitempty"` // local addresses that Local leaves out
}

// whoJSON is an analysis.Who with the names of groups.
type whoJSON struct {
	Proof  analysis.Proof `json:"proof"`
	In     [][]string     `json:"in,omitempty"`
	Unless [][][]string   `json:"unless,omitempty"`
	Rest   bool           `json:"rest,omitempty"`
}

type witnessJSON struct {
	Local        netip.AddrPort `json:"local"`
	Remote       netip.Addr     `json:"remote"`
	TLS          bool           `json:"tls,omitempty"`
	Implicit     bool           `json:"implicit,omitempty"` // TLS from the start
	Certificates []string       `json:"certificates,omitempty"`
	User         []string       `json:"user,omitempty"` // the names of its SIDs
	Helo         string         `json:"helo"`
	From         string         `json:"from"`
	To           []string       `json:"to"`
	Size         int64          `json:"size,omitempty"`
}

// outcome returns the session of a witness without the reasons that explain gives.
func outcome(w connector.Walkthrough) *connector.Walkthrough {
	w.Stages = slices.Clone(w.Stages)
	for i := range w.Stages {
		w.Stages[i].Trace = connector.Trace{}
	}
	return &w
}

func newDiffJSON(found analysis.Comparison) diffJSON {
	out := diffJSON{Same: found.Same(), Changes: []diffChangeJSON{}}
	for _, c := range found.Changes {
		j := diffChangeJSON{
			Direction: c.Direction, Aspect: c.Aspect, Subject: c.Subject, Text: c.Text, Domains: c.Domains, Except: c.Except,
			Elsewhere: c.MoreClients, More: c.MoreDomains, MoreOut: c.MoreExcept,
			Before: c.Before, After: c.After,
		}
		if c.Shown() {
			witness := newWitnessJSON(c.Witness)
			j.Witness, j.Old, j.New = &witness, outcome(c.Old()), outcome(c.New())
		}
		for _, s := range c.Clients {
			j.Clients = append(j.Clients, clientsJSON(s))
		}
		for _, who := range c.Who {
			j.Who = append(j.Who, newWhoJSON(who))
		}
		out.Changes = append(out.Changes, j)
	}
	return out
}

func newWhoJSON(who analysis.Who) whoJSON {
	named := func(lists [][]string) [][]string {
		if who.Proof != analysis.ByLogon {
			return lists
		}
		var all [][]string
		for _, list := range lists {
			names := make([]string, len(list))
			for i, sid := range list {
				names[i] = permission.SID(sid).Name()
			}
			all = append(all, names)
		}
		return all
	}
	j := whoJSON{Proof: who.Proof, In: named(who.In), Rest: who.Rest}
	for _, lists := range who.Unless {
		j.Unless = append(j.Unless, named(lists))
	}
	return j
}

func newWitnessJSON(d connector.Dialog) witnessJSON {
	w := witnessJSON{
		Local: d.Local, Remote: d.Remote, TLS: d.TLS, Implicit: d.BeginsWithTLS(), Certificates: d.PeerNames, Helo: d.Helo, From: d.From.String(), To: []string{}, Size: d.Size,
	}
	if d.User != nil {
		w.User = explain.Names(d.User.SIDs)
	}
	for _, to := range d.To {
		w.To = append(w.To, to.String())
	}
	return w
}
