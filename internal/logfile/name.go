package logfile

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	hourLayout = "2006010215"
	suffix     = ".LOG"
)

// file is a file of a log.
type file struct {
	name string
	hour time.Time
	n    int // within the hour
	size int64
}

// fileName returns the name of a file.
func fileName(prefix string, hour time.Time, n int) string {
	return prefix + hour.Format(hourLayout) + "-" + strconv.Itoa(n) + suffix
}

// parseName reads the name of a file, in any letter case.
func parseName(prefix, name string) (f file, ok bool) {
	rest := len(prefix) + len(hourLayout)
	if len(name) < rest || !strings.EqualFold(name[:len(prefix)], prefix) {
		return file{}, false
	}
	hour, err := time.Parse(hourLayout, name[len(prefix):rest])
	number, isLog := strings.CutSuffix(strings.ToUpper(name[rest:]), suffix)
	number, hasNumber := strings.CutPrefix(number, "-")
	n, errNumber := strconv.ParseUint(number, 10, 31)
	if err != nil || errNumber != nil || !isLog || !hasNumber || n == 0 {
		return file{}, false
	}
	return file{name: name, hour: hour, n: int(n)}, true
}

// list returns the files of the log in a directory, the oldest first.
func list(root *os.Root, prefix string) ([]file, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var files []file
	for _, e := range entries {
		f, ok := parseName(prefix, e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // it was removed
		}
		f.size = info.Size()
		files = append(files, f)
	}
	slices.SortFunc(files, older)
	return files, nil
}

// older orders files by age.
func older(a, b file) int {
	return cmp.Or(a.hour.Compare(b.hour), cmp.Compare(a.n, b.n), strings.Compare(a.name, b.name))
}

// header returns the lines at the begin of a file.
func (f *Format) header(now time.Time) string {
	return fmt.Sprintf("#Software: Interchange\r\n#Version: %s\r\n#Log-type: %s\r\n#Date: %s\r\n%s",
		f.Version, f.Type, now.UTC().Format(TimeLayout), f.fields())
}

// fields returns the last line of the header.
func (f *Format) fields() string { return "#Fields: " + f.Fields + "\r\n" }
