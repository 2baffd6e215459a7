package logfile

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var example = Format{Name: "test", Prefix: "TEST", Type: "Test Log", Version: "1.0", Fields: "date-time,data"}

// begin returns a log that reports its troubles to the slice, and is closed at the end of the test.
func begin(t *testing.T, s Settings) (*Log, *[]Trouble) {
	var mu sync.Mutex
	var troubles []Trouble
	l := New(example, s, func(tr Trouble) {
		mu.Lock()
		defer mu.Unlock()
		troubles = append(troubles, tr)
	})
	t.Cleanup(func() { l.Close(context.Background()) })
	return l, &troubles
}

// names returns the names of the files of a directory.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// read returns the lines of a file that aren't its header, and checks the header.
func read(t *testing.T, dir, name string) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), "#Fields: date-time,data\r\n")
	if !ok || strings.Count(head, "#") != 4 || strings.Contains(rest, "#") {
		t.Errorf("%s: wrong header in %q", name, text)
	}
	lines, err = csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestHours: each hour has a file, a restart continues it, and a file with other fields, or one
// that a crash left with a part of a line, isn't continued.
func TestHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight of 2000-01-01, UTC
		dir := filepath.Join(t.TempDir(), "new", "logs")
		l, troubles := begin(t, Settings{Dir: dir})
		l.Write("a", "1")
		time.Sleep(flushAfter)
		synctest.Wait()
		if got := read(t, dir, "TEST2000010100-1.LOG"); len(got) != 1 {
			t.Error(got)
		}
		l.Close(context.Background())
		l.Write("lost", "closed")

		l, _ = begin(t, Settings{Dir: dir})
		l.Write("b", "2")
		l.Flush()
		if got := read(t, dir, "TEST2000010100-1.LOG"); len(got) != 2 || got[1][1] != "2" {
			t.Error("a restart doesn't continue the file:", got)
		}
		time.Sleep(time.Hour)
		l.Write("c", "3")
		l.Flush()
		if got := read(t, dir, "TEST2000010101-1.LOG"); len(got) != 1 || got[0][1] != "3" {
			t.Error(got)
		}
		l.Close(context.Background())

		for _, torn := range []string{"no header\r\n", "", example.header(time.Now()) + "a,b"} {
			os.WriteFile(filepath.Join(dir, "TEST2000010101-7.LOG"), []byte(torn), 0o600)
			os.Remove(filepath.Join(dir, "TEST2000010101-8.LOG"))
			l, _ = begin(t, Settings{Dir: dir})
			l.Write("d", "4")
			l.Close(context.Background())
			if got := read(t, dir, "TEST2000010101-8.LOG"); len(got) != 1 || got[0][1] != "4" {
				t.Errorf("after %q: %v", torn, got)
			}
		}
		if len(*troubles) > 0 {
			t.Error(*troubles)
		}
		for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "TEST2000010101-1.LOG"): 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode && os.PathSeparator == '/' {
				t.Error(path, info.Mode(), err)
			}
		}
	})
}

// TestFull: no file is larger than MaxFileSize, and no line is lost or cut between two files.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		limit := int64(len(example.header(time.Now()))) + 40
		l, troubles := begin(t, Settings{Dir: dir, MaxFileSize: limit})
		const each = "123456789" // a line of 13 bytes: three in a file
		for i := range 7 {
			l.Write(string(rune('a'+i)), each)
		}
		l.Write("long", strings.Repeat("x", 100))
		l.Write("h", each)
		l.Close(context.Background())
		var got []string
		for n := range names(t, dir) {
			name := fileName("TEST", time.Now().UTC(), n+1)
			lines := read(t, dir, name)
			for _, line := range lines {
				got = append(got, line[0])
			}
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() > limit && len(lines) > 1 {
				t.Error(name, info.Size(), err)
			}
		}
		if strings.Join(got, " ") != "a b c d e f g long h" || len(names(t, dir)) != 5 || len(*troubles) > 0 {
			t.Error(got, names(t, dir), *troubles)
		}
	})
}

// TestReload: other limits and another directory hold for the lines that come after.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := t.TempDir(), t.TempDir()
		var out bytes.Buffer
		l, _ := begin(t, Settings{Dir: one})
		for _, s := range []Settings{{Dir: one}, {Dir: two}, {}, {Dir: one, MaxFileSize: 1}, {Out: &out}} {
			l.Set(s)
			if l.Enabled() != s.writes() {
				t.Error("enabled", l.Enabled(), s)
			}
			l.Write("a", "b")
		}
		l.Close(context.Background())
		if a, b := names(t, one), names(t, two); len(a) != 2 || len(b) != 1 {
			t.Error(a, b)
		}
		if want := example.header(time.Now()) + "a,b\r\n"; out.String() != want {
			t.Errorf("%q", out.String())
		}
	})
}

// TestMoved: a file or a directory that was moved away is begun again.
func TestMoved(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("open files can't be moved here")
	}
	dir := filepath.Join(t.TempDir(), "logs")
	l, troubles := begin(t, Settings{Dir: dir})
	l.Write("a", "1")
	l.Flush()
	name := names(t, dir)[0]
	if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, "old")); err != nil {
		t.Fatal(err)
	}
	l.Write("b", "2")
	l.Flush()
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	l.Write("c", "3")
	l.Flush()
	if all := names(t, dir); len(all) != 1 || len(names(t, dir+".old")) != 2 || len(*troubles) > 0 {
		t.Error(all, *troubles)
	}
}

