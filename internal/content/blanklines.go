package content

import (
	"fmt"
	"io"
)

// MaxBlankLines is how many blank lines may follow each other in a body that DKIM hashes.
const MaxBlankLines = 10000

// ErrBlankLines is the error of a body with more.
var ErrBlankLines = fmt.Errorf("the body has more than %d blank lines in a row", MaxBlankLines)

// LimitBlankLines returns a reader of body that fails with ErrBlankLines behind MaxBlankLines lines in a row
// that are empty or have only blanks. Code that canonicalises a body keeps such lines until it knows whether
// text follows: go-msgauth's, without this limit, in memory without bound, and copies them at each write.
func LimitBlankLines(body io.Reader) io.Reader {
	return &blankLines{body, lineEnd} // a body begins with a line, as if one had ended
}

const lineEnd = len("\r\n")

type blankLines struct {
	r    io.Reader
	ends int // bytes CR and LF since the last text; a bare CR or LF is half of a line's end
}

// Read implements io.Reader.
func (l *blankLines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, b := range p[:n] {
		switch b {
		case '\r', '\n':
			if l.ends++; l.ends > lineEnd*(MaxBlankLines+1) {
				return 0, ErrBlankLines
			}
		case ' ', '\t':
		default:
			l.ends = 0
		}
	}
	return n, err
}
