package dispatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/relay/event"
)

// SuspendedHop is an entry of the file of SuspendedHops.
type SuspendedHop struct {
	Name  string    `json:"name"` // of a next hop or a Send connector
	Since time.Time `json:"since"`
	By    string    `json:"by,omitempty"` // the operator; "": not known
}

// The bounds of SuspendedHops.
const (
	maxSuspended     = 10_000
	maxSuspendedText = 4 << 20
	maxHopName       = 1024
)

// SuspendHop stops all attempts at a next hop, by the name that Queues gives it, or at all next hops of a Send
// connector, by the name of the connector, until ResumeHop of the same name. Their mail waits, that which comes
// later too, and expires as ever; a next hop whose smart hosts change is another one. Attempts under way go on.
// The name must be that of a next hop that has mail, of a Send connector of the policy, or begin with such a
// connector's name and a space. SuspendHop is in effect when it returns, and written to SuspendedHops; an error
// says that nothing has changed. It makes the event NextHopSuspended with the attributes of WithOperator.
func (d *Dispatcher) SuspendHop(ctx context.Context, name string) error {
	d.init()
	name, err := d.hopName(name)
	if err != nil {
		return err
	}
	d.suspending.Lock()
	defer d.suspending.Unlock()
	if i := d.suspendedAt(name); i >= 0 {
		return fmt.Errorf("%q is suspended already", name)
	}
	if len(d.suspendedHops) >= maxSuspended {
		return fmt.Errorf("%d next hops are suspended, and there can't be more", maxSuspended)
	}
	next := append(slices.Clone(d.suspendedHops), SuspendedHop{Name: name, Since: time.Now().UTC().Truncate(time.Second), By: operatorName(ctx)})
	if err := d.storeSuspended(next); err != nil {
		return err
	}
	waiting := 0
	d.event(func(time.Time) { waiting = d.sched.SuspendHop(name) })
	d.emitHop(ctx, event.NextHopSuspended, name, waiting)
	return nil
}

// ResumeHop undoes SuspendHop of the same name. The next hops are tried at once. It makes the event
// NextHopResumed.
func (d *Dispatcher) ResumeHop(ctx context.Context, name string) error {
	d.init()
	d.suspending.Lock()
	defer d.suspending.Unlock()
	i := d.suspendedAt(name)
	if i < 0 {
		return d.notSuspended(name)
	}
	name = d.suspendedHops[i].Name
	if err := d.storeSuspended(slices.Delete(slices.Clone(d.suspendedHops), i, i+1)); err != nil {
		return err
	}
	waiting := 0
	d.event(func(now time.Time) { waiting = d.sched.ResumeHop(name, now) })
	d.emitHop(ctx, event.NextHopResumed, name, waiting)
	return nil
}

// notSuspended is the error of ResumeHop for a name that isn't suspended, or only by its Send connector.
func (d *Dispatcher) notSuspended(name string) error {
	for _, s := range d.suspendedHops {
		if len(name) > len(s.Name) && strings.EqualFold(name[:len(s.Name)], s.Name) && name[len(s.Name)] == ' ' {
			return fmt.Errorf("%q isn't suspended by itself, but with the Send connector %q; resume that", name, s.Name)
		}
	}
	return fmt.Errorf("%q isn't suspended", name)
}

// hopName returns the name of a next hop or a Send connector as these spell it. It is an error if no next hop can
// have the name.
func (d *Dispatcher) hopName(name string) (string, error) {
	if len(name) > maxHopName {
		return "", fmt.Errorf("%.40q... is too long for the name of a next hop", name)
	}
	known, ok := "", false
	var p *connector.Policy
	d.event(func(time.Time) {
		known, ok = d.sched.HopName(name)
		p, _ = d.sched.Policy()
	})
	if ok {
		return known, nil
	}
	if p == nil {
		return "", ErrStopped
	}
	for out := range p.Send() {
		own := out.Name()
		if len(name) >= len(own) && strings.EqualFold(name[:len(own)], own) && (name[len(own):] == "" || name[len(own)] == ' ') {
			known, ok = own+name[len(own):], true
		}
	}
	if !ok {
		return "", fmt.Errorf("there is no next hop and no Send connector %q", name)
	}
	return known, nil
}

// suspendedAt returns the index of a name in suspendedHops, -1 if it isn't there. d.suspending is held.
func (d *Dispatcher) suspendedAt(name string) int {
	return slices.IndexFunc(d.suspendedHops, func(s SuspendedHop) bool { return strings.EqualFold(s.Name, name) })
}

// storeSuspended makes next the suspended next hops, in the file and in memory. d.suspending is held.
func (d *Dispatcher) storeSuspended(next []SuspendedHop) error {
	if d.SuspendedHops != "" {
		text, err := json.MarshalIndent(next, "", "\t")
		if err != nil {
			return err
		}
		if err := atomicfile.Write(d.SuspendedHops, bytes.NewBuffer(append(text, '\n')), ""); err != nil {
			return err
		}
	}
	d.suspendedHops = next
	return nil
}

// readSuspended suspends the next hops in the file of SuspendedHops.
func (d *Dispatcher) readSuspended() error {
	if d.SuspendedHops == "" {
		return nil
	}
	list, err := ReadSuspendedHops(d.SuspendedHops)
	if err != nil {
		return err
	}
	d.suspending.Lock()
	defer d.suspending.Unlock()
	d.suspendedHops = list
	for _, s := range list {
		d.event(func(time.Time) { d.sched.SuspendHop(s.Name) })
	}
	return nil
}

// ReadSuspendedHops reads a file of Dispatcher.SuspendedHops; nil if there is no such file.
func ReadSuspendedHops(path string) ([]SuspendedHop, error) {
	text, err := readlimit.File(path, maxSuspendedText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []SuspendedHop
	if err == nil {
		list, err = parseSuspended(text)
	}
	if err != nil {
		return nil, fmt.Errorf("the suspended next hops can't be read (repair the file, or remove it to try all next hops): %w", source.FileError(path, err))
	}
	return list, nil
}

// parseSuspended reads the text of SuspendedHops.
func parseSuspended(text []byte) ([]SuspendedHop, error) {
	var list []SuspendedHop
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&list); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("something follows the list")
	}
	if len(list) > maxSuspended {
		return nil, fmt.Errorf("it has %d next hops; there can be %d", len(list), maxSuspended)
	}
	for _, s := range list {
		if s.Name == "" || len(s.Name) > maxHopName {
			return nil, errors.New("a next hop has no name, or one that is too long")
		}
	}
	return list, nil
}

// emitHop passes on an event of an operator's change to a next hop.
func (d *Dispatcher) emitHop(ctx context.Context, kind event.Kind, name string, waiting int) {
	if d.emit != nil {
		d.emit(context.Background(), event.Event{Kind: kind, Time: time.Now(), NextHop: name, Waiting: waiting, Attrs: operatorOf(ctx)})
	}
}

// operatorName returns the attribute "user" of WithOperator; "" without one.
func operatorName(ctx context.Context) string {
	for _, a := range operatorOf(ctx) {
		if a.Key == "user" {
			return a.Value.String()
		}
	}
	return ""
}
