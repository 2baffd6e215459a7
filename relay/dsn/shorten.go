package dsn

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// HeaderOnly returns a report made by [Report.Reader] with only the header of the
// original, for a next hop that can't take the whole original. It reads report up to the
// end of that header. The result is ASCII unless the report has UTF8, whatever the
// original was. A message that isn't a report with a whole original is returned
// unchanged.
func HeaderOnly(report io.Reader) (io.Reader, error) {
	h, err := mailheader.Read(report, maxHeader)
	if err != nil {
		return nil, err
	}
	boundary, utf8 := form(h)
	header := h.Bytes(nil)
	if boundary != "" && !utf8 {
		header = bytes.Replace(header, []byte("\r\nContent-Transfer-Encoding: 8bit\r\n"), []byte("\r\nContent-Transfer-Encoding: 7bit\r\n"), 1)
	}
	return &shortened{out: header, source: h.Body(),
		w: writer{Report: &Report{UTF8: utf8}, boundary: boundary}}, nil
}

// form returns the boundary of the parts of a report, "" if h isn't the header of a
// report, and whether the report has UTF8.
func form(h *mailheader.Header) (boundary string, utf8 bool) {
	kind, params, err := mime.ParseMediaType(h.Value("Content-Type"))
	if err != nil || kind != "multipart/report" {
		return "", false
	}
	return params["boundary"], strings.HasPrefix(params["report-type"], "global-")
}

// shortened reads a report line by line, up to the part with the original.
type shortened struct {
	w      writer
	source *bufio.Reader
	out    []byte    // not yet returned
	rest   io.Reader // the last part; nil: not reached yet
	err    error
}

func (s *shortened) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		switch {
		case s.rest != nil:
			return s.rest.Read(p)
		case s.err != nil:
			return 0, s.err
		}
		s.next()
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// next reads a line, and the header of the part that begins with it.
func (s *shortened) next() {
	line, err := s.source.ReadSlice('\n')
	s.out = append(s.out[:0], line...)
	if s.err = err; err == bufio.ErrBufferFull {
		s.err = nil
	}
	if err != nil || s.w.boundary == "" || string(line) != "--"+s.w.boundary+"\r\n" {
		return
	}
	part, err := mailheader.Read(s.source, maxHeader)
	if err != nil {
		s.err = err
		return
	}
	kind := part.Value("Content-Type")
	s.source = part.Body()
	if kind != "message/rfc822" && kind != "message/global" {
		s.out = part.Bytes(s.out)
		return
	}
	s.w.Report.Original.UTF8 = kind == "message/global"
	original, err := open(s.source)
	if err != nil {
		s.err = err
		return
	}
	text, err := s.w.header(original)
	if err != nil {
		s.err = err
		return
	}
	// w.header has written the boundary line.
	s.out = s.out[:0]
	s.rest = strings.NewReader(strings.TrimPrefix(text, "\r\n") + "\r\n--" + s.w.boundary + "--\r\n")
}
