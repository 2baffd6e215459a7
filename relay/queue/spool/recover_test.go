package spool

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
)

// TestConformanceCrash runs the suite's crashes, each with another part of what was not
// synced left on the disk.
func TestConformanceCrash(t *testing.T) {
	for name, options := range map[string]Options{"large": {LargeBody: 50_000, Logger: small(io.Discard).Logger}, "small": small(io.Discard)} {
		for part, chosen := range crashes(1) {
			t.Run(name+" "+part, func(t *testing.T) {
				queuetest.RunCrash(t, func(t *testing.T) (queue.Store, func() queue.Store) {
					d := newDisk()
					return opened(t, d, options), func() queue.Store { return opened(t, d.crash(chosen), options) }
				})
			})
		}
	}
}

// TestConformanceFull runs the suite's tests of a full disk.
func TestConformanceFull(t *testing.T) {
	queuetest.RunFull(t, func(t *testing.T) (queue.Store, func(bool)) {
		d := newDisk()
		return opened(t, d, small(io.Discard)), func(full bool) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.fail = func(_ int, op, _ string) error {
				if full && (op == "create" || op == "write") {
					return syscall.ENOSPC
				}
				return nil
			}
		}
	})
}

func opened(t *testing.T, d *disk, options Options) *Spool {
	t.Helper()
	s, err := open(d, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTornCopy has a crash leave a torn copy of a message, before a record that is
// whole: the bytes of the older one count, however often the spool is opened.
func TestTornCopy(t *testing.T) {
	d, l := newDisk(), newLedger()
	s, err := open(d, small(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.put(s, "A", 100), s.Close()); err != nil {
		t.Fatal(err)
	}
	var meta bytes.Buffer
	if err := encode(&meta, testMessage("A"), location{}); err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("x", 100)
	other := goneMeta("other", false)
	n := newNonce()
	torn := header{kind: kindPut, metaLen: uint32(meta.Len()), metaSum: sum(meta.Bytes()), bodyLen: 100, bodySum: sum([]byte(body)) + 1}.append(nil)
	torn = append(append(torn, meta.Bytes()...), body...)
	stamp(torn, n)
	whole := append(header{kind: kindGone, metaLen: uint32(len(other)), metaSum: sum(other), bodySum: sum(nil)}.append(nil), other...)
	stamp(whole, n)
	f, err := d.Create(segmentName(1000, n))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(append(torn, whole...), 0); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		d = d.crash(func() bool { return true })
		if s, err = open(d, small(io.Discard)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.check(s, true), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSetAsideInterrupted cuts the power while damage at the end of a segment is
// set aside: no byte of it may be cut off before it is in damaged.
func TestSetAsideInterrupted(t *testing.T) {
	torn := strings.Repeat("torn", 100)
	for n := 1; ; n++ {
		d, _ := filled(t, false)
		for _, c := range d.dirs[journalDir].names {
			c.data = append(c.data, torn...)
			c.durable = bytes.Clone(c.data)
		}
		segments := len(d.dirs[journalDir].names)
		d.fail = func(op int, _, _ string) error {
			if op == n {
				return errDead
			}
			return nil
		}
		_, _ = open(d, small(io.Discard)) // it may fail, or not
		for name, chosen := range crashes(uint64(n)) {
			left := d.crash(chosen)
			if _, err := open(left, small(io.Discard)); err != nil {
				t.Fatal(err)
			}
			whole := 0
			for part, c := range left.dirs[damagedDir].names {
				if strings.HasSuffix(part, ".part") && string(c.data) == torn {
					whole++
				}
			}
			if whole != segments {
				t.Errorf("power lost at change %d, %s left: %d of %d are set aside", n, name, whole, segments)
			}
		}
		if d.ops < n {
			return
		}
	}
}

// TestNewerVersion opens a spool with a message that a newer version of the program has
// written: Open fails and changes nothing, so that the newer version can go on.
func TestNewerVersion(t *testing.T) {
	d := newDisk()
	meta := []byte(`{"v":2,"id":"B","recipients":{}}` + "\n")
	n := newNonce()
	record := append(header{kind: kindPut, metaLen: uint32(len(meta)), metaSum: sum(meta), bodySum: sum(nil)}.append(nil), meta...)
	stamp(record, n)
	f, err := d.Create(segmentName(1, n))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(record, 0); err != nil {
		t.Fatal(err)
	}
	before := d.ops
	want := segmentName(1, n) + " can't be read (move it away to open the rest of the queue): the record at 0 was written by a newer version of this program (encoding 2; this one reads 1)"
	if _, err := open(d, small(io.Discard)); err == nil || err.Error() != want {
		t.Errorf("Open: %v\nwant: %s", err, want)
	}
	if d.ops != before {
		t.Errorf("Open has made %d changes", d.ops-before)
	}
}