// TestPrune: files are removed by age without a line being written, only those of the log, and
// by size while lines come.
func TestPrune(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"TEST1999123000-1.LOG", "test1999123000-2.log", "TESTS1999123000-1.LOG", "TEST1999123000.LOG", "TEST19991230-1.LOG", "TEST1999123000-0.LOG"} {
			if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 100), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(filepath.Join(dir, "TEST1999123000-3.LOG"), 0o700); err != nil {
			t.Fatal(err)
		}
		l, _ := begin(t, Settings{Dir: dir, MaxAge: 48 * time.Hour})
		time.Sleep(time.Hour)
		synctest.Wait()
		if all := names(t, dir); len(all) != 7 {
			t.Error("too early:", all)
		}
		time.Sleep(time.Hour + time.Minute)
		synctest.Wait()
		if all := names(t, dir); len(all) != 5 {
			t.Error("files that are too old, or of others:", all)
		}
		l.Set(Settings{Dir: dir, MaxDirSize: 2000, MaxFileSize: 1000})
		for range 100 {
			l.Write(strings.Repeat("a", 100), "b")
			l.Flush()
		}
		files := names(t, dir)
		var total int64
		for _, name := range files {
			if info, err := os.Stat(filepath.Join(dir, name)); err == nil && strings.HasPrefix(name, "TEST2000") {
				total += info.Size()
			}
		}
		if total > 2000 || total < 1000 {
			t.Error(total, files)
		}
	})
}

// failing is a writer that takes part of what it gets and fails, while it is told to.
type failing struct {
	bytes.Buffer
	takes int // bytes; negative: all
}

var errFull = errors.New("full")

func (f *failing) Write(b []byte) (int, error) {
	if f.takes < 0 {
		return f.Buffer.Write(b)
	}
	n, _ := f.Buffer.Write(b[:min(f.takes, len(b))])
	return n, errFull
}

// TestTrouble: lines that can't be written are counted, the begin and the end are reported once,
// and no line is half there.
func TestTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &failing{takes: -1}
		l, troubles := begin(t, Settings{Out: out})
		l.Write("a", "1")
		l.Flush()
		for takes := range 9 {
			out.takes = takes
			l.Write("b", "2")
			l.Write("c", "3")
			l.Flush()
		}
		out.takes = -1
		l.Write("d", "4")
		l.Flush()
		time.Sleep(calm)
		l.Write("e", "5")
		l.Flush()
		if got := *troubles; len(got) != 2 || !errors.Is(got[0].Err, errFull) || got[1].Err != nil || got[1].Lost != l.Dropped() {
			t.Error(got, l.Dropped())
		}
		// Of the 18 lines two are whole: the first when 7 and when 8 bytes are taken.
		if l.Dropped() != 16 || !strings.HasSuffix(out.String(), "\r\nd,4\r\ne,5\r\n") || strings.Count(out.String(), "\r") != strings.Count(out.String(), "\r\n") {
			t.Errorf("%d lost: %q", l.Dropped(), out.String())
		}
		out.takes = 0
		l.Write("f", "6")
		l.Close(context.Background())
		if got := *troubles; len(got) != 4 || got[3].Err == nil || got[3].Lost != 1 {
			t.Error("the last lines:", got)
		}
	})
}

// stuck is a writer that waits until it is told to go on.
type stuck chan struct{}

func (s stuck) Write(b []byte) (int, error) {
	<-s
	return len(b), nil
}

// TestStuck: a writer that hangs delays no caller, and costs at most the memory of the buffer.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(stuck)
		l, troubles := begin(t, Settings{Out: out})
		cell := strings.Repeat("x", 1000)
		for range 3 * maxBuffered / 1000 {
			l.Write(cell, cell)
		}
		if l.Dropped() == 0 || l.buffered > maxBuffered || len(*troubles) != 1 || (*troubles)[0].Err != errBufferFull {
			t.Error(l.Dropped(), l.buffered, *troubles)
		}
		soon, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := l.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("Close doesn't end:", err)
		}
		close(out)
		synctest.Wait()
	})
}

// TestFullDisk: of lines for which the disk has no room none is half in the file, and writing goes
// on when there is room.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Skip("no file system can be mounted:", err)
	}
	defer unmount(dir)
	l, troubles := begin(t, Settings{Dir: dir})
	filler := filepath.Join(dir, "filler")
	l.Write("a", "1")
	l.Flush()
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal("the disk isn't full:", err)
	}
	for range 100 {
		l.Write("b", strings.Repeat("x", 1000))
		l.Flush()
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	l.Write("c", "3")
	l.Flush()
	var first []string
	for _, line := range read(t, dir, names(t, dir)[0]) {
		if len(line) != 2 || line[0] == "b" && len(line[1]) != 1000 {
			t.Errorf("half a line: %q", line)
		}
		first = append(first, line[0])
	}
	if first[0] != "a" || first[len(first)-1] != "c" || int64(len(first)-2)+l.Dropped() != 100 || l.Dropped() == 0 {
		t.Error(len(first), l.Dropped(), *troubles)
	}
	if !slices.ContainsFunc(*troubles, func(tr Trouble) bool { return errors.Is(tr.Err, syscall.ENOSPC) }) {
		t.Error(*troubles)
	}
}
