package readlimit_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// endless is a stream without end, which counts how much of it is read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func TestAll(t *testing.T) {
	if text, err := readlimit.All(strings.NewReader("hello"), 5); err != nil || string(text) != "hello" {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := readlimit.All(strings.NewReader("hello!"), 5); !errors.Is(err, readlimit.ErrTooLarge) || text != nil {
		t.Errorf("%q, %v", text, err)
	}
	stream := new(endless)
	if _, err := readlimit.All(stream, 1000); !errors.Is(err, readlimit.ErrTooLarge) || stream.read > 1001 {
		t.Errorf("%d bytes are read: %v", stream.read, err)
	}
	if _, err := readlimit.All(iotest.ErrReader(io.ErrUnexpectedEOF), 5); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	if _, err := readlimit.File(name, 5); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := readlimit.File(name, 5); err != nil || string(text) != "hello" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := readlimit.File(name, 4); err == nil || err.Error() != "too large: it has more than 4 bytes" {
		t.Error(err)
	}
}
