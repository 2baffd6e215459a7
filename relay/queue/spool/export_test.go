package spool

import "sync/atomic"

// CountSyncs returns a function that returns how often s has synced the file of a
// segment since.
func CountSyncs(s *Spool) func() int64 {
	c := &counter{fileSystem: s.fs}
	s.fs = c
	return c.syncs.Load
}

// counter counts the syncs of new files.
type counter struct {
	fileSystem
	syncs atomic.Int64
}

func (c *counter) Create(name string) (file, error) {
	f, err := c.fileSystem.Create(name)
	return countedFile{f, c}, err
}

type countedFile struct {
	file
	counter *counter
}

func (f countedFile) Sync() error {
	f.counter.syncs.Add(1)
	return f.file.Sync()
}
