package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// printer returns the printer of the answer that f asks for.
func (c *cli) printer(f *queueFlags) printer {
	switch {
	case f.Action == control.Export:
		return &exporter{out: c.stdout, dir: f.output, json: f.json}
	case f.by != "":
		return &groupPrinter{out: c.stdout, json: f.json, now: c.now(), by: f.by, groups: newGroups(f.by)}
	case f.json:
		return &jsonPrinter{enc: json.NewEncoder(c.stdout), changes: f.Action != control.List && f.Action != control.Show}
	case f.Action == control.Show:
		return &showPrinter{out: c.stdout}
	}
	p := &listPrinter{out: c.stdout, now: c.now(), action: f.Action, groups: newGroups(byHop)}
	if !f.all {
		p.most = mostListed
	}
	return p
}

// eventPrinter has the methods of printers that print each event at once.
type eventPrinter struct{}

func (eventPrinter) content([]byte) error        { return nil }
func (eventPrinter) record(*queue.Message) error { return nil }
func (eventPrinter) abandon()                    {}

// listPrinter prints a line for each message and one for each recipient.
type listPrinter struct {
	eventPrinter
	out    io.Writer
	now    time.Time
	action control.Action
	most   int // 0: no limit
	listed int
	groups *groups // of all messages, also those that aren't listed
}

// mostListed is how many messages list prints without -all.
const mostListed = 1000

func (p *listPrinter) message(m *control.Message) error {
	p.groups.add(m)
	if p.most > 0 && p.listed == p.most {
		return nil
	}
	p.listed++
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s  from <%s>", m.ID, span(p.now.Sub(m.Arrived)), bytesOf(m.Size), visibleLine(m.From))
	if m.Report {
		b.WriteString("  delivery report")
	}
	if m.Suspended {
		b.WriteString("  suspended")
	}
	b.WriteByte('\n')
	for _, r := range m.Recipients {
		fmt.Fprintf(&b, "    <%s>  %s\n", visibleLine(r.To), visibleLine(p.state(m, &r)))
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// state returns the state of a recipient in one line.
func (p *listPrinter) state(m *control.Message, r *control.Recipient) string {
	s := r.Status
	if wait := r.Next.Sub(p.now); s == "waiting" && wait > 0 && !m.Suspended {
		s += ", next try in " + span(wait)
	}
	if r.NextHop != "" {
		s += "; " + r.NextHop
	}
	if r.Attempts > 0 {
		s += ", " + count(r.Attempts, "attempt")
	}
	if r.Status == "waiting" && !r.Tried.IsZero() {
		s += ", last try " + span(p.now.Sub(r.Tried)) + " ago"
	}
	if r.Reply != "" {
		s += ": " + r.Reply
	}
	return s
}

// end prints how many messages there were, and what was done to them.
func (p *listPrinter) end(messages int) error {
	done := map[control.Action]string{control.Suspend: " suspended", control.Resume: " resumed", control.Drop: " dropped",
		control.Resubmit: " resubmitted", control.Redirect: " redirected"}
	if more := messages - p.listed; p.action == control.List && more > 0 {
		fmt.Fprintf(p.out, "%s more; -all prints them. All by next hop:\n\n", count(more, "message"))
		if err := p.groups.print(p.out, p.now); err != nil {
			return err
		}
	}
	text := count(messages, "message") + done[p.action]
	if p.action == control.Retry {
		text = "retrying " + text
	}
	_, err := fmt.Fprintln(p.out, text)
	return err
}

// showPrinter prints everything that is known of messages.
type showPrinter struct {
	eventPrinter
	out io.Writer
}

func (p *showPrinter) message(m *control.Message) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-19s%s\n", name+":", visibleLine(value))
		}
	}
	line("ID", m.ID)
	line("Arrived", exactly(m.Arrived))
	line("Size", fmt.Sprintf("%d bytes, %s", m.Size, m.Body))
	line("From", "<"+m.From+">")
	line("Subject", m.Subject)
	line("Message-ID", m.MessageID)
	line("Network ID", m.NetworkID)
	line("Session", m.Session)
	line("Connector", m.Connector)
	line("Remote", m.Remote)
	line("Helo", m.Helo)
	line("User", m.User)
	line("ENVID", m.EnvID)
	line("RET", m.Ret)
	if m.Report {
		line("Report", "yes, generated here")
	}
	if m.Suspended {
		line("Suspended", "by an operator")
	}
	for _, r := range m.Recipients {
		line("To", "<"+r.To+">")
		line("  ORCPT", r.ORcpt)
		line("  NOTIFY", r.Notify)
		line("  Status", r.Status)
		line("  Next try", exactly(r.Next))
		line("  Next hop", r.NextHop)
		line("  Last try", exactly(r.Tried))
		if r.Attempts > 0 || !r.Tried.IsZero() {
			line("  Attempts", fmt.Sprintf("%d that reached the next hop", r.Attempts))
		}
		line("  Host", r.Host)
		line("  Reply", r.Reply)
		line("  Advice", r.Advice)
		line("  Redirected", r.Redirect)
		switch {
		case r.Reported:
			line("  Sender notified", "yes, or not required")
		case r.Delayed:
			line("  Sender notified", "of the delay")
		}
	}
	_, err := fmt.Fprintln(p.out, b.String())
	return err
}

