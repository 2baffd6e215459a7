package tracking

import (
	"cmp"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Files are the files of message tracking logs, in the order of their hours. The zero Files have no rows.
type Files []string

// Open returns the files that paths name: files of any name, and in directories those of message tracking
// logs. Exchange's MSGTRKMA, MSGTRKMD and MSGTRKMS are among them. A directory without such files is no
// error.
func Open(paths ...string) (Files, error) {
	var all Files
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, source.FileError(path, err)
		}
		if !info.IsDir() {
			all = append(all, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, source.FileError(path, err)
		}
		for _, e := range entries {
			if fileName.MatchString(e.Name()) && e.Type()&fs.ModeDir == 0 {
				all = append(all, filepath.Join(path, e.Name()))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int {
		return cmp.Or(hourOf(a).Compare(hourOf(b)), cmp.Compare(len(filepath.Base(a)), len(filepath.Base(b))))
	})
	return all, nil
}

// fileName matches the names of files, such as MSGTRK2026113009-1.LOG, or MSGTRK20070131-1.LOG of Exchange
// 2007.
var fileName = regexp.MustCompile(`(?i)^MSGTRK(?:M[ADS])?(\d{8})(\d\d)?-\d+\.LOG$`)

// hourOf returns when a file begins by its name; zero if the name doesn't say so.
func hourOf(path string) time.Time {
	m := fileName.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return time.Time{}
	}
	t, _ := time.Parse("2006010215", m[1]+cmp.Or(m[2], "00")) // zero if it isn't a time
	return t
}

// mayHave reports whether a file may have rows from since until until, by its name.
func mayHave(path string, since, until time.Time) bool {
	hour := hourOf(path)
	if hour.IsZero() {
		return true
	}
	last := time.Hour
	if m := fileName.FindStringSubmatch(filepath.Base(path)); m[2] == "" {
		last = 24 * time.Hour
	}
	// A line may be written a little later than it says, and RECEIVE when the client has got its answer.
	const late, held = time.Minute, time.Hour
	return (since.IsZero() || !hour.Add(last+late).Before(since)) && (until.IsZero() || !hour.Add(-held).After(until))
}

// Rows yields the rows of files that may have some from since until until; zero times are no bounds. An error
// names the file, and the rows after it follow.
func (f Files) Rows(since, until time.Time) iter.Seq2[*Row, error] {
	return f.between(since, until).rows(func(int) {})
}

// between returns the files that may have rows from since until until.
func (f Files) between(since, until time.Time) Files {
	var some Files
	for _, path := range f {
		if mayHave(path, since, until) {
			some = append(some, path)
		}
	}
	return some
}

// size returns the size of the files, in bytes. Those that are gone have none.
func (f Files) size() (bytes int64) {
	for _, path := range f {
		if info, err := os.Stat(path); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// rows yields the rows of all files, and calls read with the number of bytes that were read each time.
func (f Files) rows(read func(bytes int)) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for _, path := range f {
			if !rowsOf(path, read, yield) {
				return
			}
		}
	}
}

// counted tells read how many bytes come from a file.
type counted struct {
	file *os.File
	read func(bytes int)
}

// Read implements io.Reader.
func (c counted) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.read(n)
	return n, err
}

// rowsOf yields the rows of a file, and reports whether more are wanted.
func rowsOf(path string, read func(bytes int), yield func(*Row, error) bool) bool {
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		return true // it was removed because of its age meanwhile
	}
	if err != nil {
		return yield(nil, source.FileError(path, err))
	}
	defer file.Close() // it is only read
	for row, err := range Read(counted{file, read}) {
		if err != nil {
			err = fmt.Errorf("%s: %w", strings.TrimPrefix(path, "./"), err)
		}
		if !yield(row, err) {
			return false
		}
	}
	return true
}
