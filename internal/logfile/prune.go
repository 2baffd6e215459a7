package logfile

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
)

// prune removes the oldest files as the settings ask for it.
func (s *sink) prune(settings *Settings) error {
	if s.by != settings {
		if err := s.follow(settings); err != nil {
			return err
		}
	}
	if settings.Dir == "" || settings.Out != nil || time.Since(s.pruned) < time.Hour && (settings.MaxDirSize <= 0 || s.total <= settings.MaxDirSize) {
		return nil
	}
	if s.out != nil && time.Since(s.file.hour) >= time.Hour {
		if err := s.closeFile(); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(settings.Dir)
	if err != nil {
		return nil // there is nothing to remove, or lines can't be written either
	}
	defer root.Close()
	files, err := list(root, s.format.Prefix)
	if err != nil {
		return err
	}
	n := surplus(files, time.Now(), settings.MaxAge, settings.MaxDirSize, s.out != nil)
	s.total, s.pruned = 0, time.Now()
	for _, f := range files[n:] {
		s.total += f.size
	}
	for _, f := range files[:n] {
		err = errors.Join(err, root.Remove(f.name))
	}
	if err != nil {
		s.pruned = time.Time{}
		err = fmt.Errorf("old files can't be removed: %w", source.FileError(settings.Dir, err))
	}
	return err
}

// surplus returns how many of files, of which the oldest are the first, must be removed: those
// whose hour ended longer than maxAge ago, and more until the others have at most maxTotal bytes
// together. 0 is no limit. writing says that the last file is being written, so that it stays.
func surplus(files []file, now time.Time, maxAge time.Duration, maxTotal int64, writing bool) (n int) {
	var total int64
	for _, f := range files {
		total += f.size
	}
	if writing {
		files = files[:max(len(files)-1, 0)]
	}
	for _, f := range files {
		tooOld := maxAge > 0 && now.Sub(f.hour.Add(time.Hour)) > maxAge
		if !tooOld && (maxTotal <= 0 || total <= maxTotal) {
			break
		}
		total -= f.size
		n++
	}
	return n
}
