package spool

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// recovery is the reading of a spool when it is opened.
type recovery struct {
	*Spool
	// orphans are states without the record of their message: it is damaged, was
	// removed with its segment, or comes later.
	orphans map[string]orphan
	newer   error // a record has a version of the encoding that this build can't read
}

// orphan is a state without a message.
type orphan struct {
	place   place
	summary summary
}

// recover reads the spool. No other goroutine uses it yet.
func (s *Spool) recover() error {
	r := &recovery{Spool: s, orphans: make(map[string]orphan)}
	if err := r.open(); err != nil {
		return err
	}
	for _, seg := range s.segments {
		if err := r.read(seg); err != nil {
			return fmt.Errorf("%s can't be read (move it away to open the rest of the queue): %w", seg.name(), err)
		}
	}
	r.adopt()
	if s.readOnly {
		return nil
	}
	if err := r.bodies(); err != nil {
		return err
	}
	for _, e := range s.entries {
		s.index.lease(e, queue.Lease{})
	}
	if r.damages > 0 {
		s.log.Error("queue opened with damage", "messages", len(s.entries), "damaged places", r.damages)
	}
	return nil
}

// open opens the segments, oldest first.
func (r *recovery) open() error {
	names, err := r.fs.List(journalDir)
	if err != nil {
		return err
	}
	for _, name := range names {
		number, n, ok := parseSegmentName(name)
		if !ok {
			r.log.Warn("ignored: not a file of the queue's journal", "file", journalDir+"/"+name)
			continue
		}
		f, err := r.fs.Open(segmentName(number, n), !r.readOnly)
		if err != nil {
			return err
		}
		seg := newSegment(number, n, f)
		r.segments = append(r.segments, seg)
		if seg.size, err = f.Size(); err != nil {
			return err
		}
		r.journalSize += seg.size
		r.number = max(r.number, number)
	}
	slices.SortFunc(r.segments, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
	return nil
}

// read reads a segment from the oldest record on, so that the newest state of each
// message remains.
func (r *recovery) read(seg *segment) error {
	whole, torn := seg.size, false
	sc := &scanner{
		segment: seg, size: seg.size,
		record: r.record,
		damage: func(from, to int64, id string) {
			if r.damage(seg, from, to, id) && to == seg.size {
				whole = from
			} else {
				torn = true
			}
		},
	}
	if err := cmp.Or(sc.scan(), r.newer); err != nil {
		return err
	}
	if !sc.sealed && !r.readOnly {
		r.sealOld(seg, whole, torn)
	}
	return nil
}

// damage copies a part of a segment that isn't a record to damaged. It reports whether
// the copy is durable.
func (r *recovery) damage(seg *segment, from, to int64, id string) bool {
	r.damages++
	if r.readOnly {
		return false
	}
	name, err := r.setAside(seg, from, to)
	args := []any{"segment", seg.name(), "offset", from, "bytes", to - from}
	if id != "" {
		args = append(args, "id", id)
	}
	if err != nil {
		r.log.Error("damage in the queue's journal", append(args, "not copied", err)...)
		return false
	}
	r.log.Error("damage in the queue's journal", append(args, "copy", name)...)
	return true
}

// sealOld ends a segment that a crash has left open, so that it needn't be searched
// again, and makes it durable, because later records depend on it. Torn records at its
// end have been copied to damaged. A segment that is torn before its end stays open:
// in an ended segment the content of records isn't checked, so that the content of a
// torn record would count.
func (r *recovery) sealOld(seg *segment, size int64, torn bool) {
	err := seg.file.Truncate(size)
	if err == nil {
		r.journalSize += size - seg.size
		seg.size = size
	}
	if err == nil && !torn {
		end := header{kind: kindEnd}.append(nil)
		stamp(end, seg.nonce)
		if _, err = seg.file.WriteAt(end, size); err == nil {
			r.grow(seg, int64(len(end)))
		}
	}
	if err := errors.Join(err, seg.file.Sync(), r.fs.SyncDir(journalDir)); err != nil {
		r.log.Warn("can't end a segment that a crash left open", "segment", seg.name(), "error", err)
	}
}

// record adds a record to the index.
func (r *recovery) record(p place, meta []byte) {
	if p.header.kind == kindEnd {
		return
	}
	var m summary
	err := json.Unmarshal(meta, &m)
	if m.V > queue.EncodingVersion {
		r.newer = fmt.Errorf("the record at %d was written by a newer version of this program (encoding %d; this one reads %d)", p.offset, m.V, queue.EncodingVersion)
		return
	}
	if err != nil || !queue.ValidID(m.ID) {
		r.damage(p.segment, p.offset, p.offset+p.header.size(), "")
		return
	}
	e := r.entries[m.ID]
	switch p.header.kind {
	case kindPut:
		delete(r.orphans, m.ID)
		if e == nil {
			e = &entry{id: m.ID}
			r.index.add(e)
		}
		e.arrived, e.next = nanos(m.Arrived), m.next()
		e.size, e.file, e.lost = m.Size, m.File, false
		r.place(e, p, p)
	case kindSave:
		if e == nil {
			r.orphans[m.ID] = orphan{p, m}
			return
		}
		e.next = m.next()
		r.place(e, e.body, p)
	case kindGone:
		delete(r.orphans, m.ID)
		if e != nil {
			r.place(e, place{}, place{})
			r.remove(e)
		}
		if !m.Never {
			r.gone.add(m.ID)
		}
	}
}

// adopt adds the messages to the index that have only a state, unless they were removed
// with the segment that they were in.
func (r *recovery) adopt() {
	for id, o := range r.orphans {
		there := slices.ContainsFunc(r.segments, func(seg *segment) bool { return seg.number == o.summary.Segment })
		if !there && !o.summary.Lost {
			r.gone.add(id)
			continue
		}
		e := &entry{id: id, arrived: nanos(o.summary.Arrived), next: o.summary.next(), size: o.summary.Size, lost: true}
		r.index.add(e)
		r.place(e, place{}, o.place)
		r.log.Error("the content of a message is lost", "id", id)
	}
}

// bodies checks the files with content. A file that no message refers to was not
// accepted or belongs to a removed message, unless the record that refers to it is
// damaged: then it is moved to damaged.
func (r *recovery) bodies() error {
	names, err := r.fs.List(bodiesDir)
	if err != nil {
		return err
	}
	for _, name := range names {
		id, number, ok := parseBodyName(name)
		if e := r.entries[id]; ok && e != nil && e.file == number {
			r.files += e.size
			continue
		}
		from, to := bodiesDir+"/"+name, damagedDir+"/"+name
		if ok && r.damages == 0 {
			err = r.fs.Remove(from)
		} else {
			err = errors.Join(r.fs.Rename(from, to), r.fs.SyncDir(damagedDir))
			r.log.Error("no message refers to a file with content", "file", from, "moved", to)
		}
		if err != nil {
			r.log.Warn("can't remove a file that no message refers to", "file", from, "error", err)
		}
	}
	return nil
}

// parseBodyName reads the name of a file in bodies.
func parseBodyName(name string) (id string, number uint64, ok bool) {
	base, _ := strings.CutSuffix(name, ".eml")
	i := max(0, len(base)-17)
	number, err := strconv.ParseUint(strings.TrimPrefix(base[i:], "-"), 16, 64)
	return base[:i], number, err == nil && bodyName(base[:i], number) == bodiesDir+"/"+name
}
