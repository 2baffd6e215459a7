package spool_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

func hour() queue.Lease { return queue.Lease{Holder: "a", For: time.Hour} }

func message(id string) *queue.Message {
	return &queue.Message{
		Envelope: envelope.Envelope{ID: id, From: routing.MustParseAddress("kim@contoso.com")}, Arrived: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}}},
	}
}

// child makes a test process do what the environment says, in dir.
func child(t *testing.T, do, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "SPOOL_CHILD="+do, "SPOOL_DIR="+dir)
	return cmd
}

// TestChild is what a child does; by itself it is no test.
func TestChild(t *testing.T) {
	dir := os.Getenv("SPOOL_DIR")
	switch os.Getenv("SPOOL_CHILD") {
	case "open":
		_, err := spool.Open(dir, spool.Options{})
		fmt.Println(err)
	case "write":
		s, err := spool.Open(dir, spool.Options{SegmentSize: 64 << 10, LargeBody: 4 << 10})
		if err != nil {
			t.Fatal(err)
		}
		for w := range 8 {
			go func() {
				for i := 0; ; i++ {
					id := fmt.Sprintf("%d-W%d-%d", os.Getpid(), w, i)
					if err := s.Put(context.Background(), message(id), strings.NewReader(content(id)), hour()); err != nil {
						fmt.Println("error", err)
						return
					}
					fmt.Println("put", id) // one write, as one does before a 250
					if i%3 == 0 {
						continue
					}
					fmt.Println("remove", id)
					if err := s.Remove(context.Background(), id, "a"); err != nil {
						fmt.Println("error", err)
						return
					}
				}
			}()
		}
		select {}
	}
}

