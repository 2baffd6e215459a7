package main

import (
	"os"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
)

// currentUsers are the users of a place, as its file is now: it is read again when it has changed.
type currentUsers struct {
	flags userFlags // one of them is given

	mu    sync.Mutex
	size  int64     // of the file that was read
	at    time.Time // when it was changed
	users userSource
}

// get returns the users. While the file has a mistake, that is the error.
func (c *currentUsers) get() (userSource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, file, err := c.flags.given()
	if err != nil {
		return userSource{}, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return userSource{}, source.FileError(file, err)
	}
	if c.users.store != nil && info.Size() == c.size && info.ModTime().Equal(c.at) {
		return c.users, nil
	}
	users, err := c.flags.loadUsers(nil)
	if err != nil {
		return userSource{}, err
	}
	c.users.close()
	c.users, c.size, c.at = users, info.Size(), info.ModTime()
	return users, nil
}