func (p *showPrinter) end(messages int) error {
	if messages > 0 {
		return nil
	}
	_, err := fmt.Fprintln(p.out, "no such message")
	return err
}

// jsonPrinter prints a line for each message, or the number of those changed.
type jsonPrinter struct {
	eventPrinter
	enc     *json.Encoder
	changes bool
}

func (p *jsonPrinter) message(m *control.Message) error { return p.enc.Encode(m) }

func (p *jsonPrinter) end(messages int) error {
	if !p.changes {
		return nil
	}
	return p.enc.Encode(control.End{Messages: messages})
}

// exporter writes each message to a file of its own, and its envelope to another one beside it.
type exporter struct {
	out     io.Writer
	dir     string
	json    bool
	file    *os.File
	size    int64 // that the file must get
	written int64
	files   int
	beside  string // the file with the envelope of the last message; "": it isn't made yet
}

// message begins a file. One that exists is not overwritten.
func (x *exporter) message(m *control.Message) error {
	if err := x.close(); err != nil {
		return err
	}
	name := m.ID + ".eml"
	if !filepath.IsLocal(name) || filepath.Base(name) != name {
		return fmt.Errorf("the ID %q can't be used as a file name", m.ID)
	}
	name = filepath.Join(x.dir, name)
	x.beside = ""
	err := os.MkdirAll(x.dir, 0o700) // others may not read the mail
	if err != nil {
		return source.FileError(x.dir, err)
	}
	x.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	x.size, x.written = m.Size, 0
	return source.FileError(name, err)
}

// record writes the envelope, which import needs.
func (x *exporter) record(m *queue.Message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	name := filepath.Join(x.dir, m.ID+".json")
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return source.FileError(name, err)
	}
	x.beside = name
	_, err = file.Write(append(text, '\n'))
	return errors.Join(err, file.Close())
}

func (x *exporter) content(p []byte) error {
	if x.file == nil {
		return errors.New("the gateway sent content without a message")
	}
	n, err := x.file.Write(p)
	x.written += int64(n)
	return err
}

// close ends a file, and removes it if it isn't complete.
func (x *exporter) close() error {
	if x.file == nil {
		return nil
	}
	file := x.file
	x.file = nil
	err := file.Close()
	if err == nil && x.written != x.size {
		err = fmt.Errorf("%s: incomplete, %d of %d bytes", file.Name(), x.written, x.size)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()), x.removeBeside())
	}
	x.files++
	if x.json {
		return json.NewEncoder(x.out).Encode(struct {
			File string `json:"file"`
		}{file.Name()})
	}
	_, err = fmt.Fprintln(x.out, file.Name())
	return err
}

func (x *exporter) end(int) error {
	err := x.close()
	if err == nil && !x.json {
		_, err = fmt.Fprintln(x.out, count(x.files, "message")+" exported")
	}
	return err
}

func (x *exporter) abandon() {
	if x.file != nil {
		_ = x.file.Close() // it is removed
		_ = os.Remove(x.file.Name())
		_ = x.removeBeside()
		x.file = nil
	}
}

// removeBeside removes the envelope of a message whose content isn't complete.
func (x *exporter) removeBeside() error {
	if x.beside == "" {
		return nil
	}
	return os.Remove(x.beside)
}

// exactly prints a time, and nothing for the zero time.
func exactly(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// span prints a duration in two units at most.
func span(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%ds", max(d, 0)/time.Second)
}

// bytesOf prints a size.
func bytesOf(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// visibleLine is visible for one line.
func visibleLine(s string) string {
	return strings.NewReplacer("\n", "?", "\t", "?").Replace(visible(s))
}
