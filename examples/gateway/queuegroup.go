package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// byHop is the grouping by next hop.
const byHop = "hop"

// groupings returns the values of list -by.
func groupings() []string { return []string{byHop, "sender", "recipient-domain", "client"} }

// group counts messages that have something in common.
type group struct {
	Key        string    `json:"key"`
	Messages   int       `json:"messages"`
	Recipients int       `json:"recipients"` // that wait
	Bytes      int64     `json:"bytes"`
	Suspended  int       `json:"suspended"` // messages
	Oldest     time.Time `json:"oldest"`
	Reply      string    `json:"reply,omitempty"` // by next hop: of the last attempt
	tried      time.Time
}

// maxGroups bounds the groups. What has no place of its own is counted as otherGroup.
const (
	maxGroups  = 10_000
	otherGroup = "(others)"
)

// groups counts messages as they come, so that it needs memory for the groups only.
type groups struct {
	by  string
	all map[string]*group
}

func newGroups(by string) *groups { return &groups{by: by, all: make(map[string]*group)} }

// add counts m once for each of its groups.
func (g *groups) add(m *control.Message) {
	counted := make(map[string]bool)
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != "waiting" {
			continue
		}
		key := g.key(m, r)
		of := g.all[key]
		if of == nil && len(g.all) >= maxGroups {
			key = otherGroup
			of = g.all[key]
		}
		if of == nil {
			of = &group{Key: key, Oldest: m.Arrived}
			g.all[key] = of
		}
		of.Recipients++
		if g.by == byHop && r.Tried.After(of.tried) {
			of.tried, of.Reply = r.Tried, queues.FoundBy(r.Host, r.Reply)
		}
		if counted[key] {
			continue
		}
		counted[key] = true
		of.Messages++
		of.Bytes += m.Size
		if m.Suspended {
			of.Suspended++
		}
		if m.Arrived.Before(of.Oldest) {
			of.Oldest = m.Arrived
		}
	}
}

// key returns the group of a recipient.
func (g *groups) key(m *control.Message, r *control.Recipient) string {
	switch g.by {
	case "sender":
		return "<" + m.From + ">"
	case "recipient-domain":
		return r.To[strings.LastIndexByte(r.To, '@')+1:]
	case "client":
		if addr, err := netip.ParseAddrPort(m.Remote); err == nil {
			return addr.Addr().String()
		}
		return "(this server)"
	}
	return cmp.Or(r.NextHop, "(not tried yet)")
}

// sorted returns the groups, those with most messages first.
func (g *groups) sorted() []*group {
	return slices.SortedFunc(maps.Values(g.all), func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Key, b.Key))
	})
}

// print prints a table.
func (g *groups) print(w io.Writer, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	reply := func(text string) string {
		if g.by != byHop {
			return ""
		}
		return "\t" + text
	}
	fmt.Fprintf(table, "%s\tMESSAGES\tRECIPIENTS\tSUSPENDED\tSIZE\tOLDEST%s\n", strings.ToUpper(g.by), reply("LAST REPLY"))
	for _, of := range g.sorted() {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s%s\n", visibleLine(of.Key), of.Messages, of.Recipients, of.Suspended,
			bytesOf(of.Bytes), span(now.Sub(of.Oldest)), reply(visibleLine(of.Reply)))
	}
	return table.Flush()
}

// groupPrinter prints the groups of the messages that list finds.
type groupPrinter struct {
	eventPrinter
	out    io.Writer
	json   bool
	now    time.Time
	by     string
	groups *groups
}

func (p *groupPrinter) message(m *control.Message) error {
	p.groups.add(m)
	return nil
}

func (p *groupPrinter) end(messages int) error {
	if p.json {
		enc := json.NewEncoder(p.out)
		for _, of := range p.groups.sorted() {
			if err := enc.Encode(of); err != nil {
				return err
			}
		}
		return nil
	}
	if err := p.groups.print(p.out, p.now); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.out, count(messages, "message"))
	return err
}
