package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// A Saver writes the changes of a while together, and at Close; what couldn't be written is written
// later.
func TestSaver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "absent")
		text, failed := "", 0
		var writes atomic.Int64
		s := &atomicfile.Saver{
			Path: filepath.Join(dir, "file"), After: time.Minute,
			Text:   func() ([]byte, error) { writes.Add(1); return []byte(text), nil },
			Failed: func(error) { failed++ },
		}
		expect := func(what, content string, wantWrites int64) {
			t.Helper()
			synctest.Wait()
			got, err := os.ReadFile(s.Path)
			if string(got) != content || err != nil && !errors.Is(err, fs.ErrNotExist) || writes.Load() != wantWrites {
				t.Errorf("%s: the file has %q after %d writes, %v", what, got, writes.Load(), err)
			}
		}
		change := func(to string) {
			text = to
			s.Changed()
		}
		change("one")
		time.Sleep(time.Minute)
		if expect("without a directory", "", 1); failed != 1 {
			t.Errorf("%d failures", failed)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		change("two")
		time.Sleep(59 * time.Second)
		change("three")
		expect("too early", "", 1)
		time.Sleep(time.Second)
		expect("after a while", "three", 2)
		time.Sleep(time.Hour)
		expect("without changes", "three", 2)
		change("four")
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			expect("closed", "four", 3)
		}
		change("five")
		time.Sleep(time.Hour)
		expect("changed after Close", "four", 3)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		expect("closed again", "five", 4)
	})
}

// A text that can't be made leaves the file as it is, and Close says why.
func TestSaverWithoutText(t *testing.T) {
	broken := errors.New("broken")
	s := &atomicfile.Saver{Path: filepath.Join(t.TempDir(), "file"), After: time.Hour, Text: func() ([]byte, error) { return nil, broken }}
	s.Changed()
	for range 2 {
		if err := s.Close(); !errors.Is(err, broken) {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := os.Stat(s.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file exists: %v", err)
	}
	new(atomicfile.Saver).Changed()
	if err := new(atomicfile.Saver).Close(); err != nil {
		t.Errorf("without a path: %v", err)
	}
}
