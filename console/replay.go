package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/console/internal/guard"
)

// Limits of replays.
const (
	maxLog            = 64 << 20         // bytes of an upload
	maxReplayTime     = 10 * time.Minute // from the first byte of the upload to the report
	maxReplays        = 2                // at once
	maxReports        = 16
	maxSessionReports = 4
	maxReplayField    = 1 << 10 // bytes of the other fields of the form
	maxFileName       = 255     // bytes of the file's name
)

// replayRoutes registers the pages that hold old logs against the policy.
func (c *Console) replayRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /replay", View, replayPage)
	c.handle(mux, "POST /replay", View, replayLog)
	c.handle(mux, "GET /replay/{id}", View, reportPage)
	c.handle(mux, "GET /replay/{id}/text", View, reportText)
}

// replayed is the report on a log.
type replayed struct {
	ID, session string
	File        string
	Against     string // the policy, or a change
	Made        time.Time
	Report      *replay.Report
}

// againstPolicy is Against of replays that decide by the policy as it is.
const againstPolicy = "the policy"

// replays keeps reports in memory, and counts the replays that run. The zero replays is ready.
type replays struct {
	mu      sync.Mutex
	list    []*replayed // the oldest first
	running int
}

// begin reports whether one more replay may run.
func (l *replays) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running >= maxReplays {
		return false
	}
	l.running++
	return true
}

// end ends a replay.
func (l *replays) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
}

// add keeps a report, and drops old ones beyond the limits.
func (l *replays) add(one *replayed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, one)
	same := 0
	kept := len(l.list)
	for i := len(l.list) - 1; i >= 0; i-- {
		if l.list[i].session == one.session {
			same++
		}
		if l.list[i].session == one.session && same > maxSessionReports || kept > maxReports && i == 0 {
			l.list = append(l.list[:i], l.list[i+1:]...)
			kept--
		}
	}
}

// of returns the reports of a session, the newest first.
func (l *replays) of(session string) (all []*replayed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.list) - 1; i >= 0; i-- {
		if l.list[i].session == session {
			all = append(all, l.list[i])
		}
	}
	return all
}

// forget drops the reports of a session that has ended.
func (l *replays) forget(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kept []*replayed
	for _, one := range l.list {
		if one.session != session {
			kept = append(kept, one)
		}
	}
	l.list = kept
}

// replayView is the data of the page Replay a log.
type replayView struct {
	Changes []mapLink // that wait in the user's reviews: title, and ID as Path
	Reports []*replayed
}

// replayPage shows the form, and the reports of the session.
func replayPage(r *request) error {
	v := replayView{Reports: r.c.replays.of(r.user.Session)}
	for _, p := range r.c.proposals.of(r.user.Session) {
		if p.trial.After != nil {
			v.Changes = append(v.Changes, mapLink{p.trial.Change.Title, p.id})
		}
	}
	return r.render("replay", view{Title: "Replay a log", Data: v})
}

// replayLog reads a log while it is being uploaded, so that it is kept nowhere, and leads to the report.
func replayLog(r *request) error {
	if !r.c.replays.begin() {
		return &problem{status: http.StatusServiceUnavailable, text: fmt.Sprintf("%d logs are being replayed already.", maxReplays), fix: "Try again in a minute."}
	}
	defer r.c.replays.end()
	guard.SetMaxBody(r.w, r.Request, maxLog+64<<10)
	guard.Unbounded(r.w, r.Request)
	end := time.Now().Add(maxReplayTime)
	_ = http.NewResponseController(r.w).SetReadDeadline(end) // a test's writer has no deadlines
	form, err := r.MultipartReader()
	if err != nil {
		return &problem{status: http.StatusBadRequest, text: "The form has no file.", fix: "Choose a log on the page Replay a log."}
	}
	one, err := r.readReplay(form, end)
	if err != nil {
		return refusedLog(err)
	}
	r.c.replays.add(one)
	r.logAction("log replayed", "file", one.File, "sessions", one.Report.Sessions, "different", one.Report.Different)
	return r.redirect("/replay/" + one.ID)
}

// refusedLog returns the page about a log that can't be read.
func refusedLog(err error) error {
	var p *problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &large):
		return &problem{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("The log is larger than %d MB.", maxLog>>20), fix: "Pack it with gzip, upload a part of it, or run gateway replay, which has no limit."}
	case errors.Is(err, replay.ErrUnknownFormat):
		return &problem{status: http.StatusBadRequest, text: "The file is " + err.Error() + ".", fix: "Choose a protocol log of Receive or Send connectors, or Postfix's mail log."}
	}
	return &problem{status: http.StatusBadRequest, text: "The log can't be read: " + err.Error() + "."}
}

// readReplay reads the parts of the form. The file is the last of them.
func (r *request) readReplay(form *multipart.Reader, end time.Time) (*replayed, error) {
	one := &replayed{ID: rand.Text(), session: r.user.Session, Against: againstPolicy, Made: r.c.now()}
	opts := replay.Options{MaxOpen: 8192, MaxClients: 65536}
	var policy *connector.Policy
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, err // also at the end
		}
		switch part.FormName() {
		case "against":
			text, err := replayField(part)
			if err != nil {
				return nil, err
			}
			if p := r.c.proposals.find(text, r.user.Session); p != nil && p.trial.After != nil {
				policy, one.Against = p.trial.After.Policy, p.trial.Change.Title
			} else if text != "" {
				return nil, notFound("change", text)
			}
		case "local":
			text, err := replayField(part)
			if err != nil {
				return nil, err
			}
			if opts.Local, err = netip.ParseAddr(text); err != nil && text != "" {
				return nil, &problem{status: http.StatusBadRequest, text: fmt.Sprintf("%q is not an IP address.", text), fix: "Give the address of the server in the policy, as in 10.2.3.4, or nothing."}
			}
		case "log":
			if policy == nil {
				v, err := r.loaded()
				if err != nil {
					return nil, err
				}
				policy = v.Loaded.Policy
			}
			name := path.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
			one.File = strings.ToValidUTF8(name[:min(len(name), maxFileName)], "")
			if part.FileName() == "" {
				return nil, &problem{status: http.StatusBadRequest, text: "No log is chosen.", fix: "Choose a file on the page Replay a log."}
			}
			reading := replay.New(policy, opts)
			if err := reading.Read(one.File, &untilReader{part, end}); err != nil {
				return nil, err
			}
			one.Report = reading.Report()
			return one, nil
		}
	}
}

// replayField reads a short field of the form.
func replayField(part io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxReplayField))
	return strings.TrimSpace(string(text)), err
}

// untilReader reads until a time. A packed log can be much longer than the upload.
type untilReader struct {
	in  io.Reader
	end time.Time
}

// errReplayTime is why a replay ended.
var errReplayTime = &problem{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("The replay took longer than %d minutes.", int(maxReplayTime.Minutes())), fix: "Upload a part of the log, or run gateway replay, which has no limit."}

// Read implements io.Reader.
func (u *untilReader) Read(p []byte) (int, error) {
	if time.Now().After(u.end) {
		return 0, errReplayTime
	}
	return u.in.Read(p)
}
