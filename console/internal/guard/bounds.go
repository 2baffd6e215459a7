package guard

import (
	"context"
	"io"
	"net/http"
	"time"
)

// bounds are the time and the size of one request.
type bounds struct {
	request *http.Request // as the handler gets it
	body    io.ReadCloser // without a limit
	timer   *time.Timer
	cancel  context.CancelCauseFunc
}

// boundsKey is the key of the bounds in a request's context.
type boundsKey struct{}

// end frees what the bounds need.
func (b *bounds) end() {
	b.timer.Stop()
	b.cancel(nil)
}

// SetMaxBody lets the body of a request have limit bytes, in place of 1 MiB. Reading more returns an
// [http.MaxBytesError]. Nothing of the body may have been read yet.
func SetMaxBody(w http.ResponseWriter, r *http.Request, limit int64) {
	if b, ok := r.Context().Value(boundsKey{}).(*bounds); ok && b.body != nil {
		r.Body = http.MaxBytesReader(w, b.body, limit)
	}
}

// Unbounded lets a request take more than 30 seconds: its context ends with its connection, and
// the write timeout of the server no longer holds. A handler of a stream sets a deadline with
// [http.ResponseController.SetWriteDeadline] before it writes an event, so that a client that
// doesn't read ends.
func Unbounded(w http.ResponseWriter, r *http.Request) {
	if b, ok := r.Context().Value(boundsKey{}).(*bounds); ok {
		b.timer.Stop()
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // a test's writer has no deadlines
	_ = c.SetWriteDeadline(time.Time{})
}
