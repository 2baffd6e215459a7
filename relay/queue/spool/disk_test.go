package spool

import (
	"errors"
	"io"
	iofs "io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"syscall"
	"testing"
)

// disk is a file system in memory that simulates a loss of power: of the data that was
// never synced it keeps any part, in whole sectors and in any order, and likewise of the
// names that were made or removed.
type disk struct {
	mu   sync.Mutex
	dirs map[string]*folder
	ops  int
	dead bool

	// fail is called before each change; n counts them. The change returns its
	// error, unless that is errLost.
	fail func(n int, op, name string) error
	// unreadable is a directory in which no file can be read.
	unreadable string
}

// What a disk.fail may return besides the errors of an operating system.
var (
	// errDead: the power fails after the change has begun.
	errDead = errors.New("dead")
	// errOff: the power has failed before. No change begins.
	errOff = errors.New("off")
	// errLost: the data will never be synced, and the error is not reported again.
	errLost = syscall.EIO
)

// sector is what is written whole or not at all.
const sector = 64

// folder is a directory.
type folder struct {
	names   map[string]*content // as programs see it
	durable map[string]*content
	changes []change // to durable
}

// change is a name that was made, or removed if there is no content.
type change struct {
	name    string
	content *content
}

// content is the content of a file.
type content struct {
	data    []byte // as programs see it
	durable []byte
	writes  []write // to durable
}

// write is a part that was written, or a new size.
type write struct {
	offset int64
	data   []byte
	size   int64 // if data is nil
}

func newDisk() *disk {
	d := &disk{dirs: make(map[string]*folder)}
	for _, name := range []string{journalDir, bodiesDir, damagedDir} {
		d.dirs[name] = &folder{names: make(map[string]*content), durable: make(map[string]*content)}
	}
	return d
}

// begin counts a change and says whether it fails. d.mu is held.
func (d *disk) begin(op, name string) error {
	if d.dead {
		return errOff
	}
	d.ops++
	if d.fail == nil {
		return nil
	}
	err := d.fail(d.ops, op, name)
	d.dead = err == errDead
	return err
}

func (d *disk) folder(name string) (*folder, string) { return d.dirs[path.Dir(name)], path.Base(name) }

func (d *disk) Create(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, base := d.folder(name)
	if dir.names[base] != nil {
		return nil, iofs.ErrExist
	}
	err := d.begin("create", name)
	if err != nil && err != errDead {
		return nil, err
	}
	c := &content{}
	dir.names[base] = c
	dir.changes = append(dir.changes, change{base, c})
	return &handle{d, name, c}, err
}

func (d *disk) Open(name string, _ bool) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, base := d.folder(name)
	if dir.names[base] == nil {
		return nil, iofs.ErrNotExist
	}
	return &handle{d, name, dir.names[base]}, nil
}

func (d *disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, base := d.folder(name)
	if dir.names[base] == nil {
		return iofs.ErrNotExist
	}
	err := d.begin("remove", name)
	if err == nil || err == errDead {
		delete(dir.names, base)
		dir.changes = append(dir.changes, change{base, nil})
	}
	return err
}

// Rename is durable at once: file systems do it as a whole, in both directories.
func (d *disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin("rename", from); err != nil {
		return err
	}
	dir, base := d.folder(from)
	c := dir.names[base]
	delete(dir.names, base)
	delete(dir.durable, base)
	dir.changes = slices.DeleteFunc(dir.changes, func(c change) bool { return c.name == base })
	dir, base = d.folder(to)
	dir.names[base], dir.durable[base] = c, c
	return nil
}

func (d *disk) List(name string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.dirs[name].names)), nil
}

func (d *disk) SyncDir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir := d.dirs[name]
	err := d.begin("syncdir", name)
	if err == nil {
		dir.sync(func() bool { return true })
	}
	return err
}

func (d *disk) Space() (free, capacity int64) { return -1, -1 }

// sync makes those changes durable that chosen chooses.
func (dir *folder) sync(chosen func() bool) {
	for _, c := range dir.changes {
		switch {
		case !chosen():
		case c.content == nil:
			delete(dir.durable, c.name)
		default:
			dir.durable[c.name] = c.content
		}
	}
	dir.changes = nil
}

