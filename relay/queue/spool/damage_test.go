package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// harm is a way to damage a file at an offset.
type harm struct {
	name string
	do   func(data []byte, at int) []byte
}

func harms() []harm {
	return []harm{
		{"a bit flipped", func(b []byte, at int) []byte { b[at] ^= 0x04; return b }},
		{"a byte cut out", func(b []byte, at int) []byte { return slices.Delete(b, at, at+1) }},
		{"a byte put in", func(b []byte, at int) []byte { return slices.Insert(b, at, 'x') }},
		{"the rest cut off", func(b []byte, at int) []byte { return b[:at] }},
		{"zeros", func(b []byte, at int) []byte { clear(b[at:min(at+100, len(b))]); return b }},
	}
}

// filled returns a disk with a spool of several segments that was closed, or
// lost its power.
func filled(t *testing.T, closed bool) (*disk, *ledger) {
	t.Helper()
	d, l := newDisk(), newLedger()
	s, err := open(d, small(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		id := fmt.Sprint("M", i)
		if err := errors.Join(l.put(s, id, 100+i), l.save(s, id), l.save(s, id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(l.put(s, "big", 1000), l.remove(s, "M3")); err != nil {
		t.Fatal(err)
	}
	if closed {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return d.crash(func() bool { return true }), l
}

// TestDamage damages a spool at every place of each segment. All messages elsewhere must
// be unchanged, and the log must name the copies in damaged.
func TestDamage(t *testing.T) {
	for _, closed := range []bool{true, false} {
		d, l := filled(t, closed)
		for _, name := range slices.Sorted(maps.Keys(d.dirs[journalDir].names)) {
			size := len(d.dirs[journalDir].names[name].data)
			for i, h := range harms() {
				for at := i; at < size; at += 29 { // every place in turn would take a minute
					hurt := d.crash(func() bool { return true })
					c := hurt.dirs[journalDir].names[name]
					c.data = h.do(c.data, at)
					c.durable = slices.Clone(c.data)
					if err := l.checkDamaged(hurt, h.name == "the rest cut off" || h.name == "zeros"); err != nil {
						t.Fatalf("closed %v, %s, %s at %d of %d: %v", closed, name, h.name, at, size, err)
					}
				}
			}
		}
	}
}

// checkDamaged checks that at most one message is hurt, or any number with several, that no
// message has the content of another, and that the log names the copies in damaged.
func (l *ledger) checkDamaged(d *disk, several bool) error {
	var log bytes.Buffer
	s, err := open(d, small(&log))
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	hurt := make(map[string]string)
	found := make(map[string]bool)
	for m, err := range s.All(context.Background()) {
		f := l.fates[m.ID]
		if err != nil || f == nil {
			return fmt.Errorf("All: %s: %w", m.ID, err)
		}
		found[m.ID] = true
		if m.Recipients[0].Attempts != f.saved || f.removed {
			hurt[m.ID] = "an older state"
		}
		b, err := s.Open(context.Background(), m.ID)
		if errors.Is(err, queue.ErrDamaged) {
			hurt[m.ID] = err.Error()
			continue
		}
		if err != nil {
			return err
		}
		if data, err := io.ReadAll(b); err != nil || string(data) != f.body {
			return fmt.Errorf("%s: other bytes are taken for its own", m.ID)
		}
		if err := b.Close(); err != nil {
			return err
		}
	}
	for id, f := range l.fates {
		if !found[id] && !f.removed {
			hurt[id] = "gone"
		}
	}
	switch {
	case len(hurt) > 1 && !several:
		return fmt.Errorf("%d messages are hurt: %v\n%s", len(hurt), hurt, &log)
	case len(hurt) > 0 && !several && !strings.Contains(log.String(), damagedDir+"/") && !strings.Contains(log.String(), "lost"):
		return fmt.Errorf("no word of what was set aside; hurt: %v\n%s", hurt, &log)
	}
	return s.Close()
}

// TestDamagedFile damages a large body: the message stays, so that its sender can get a
// report, and the readable part of the body is copied to damaged.
func TestDamagedFile(t *testing.T) {
	for _, h := range append(harms(), harm{"missing", nil}) {
		t.Run(h.name, func(t *testing.T) {
			d, _ := filled(t, true)
			for name, c := range d.dirs[bodiesDir].names {
				if h.do == nil {
					delete(d.dirs[bodiesDir].names, name)
					continue
				}
				c.data = h.do(c.data, 500)
			}
			var log bytes.Buffer
			s, err := open(d, small(&log))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := s.Open(t.Context(), "big"); !errors.Is(err, queue.ErrDamaged) {
					t.Errorf("Open: %v", err)
				}
			}
			if !strings.Contains(log.String(), "id=big") {
				t.Errorf("the log doesn't name it: %s", &log)
			}
			if c := d.dirs[damagedDir].names["big.eml"]; (c == nil) != (h.do == nil) {
				t.Errorf("set aside: %v", c != nil)
			}
			// It can still be worked on.
			messages, err := s.Claim(t.Context(), forever(), 100)
			if err != nil || len(messages) != 12 {
				t.Fatalf("claimed %d, %v", len(messages), err)
			}
			if err := s.Remove(t.Context(), "big", "test"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestForgedRecord damages the record of a message that a client made of
// records, of its own spool's other segments and of every guess but the right
// one. None of them may come to life.
func TestForgedRecord(t *testing.T) {
	d, _ := filled(t, true)
	var forged []byte
	for _, c := range d.dirs[journalDir].names {
		forged = append(forged, c.data...)
	}
	meta := []byte(`{"id":"EVIL","size":0,"recipients":[{"to":"victim@fabrikam.com","status":"waiting"}]}` + "\n")
	h := header{kind: kindPut, metaLen: uint32(len(meta)), metaSum: sum(meta), bodySum: sum(nil)}
	for _, n := range []nonce{{}, newNonce()} {
		record := append(h.append(nil), meta...)
		stamp(record, n)
		forged = append(forged, record...)
	}
	d = newDisk()
	options := Options{Logger: small(io.Discard).Logger}
	s, err := open(d, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"carrier", "next"} {
		if err := s.Put(t.Context(), testMessage(id), bytes.NewReader(forged), forever()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range d.dirs[journalDir].names {
		c.data[10] ^= 1 // in the header of the first record
	}
	if s, err = open(d, options); err != nil {
		t.Fatal(err)
	}
	messages, err := s.Claim(t.Context(), forever(), 100)
	if err != nil || len(messages) != 1 || messages[0].ID != "next" {
		t.Errorf("there are %v, %v", messages, err)
	}
}

// TestUnreadable damages, under an open spool, all that is known of a message.
func TestUnreadable(t *testing.T) {
	d, _ := filled(t, true)
	var log bytes.Buffer
	s, err := open(d, small(&log))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.dirs[journalDir].names {
		for i := bytes.Index(c.data, []byte(`{"v":1,"id":"M5"`)); i >= 0; i = bytes.Index(c.data, []byte(`{"v":1,"id":"M5"`)) {
			c.data[i] = 'x'
		}
	}
	errs := 0
	for m, err := range s.All(t.Context()) {
		if err != nil {
			errs++
			if m.ID != "M5" || !errors.Is(err, queue.ErrDamaged) {
				t.Errorf("%s: %v", m.ID, err)
			}
		}
	}
	messages, err := s.Claim(t.Context(), forever(), 100)
	if err != nil || len(messages) != 11 || errs != 1 {
		t.Errorf("claimed %d, %d errors, %v", len(messages), errs, err)
	}
	if !strings.Contains(log.String(), "id=M5") || !strings.Contains(log.String(), damagedDir+"/") {
		t.Errorf("log: %s", &log)
	}
	if _, err := s.Open(t.Context(), "M5"); !errors.Is(err, queue.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
}

// TestReadError lets the disk not answer for a while: what can't be read now is
// neither damaged nor gone, and is claimed later.
func TestReadError(t *testing.T) { synctest.Test(t, testReadError) }

func testReadError(t *testing.T) {
	for _, dir := range []string{journalDir, bodiesDir} {
		d, l := filled(t, true)
		s, err := open(d, small(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		d.unreadable = dir
		for _, id := range []string{"M1", "big"} {
			b, err := s.Open(t.Context(), id)
			if err == nil && id != "big" {
				continue
			}
			if err == nil || errors.Is(err, queue.ErrDamaged) {
				t.Errorf("%s can't be read: Open(%s) = %v, %v", dir, id, b, err)
			}
		}
		claimed, err := s.Claim(t.Context(), forever(), 100)
		if want := map[string]int{journalDir: 0, bodiesDir: 12}[dir]; err != nil || len(claimed) != want {
			t.Errorf("%s can't be read: claimed %d, want %d, %v", dir, len(claimed), want, err)
		}
		d.unreadable = ""
		time.Sleep(unreadableTime)
		if claimed, err := s.Claim(t.Context(), forever(), 100); err != nil || dir == journalDir && len(claimed) != 12 {
			t.Errorf("claimed %d, %v", len(claimed), err)
		}
		if err := l.check(s, true); err != nil {
			t.Error(err)
		}
	}
}

// FuzzScan reads bytes of a client and damage as a segment: nothing in them is
// a record, everything is set aside once, and what is a record is found.
func FuzzScan(f *testing.F) {
	n := nonce([]byte("0123456789abcdef0123456789abcdef"))
	other := nonce([]byte("0123456789abcdef0123456789abcdeF"))
	record := func(n nonce) []byte {
		meta := []byte("{\"id\":\"A1\"}\n")
		h := header{kind: kindPut, metaLen: uint32(len(meta)), metaSum: sum(meta), bodyLen: 4, bodySum: sum([]byte("body"))}
		b := append(append(h.append(nil), meta...), "body"...)
		stamp(b, n)
		return b
	}
	f.Add([]byte("a message"), uint16(0))
	f.Add(record(other), uint16(60))            // a record of another segment
	f.Add(record(other)[:50], uint16(3))        // the beginning of one
	f.Add([]byte("\n-- \n-- \n"), uint16(1000)) // no damage
	f.Fuzz(func(t *testing.T, body []byte, at uint16) {
		if bytes.Contains(body, n[:]) {
			t.Skip("a header with the nonce of the segment")
		}
		meta := []byte("{\"id\":\"CARRIER\"}\n")
		h := header{kind: kindPut, metaLen: uint32(len(meta)), metaSum: sum(meta), bodyLen: uint32(len(body)), bodySum: sum(body)}
		data := append(append(h.append(nil), meta...), body...)
		stamp(data, n)
		carrier := len(data)
		data = append(data, record(n)...)
		intact := int(at) >= carrier
		if !intact {
			data[at] ^= 0x10
		}
		d := newDisk()
		file, err := d.Create("journal/x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt(data, 0); err != nil {
			t.Fatal(err)
		}
		var ids []string
		covered := int64(0)
		sc := &scanner{
			segment: newSegment(1, n, file), size: int64(len(data)),
			record: func(p place, meta []byte) {
				ids = append(ids, metaID(meta))
				if p.offset != covered {
					t.Errorf("a record at %d, after %d", p.offset, covered)
				}
				covered += p.header.size()
			},
			damage: func(from, to int64, _ string) {
				if from != covered || to <= from {
					t.Errorf("damage from %d to %d, after %d", from, to, covered)
				}
				covered = to
			},
		}
		if err := sc.scan(); err != nil {
			t.Fatal(err)
		}
		want := []string{"A1"}
		if intact {
			want = []string{"CARRIER", "A1"}
		}
		if !slices.Equal(ids, want) || covered != int64(len(data)) {
			t.Errorf("records %q, want %q; %d bytes of %d", ids, want, covered, len(data))
		}
	})
}
