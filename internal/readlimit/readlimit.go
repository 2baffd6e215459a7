// Package readlimit reads what another program or host wrote, up to a limit: [File] a file,
// [All] a stream. What is larger is an error, and no more of it is read than shows that.
package readlimit

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrTooLarge is in the error for what has more bytes than the limit.
var ErrTooLarge = errors.New("too large")

// All reads r to its end. More than limit bytes are ErrTooLarge.
func All(r io.Reader, limit int) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > limit:
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, limit)
	}
	return text, nil
}

// File is os.ReadFile with a limit. More than limit bytes are ErrTooLarge, without the name.
func File(name string, limit int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return All(f, limit)
}