// sync makes those sectors durable that chosen chooses.
func (c *content) sync(chosen func() bool) {
	for _, w := range c.writes {
		if w.data == nil {
			if chosen() {
				c.durable = resize(c.durable, w.size)
			}
			continue
		}
		for len(w.data) > 0 {
			n := min(int64(len(w.data)), sector-w.offset%sector)
			if chosen() {
				c.durable = resize(c.durable, max(int64(len(c.durable)), w.offset+n))
				copy(c.durable[w.offset:], w.data[:n])
			}
			w.data, w.offset = w.data[n:], w.offset+n
		}
	}
	c.writes = nil
}

func resize(b []byte, size int64) []byte {
	if int64(len(b)) >= size {
		return b[:size:size]
	}
	return append(b[:len(b):len(b)], make([]byte, size-int64(len(b)))...)
}

// crash returns what a loss of power leaves, where chosen chooses what of the
// changes that no call has synced.
func (d *disk) crash(chosen func() bool) *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	after := newDisk()
	for _, name := range slices.Sorted(maps.Keys(d.dirs)) {
		dir := d.dirs[name]
		was := &folder{durable: maps.Clone(dir.durable), changes: dir.changes}
		was.sync(chosen)
		for _, base := range slices.Sorted(maps.Keys(was.durable)) {
			c := was.durable[base]
			left := &content{durable: slices.Clone(c.durable), writes: slices.Clone(c.writes)}
			left.sync(chosen)
			left.data = slices.Clone(left.durable)
			after.dirs[name].names[base], after.dirs[name].durable[base] = left, left
		}
	}
	return after
}

// crashes are the ways to choose what a crash leaves.
func crashes(seed uint64) map[string]func() bool {
	r := rand.New(rand.NewPCG(seed, 1))
	return map[string]func() bool{
		"nothing":    func() bool { return false },
		"everything": func() bool { return true },
		"a half":     func() bool { return r.IntN(2) == 0 },
		"most":       func() bool { return r.IntN(10) > 0 },
	}
}

// handle is an open file of a disk.
type handle struct {
	disk    *disk
	name    string
	content *content
}

func (h *handle) ReadAt(b []byte, offset int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if path.Dir(h.name) == h.disk.unreadable {
		return 0, syscall.EIO
	}
	if offset >= int64(len(h.content.data)) {
		return 0, io.EOF
	}
	n := copy(b, h.content.data[offset:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt writes a half if it fails, as a disk does that gets full.
func (h *handle) WriteAt(b []byte, offset int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	err := h.disk.begin("write", h.name)
	n := len(b)
	switch err {
	case nil:
	case errOff:
		n = 0
	default:
		n /= 2
	}
	if n > 0 {
		c := h.content
		c.data = resize(c.data, max(int64(len(c.data)), offset+int64(n)))
		copy(c.data[offset:], b[:n])
		c.writes = append(c.writes, write{offset: offset, data: slices.Clone(b[:n])})
	}
	return n, err
}

func (h *handle) Truncate(size int64) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	err := h.disk.begin("truncate", h.name)
	if err == nil || err == errDead {
		h.content.data = resize(h.content.data, size)
		h.content.writes = append(h.content.writes, write{size: size})
	}
	return err
}

func (h *handle) Sync() error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	err := h.disk.begin("sync", h.name)
	switch err {
	case nil:
		h.content.sync(func() bool { return true })
	case errLost:
		h.content.writes = nil // the pages count as clean from now on
	}
	return err
}

func (h *handle) Size() (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	return int64(len(h.content.data)), nil
}

func (h *handle) Close() error { return nil }

// TestDisk checks the disk itself: what is synced stays, the rest may go.
func TestDisk(t *testing.T) {
	d := newDisk()
	f, err := d.Create("journal/a")
	if err != nil {
		t.Fatal(err)
	}
	write := func(data string, offset int64) {
		t.Helper()
		if _, err := f.WriteAt([]byte(data), offset); err != nil {
			t.Fatal(err)
		}
	}
	left := func(chosen func() bool) string {
		c := d.crash(chosen).dirs[journalDir].names["a"]
		if c == nil {
			return "no file"
		}
		return string(c.data)
	}
	all, none := func() bool { return true }, func() bool { return false }
	write("one", 0)
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := left(none); got != "no file" {
		t.Errorf("a name that was not synced: %q", got)
	}
	if err := d.SyncDir(journalDir); err != nil {
		t.Fatal(err)
	}
	write("two", 3)
	if a, b := left(none), left(all); a != "one" || b != "onetwo" {
		t.Errorf("left %q or %q", a, b)
	}
	if err := d.Remove("journal/a"); err != nil {
		t.Fatal(err)
	}
	if a, b := left(none), left(all); a != "one" || b != "no file" {
		t.Errorf("left %q or %q after the removal", a, b)
	}
}
