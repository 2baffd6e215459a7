package conversion

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// Error is the error of a message that can't be converted.
type Error struct {
	Part string // as in "part 2.1 (multipart/signed)"
	Why  string // the reason
}

// Error implements error.
func (e *Error) Error() string { return e.Part + " " + e.Why }

// converter is a conversion in progress.
type converter struct {
	to   Content
	in   lines
	out  *bufio.Writer
	path []int // the numbers of the surrounding parts and of this part
	err  error // the first error that isn't an error of the reader

	header header
	window []byte
}

// broken reports whether the conversion has failed.
func (c *converter) broken() bool { return c.err != nil || c.in.err != nil }

// Write implements io.Writer. Its errors end the conversion.
func (c *converter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.out.Write(p)
	c.err = err
	return n, err
}

// write is Write for text.
func (c *converter) write(s string) {
	if c.err == nil {
		_, c.err = c.out.WriteString(s)
	}
}

// fail ends the conversion with an error about the present part.
func (c *converter) fail(kind, why string, args ...any) {
	if c.broken() {
		return
	}
	part := "the message"
	if len(c.path) > 0 {
		numbers := make([]string, len(c.path))
		for i, n := range c.path {
			numbers[i] = strconv.Itoa(n)
		}
		part = "part " + strings.Join(numbers[:min(len(numbers), 10)], ".")
	}
	if kind != "" {
		part += " (" + printable(kind) + ")"
	}
	c.err = &Error{Part: part, Why: fmt.Sprintf(why, args...)}
}

// pieces calls f with all content up to the next delimiter.
func (c *converter) pieces(f func([]byte)) {
	for !c.broken() {
		p, ok := c.in.next()
		if !ok {
			return
		}
		f(p)
	}
}
