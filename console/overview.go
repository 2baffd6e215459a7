package console

import (
	"cmp"
	"runtime/debug"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/monitor"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// overview is the data of the first page.
type overview struct {
	Version   *policyfiles.Version
	Findings  []analysis.Finding
	Computed  bool
	Build     string          // the version of this program
	Gone      *noGateway      // why there is no Status
	Status    *control.Status // of the gateway; nil without one
	Verdict   monitor.Verdict
	Resources []control.Resource // because of which mail is refused
	Listening int                // bindings
	Bindings  []control.Binding  // those that aren't open first
	Busy      []control.Sessions // of the connectors with open sessions, those with most first
	Sessions  int                // that are open
	Oldest    *waiting           // the queue whose mail has waited longest; nil: no mail waits
	Failing   []failing
	More      struct{ Bindings, Failing, Busy, Expiring, Refused int } // that aren't shown
	Refused   []control.Refused
	Differs   bool       // the gateway uses another policy than the files have
	Expiring  []expiring // the first to expire first
}

// waiting is the mail that has waited longest.
type waiting struct {
	Since time.Time
	Why   string // the last error of its queue; "": it isn't known
	Queue string
	Href  string // of the list of its messages
}

// failing is a next hop that fails.
type failing struct {
	control.NextHop
	Href string // of the list of its messages
}

// expiring is the certificate of a connector.
type expiring struct {
	control.Certificate
	Left    string
	Expired bool
	Soon    bool
}

// maxOverview is how many bindings, next hops, reasons and certificates the overview shows of each.
const maxOverview = 10

// overviewPage shows the state of everything on one page.
func overviewPage(r *request) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	o := overview{Version: v, Build: build()}
	soon, cancel := r.soon()
	defer cancel()
	o.Findings, err = v.Findings(soon)
	o.Computed = err == nil
	if o.Status, err = r.c.snapshots.Status(r.Context()); err != nil {
		o.Gone = r.c.whyNot(err)
	} else {
		r.showStatus(&o)
	}
	return r.render("overview", view{Title: "Overview", Wide: true, Data: o})
}

// showStatus fills in the parts of the overview about the gateway.
func (r *request) showStatus(o *overview) {
	s := o.Status
	limits := monitor.DefaultLimits()
	o.Verdict = monitor.Judge(s, limits)
	o.Differs = o.Fingerprint() != "" && s.Policy != "" && s.Policy != o.Fingerprint()
	for _, b := range s.Bindings {
		if b.Listening {
			o.Listening++
		}
	}
	for _, c := range s.Sessions {
		if o.Sessions += c.Open; c.Open > 0 {
			o.Busy = append(o.Busy, c)
		}
	}
	for _, x := range s.Resources {
		if x.Refusing {
			o.Resources = append(o.Resources, x)
		}
	}
	o.Bindings, o.More.Bindings = firsts(s.Bindings, func(a, b control.Binding) int { return cmp.Compare(number(a.Listening), number(b.Listening)) })
	o.Busy, o.More.Busy = firsts(o.Busy, func(a, b control.Sessions) int { return cmp.Compare(b.Open, a.Open) })
	o.Refused, o.More.Refused = firsts(s.Refused, func(a, b control.Refused) int { return cmp.Compare(b.Count, a.Count) })
	hops, more := firsts(s.Failing, func(a, b control.NextHop) int { return cmp.Compare(b.Waiting, a.Waiting) })
	o.More.Failing = more
	for _, h := range hops {
		o.Failing = append(o.Failing, failing{h, r.messagesOf(h.Name)})
	}
	certificates, more := firsts(s.Certificates, func(a, b control.Certificate) int { return a.Expires.Compare(b.Expires) })
	o.More.Expiring = more
	for _, c := range certificates {
		left := c.Expires.Sub(s.Time)
		o.Expiring = append(o.Expiring, expiring{Certificate: c, Left: monitor.Age(left), Expired: left <= 0, Soon: left < limits.ExpiryWarning})
	}
	o.Oldest = r.oldest(s)
}

// firsts returns the first elements in an order, as many as the overview shows, and how many there are besides.
func firsts[T any](all []T, order func(a, b T) int) (some []T, more int) {
	some = slices.SortedStableFunc(slices.Values(all), order)
	more = max(len(some)-maxOverview, 0)
	return some[:len(some)-more], more
}

// number returns 1 for true.
func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// oldest returns the mail that has waited longest, and why.
func (r *request) oldest(s *control.Status) *waiting {
	if s.Queue == nil || s.Queue.Oldest.IsZero() {
		return nil
	}
	w := &waiting{Since: s.Queue.Oldest}
	hops, err := r.c.snapshots.Hops(r.Context())
	if err != nil {
		return w // the reason isn't known
	}
	var of *control.Hop
	for _, h := range hops {
		if !h.Oldest.IsZero() && (of == nil || h.Oldest.Before(of.Oldest)) {
			of = h
		}
	}
	if of == nil {
		return w
	}
	w.Queue = queues.NameOf(of.Name)
	w.Href = r.messagesOf(w.Queue)
	switch w.Why = queues.FoundBy(of.Host, of.Reply); {
	case of.Suspended:
		w.Why = "an administrator has suspended the queue"
	case of.Held > 0 && of.Held == of.Messages:
		w.Why = "an administrator has suspended the messages"
	case of.Paced.After(r.c.now()):
		w.Why = "the limits of the smart host let nothing go until " + formatTime(of.Paced)
	}
	return w
}

// build returns the version of the program.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return cmp.Or(info.Main.Version, "(devel)") + ", " + info.GoVersion
}

// Worst returns the findings of a severity.
func (o overview) Worst(severity string) (list []analysis.Finding) {
	for _, f := range o.Findings {
		if f.Severity.String() == severity && f.Acknowledged == "" {
			list = append(list, f)
		}
	}
	return list
}

// Fingerprint returns that of the policy, or "" if there is no policy.
func (o overview) Fingerprint() string {
	if o.Version.Loaded == nil {
		return ""
	}
	return o.Version.Loaded.Fingerprint()
}

// Severities returns the severities of findings, the worst first.
func (overview) Severities() []string {
	return []string{source.SeverityError.String(), source.SeverityWarning.String(), source.SeverityNote.String()}
}