// content is the bytes of a message of that ID; some are large.
func content(id string) string {
	return strings.Repeat(id+"\r\n", 1+len(id)*int(id[len(id)-1]%32)*2)
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir, spool.Options{})
	if _, err := spool.Open(dir, spool.Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened twice in a process: %v", err)
	}
	out, err := child(t, "open", dir).Output()
	if err != nil || !strings.Contains(string(out), "in use by another process") {
		t.Errorf("opened by two processes: %s, %v", out, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := child(t, "open", dir).Output(); err != nil || !strings.HasPrefix(string(out), "<nil>") {
		t.Errorf("opened after it was closed: %s, %v", out, err)
	}
}

// TestKill kills a process that writes as fast as it can, again and again. Every message
// that it had acknowledged must be there.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	put, removed := make(map[string]bool), make(map[string]bool)
	r := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		cmd := child(t, "write", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		left := 200 + r.IntN(500)
		for scan := bufio.NewScanner(out); scan.Scan(); left-- {
			switch what, id, _ := strings.Cut(scan.Text(), " "); what {
			case "put":
				put[id] = true
			case "remove":
				removed[id] = true
			default:
				t.Errorf("the child says %s", scan.Text())
			}
			if left == 0 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // it was killed
		s, err := spool.Open(dir, spool.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[string]bool)
		for m, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			found[m.ID] = true
			b, err := s.Open(t.Context(), m.ID)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := io.ReadAll(b); err != nil || string(data) != content(m.ID) {
				t.Errorf("%s has other bytes, %v", m.ID, err)
			}
			b.Close()
		}
		for id := range put {
			if !removed[id] && !found[id] {
				t.Errorf("%s is lost", id)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(put) < 300 {
		t.Errorf("only %d messages were put", len(put))
	}
}

// TestPrivate checks that only the owner has access to a spool.
func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not in the mode")
	}
	dir := filepath.Join(t.TempDir(), "new", "spool")
	if err := os.MkdirAll(filepath.Join(dir, "bodies"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, dir, spool.Options{LargeBody: 10})
	for _, id := range []string{"A", "large-one"} {
		if err := s.Put(t.Context(), message(id), strings.NewReader(id+id), hour()); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		if !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 3 {
		t.Errorf("%d files, %v", files, err)
	}
}

// size returns how many bytes the files in dir have.
func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var info os.FileInfo
			if info, err = d.Info(); err == nil {
				n += info.Size()
			}
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil // it was removed meanwhile
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSpace checks that the space of removed messages becomes free, even if other messages
// between them stay.
func TestSpace(t *testing.T) {
	dir := t.TempDir()
	const segment = 100 << 10
	s := openTest(t, dir, spool.Options{SegmentSize: segment, LargeBody: 20 << 10})
	body := strings.Repeat("x", 10<<10)
	stay := int64(0)
	var most int64
	for i := range 600 {
		id := fmt.Sprint("M", i)
		data := body
		if i%50 == 0 {
			data = body + body + body
		}
		if err := s.Put(t.Context(), message(id), strings.NewReader(data), hour()); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			stay += int64(len(data)) + 500
		} else if err := s.Remove(t.Context(), id, "a"); err != nil {
			t.Fatal(err)
		}
		most = max(most, size(t, dir))
	}
	// What waits to be compacted, what is being written, and what is.
	if limit := 2*stay + 4*segment; most > limit {
		t.Errorf("%d bytes on the disk, want at most %d", most, limit)
	}
	for i := 0; i < 600; i += 20 {
		if err := s.Remove(t.Context(), fmt.Sprint("M", i), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if u, err := s.Usage(t.Context()); err != nil || u.Messages != 0 || u.Bytes > 1<<20 {
		t.Errorf("empty: %+v, %v", u, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := size(t, dir); n != 0 {
		t.Errorf("closed and empty, it takes %d bytes", n)
	}
}

// TestTwin does the same at random with a spool, which is closed and opened now
// and then, and with a Store in memory.
func TestTwin(t *testing.T) {
	dir := t.TempDir()
	options := spool.Options{SegmentSize: 8 << 10, LargeBody: 1 << 10}
	s := openTest(t, dir, options)
	twin := new(queuetest.Store)
	r := rand.New(rand.NewPCG(3, 4))
	same := func(what string, a, b error) {
		t.Helper()
		for _, known := range []error{queue.ErrExists, queue.ErrNotFound, queue.ErrLease} {
			if errors.Is(a, known) != errors.Is(b, known) {
				t.Fatalf("%s: the spool says %v, its twin %v", what, a, b)
			}
		}
		if (a == nil) != (b == nil) {
			t.Fatalf("%s: the spool says %v, its twin %v", what, a, b)
		}
	}
	ctx := t.Context()
	for step := range 1500 {
		number, holder := r.IntN(60+step/5), fmt.Sprint("h", r.IntN(2))
		id := fmt.Sprint("M", number)
		l := queue.Lease{Holder: holder, For: []time.Duration{0, 1, time.Hour}[r.IntN(3)]}
		m := message(id)
		m.Arrived = m.Arrived.Add(time.Duration(number) * time.Second)
		m.Recipients[0].Next = m.Arrived.Add(time.Duration(r.IntN(1e6)) * time.Second)
		m.Recipients[0].Attempts = step
		switch op := r.IntN(100); {
		case op < 40:
			body := strings.Repeat("x", r.IntN(1500))
			same("Put", s.Put(ctx, m.Clone(), strings.NewReader(body), l), twin.Put(ctx, m.Clone(), strings.NewReader(body), l))
		case op < 65:
			same("Save", s.Save(ctx, m, holder), twin.Save(ctx, m, holder))
		case op < 85:
			same("Remove", s.Remove(ctx, id, holder), twin.Remove(ctx, id, holder))
		case op < 95:
			limit := r.IntN(10)
			a, errA := s.Claim(ctx, l, limit)
			b, errB := twin.Claim(ctx, l, limit)
			same("Claim", errA, errB)
			compare(t, a, b)
		case op < 98:
			a, errA := s.Renew(ctx, l)
			b, errB := twin.Renew(ctx, l)
			same("Renew", errA, errB)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Fatalf("%s holds %q in the spool, %q in its twin", holder, a, b)
			}
		case op < 99:
			same("Release", s.Release(ctx, id, holder), twin.Release(ctx, id, holder))
		default: // the leases end with the spool
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openTest(t, dir, options)
			for _, h := range []string{"h0", "h1"} {
				_, err := twin.Renew(ctx, queue.Lease{Holder: h})
				same("Renew", nil, err)
			}
			_, err := twin.Claim(ctx, queue.Lease{}, 10_000)
			same("Claim", nil, err)
		}
		for begun := time.Now(); l.For == 1 && time.Since(begun) <= l.For; {
			time.Sleep(time.Nanosecond) // until a lease of 1 ns has run out, for some clocks are coarse
		}
	}
	compare(t, everything(t, s), everything(t, twin))
}

func everything(t *testing.T, s queue.Store) (list []*queue.Message) {
	t.Helper()
	for m, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func compare(t *testing.T, got, want []*queue.Message) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range got {
		if d := queuetest.Diff(got[i], want[i]); d != "" {
			t.Fatalf("%s: %s", want[i].ID, d)
		}
	}
}

// TestMemory checks that a message on the queue takes little memory.
func TestMemory(t *testing.T) {
	s := openTest(t, t.TempDir(), spool.Options{})
	const n, limit = 20_000, 400
	body := strings.Repeat("x", 500)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	for w := range 50 {
		wg.Go(func() {
			for i := range n / 50 {
				if err := s.Put(t.Context(), message(fmt.Sprintf("MESSAGE%04d-%04d", w, i)), strings.NewReader(body), hour()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	runtime.GC()
	runtime.GC() // pools keep what they have for one
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n
	t.Logf("%d bytes of memory for each message", each)
	if each > limit {
		t.Errorf("%d bytes of memory for each message, want at most %d", each, limit)
	}
	runtime.KeepAlive(s)
}
