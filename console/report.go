package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// maxListed is how many names a page lists in a row.
const maxListed = 100

// reportView is the data of the page about a replayed log.
type reportView struct {
	*replayed
	Judged      int64
	Agreements  []agreement
	Differences listing[replay.Difference]
	Used        []useOf
	MoreUsed    int      // connectors beyond those that are shown
	Unused      []string // Receive connectors without a session
	MoreUnused  int
	Unlogged    int // Receive connectors that the log doesn't cover
	UnusedSend  []string
	Narrowing   *offer // nil: not every client is known, or the ranges are as narrow as they can be
}

// agreement says how often a choice was the same.
type agreement struct {
	What string
	replay.Agreement
}

// useOf is the use of a Receive connector.
type useOf struct {
	replay.ReceiveUse
	Ranges, Narrow string
}

// Session returns the page that explains an example of a difference.
func (v reportView) Session(e replay.Example, d replay.Difference) *question {
	q := &question{Remote: e.Remote.String(), EHLO: e.Helo, TLS: e.TLS, User: e.User, From: e.From}
	if e.Local.IsValid() && !e.Local.Addr().IsUnspecified() && e.Local.Port() != 0 {
		q.Local = e.Local.String()
	}
	switch d.Stage {
	case connector.StageRcpt, connector.StageRoute:
		q.To = e.Subject
	case connector.StageMail:
		q.From = cmp.Or(e.Subject, e.From)
	}
	return q
}

// report returns the report that the path names, of the same session.
func (r *request) report() (*replayed, error) {
	for _, one := range r.c.replays.of(r.user.Session) {
		if one.ID == r.PathValue("id") {
			return one, nil
		}
	}
	return nil, &problem{status: http.StatusNotFound, text: "This report doesn't exist, or no longer.", fix: fmt.Sprintf("The last %d reports of a session are kept; upload the log again.", maxSessionReports)}
}

// reportPage shows a report.
func reportPage(r *request) error {
	one, err := r.report()
	if err != nil {
		return err
	}
	rep := one.Report
	v := reportView{replayed: one, Judged: rep.Judged()}
	v.Agreements = []agreement{{"Receive connector", rep.Connector}, {"Rights of the session", rep.Rights}, {"Send connector or next hop", rep.Send}}
	v.Differences = listOf(r, rep.Differences, func(d *replay.Difference) string { return d.String() })
	v.uses(rep)
	if current, err := r.loaded(); err == nil && one.Against == againstPolicy {
		v.Narrowing = r.narrowing(current, rep)
	}
	return r.render("report", view{Title: "Replay of " + one.File, Nav: "/replay", Wide: true, Data: v})
}

// uses fills in which connectors were used.
func (v *reportView) uses(rep *replay.Report) {
	used := slices.DeleteFunc(slices.Clone(rep.Receive), func(u replay.ReceiveUse) bool { return u.Sessions == 0 })
	slices.SortStableFunc(used, func(a, b replay.ReceiveUse) int { return cmp.Compare(b.Sessions, a.Sessions) })
	v.MoreUsed = max(0, len(used)-maxListed)
	for _, u := range used[:len(used)-v.MoreUsed] {
		v.Used = append(v.Used, useOf{u, listText(u.UnusedRanges), listText(u.Narrowest)})
	}
	for _, u := range rep.Receive {
		switch {
		case u.Sessions > 0:
		case u.Unlogged:
			v.Unlogged++
		default:
			v.Unused = append(v.Unused, u.Name)
		}
	}
	v.MoreUnused = max(0, len(v.Unused)-maxListed)
	v.Unused = v.Unused[:len(v.Unused)-v.MoreUnused]
	for _, s := range rep.SendUse {
		if s.Recipients == 0 && rep.Recipients > 0 && len(v.UnusedSend) < maxListed {
			v.UnusedSend = append(v.UnusedSend, s.Name)
		}
	}
}

// listText lists ranges, or the first of them.
func listText[T fmt.Stringer](ranges []T) string {
	var all []string
	for _, one := range ranges[:min(len(ranges), maxListed)] {
		all = append(all, one.String())
	}
	if more := len(ranges) - maxListed; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}

// narrowing offers to remove the ranges of Receive connectors from which no client of the log came.
func (r *request) narrowing(v *policyfiles.Version, rep *replay.Report) *offer {
	cfg := v.Loaded.Config()
	for _, u := range rep.Receive {
		for i := range cfg.Receive {
			in := &cfg.Receive[i]
			if u.Sessions == 0 || in.Name != u.Name || len(u.UnusedRanges) == 0 || len(u.UnusedRanges) == len(in.RemoteIPRanges) {
				continue
			}
			kept := slices.Clone(in.RemoteIPRanges)
			for _, unused := range u.UnusedRanges {
				if at := slices.Index(kept, unused); at >= 0 {
					kept = slices.Delete(kept, at, at+1)
				}
			}
			in.RemoteIPRanges = kept
		}
	}
	commands := commandsOf(v, cfg)
	if commands == "" {
		return nil
	}
	o := r.offer("Remove the ranges that the log doesn't use", commands, "/replay")
	return &o
}

// reportText answers with the report as gateway replay prints it.
func reportText(r *request) error {
	one, err := r.report()
	if err != nil {
		return err
	}
	r.download("replay.txt", "text/plain; charset=utf-8")
	_, err = r.w.Write([]byte(one.Report.String()))
	return err
}
