package dsn

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// HeaderOnly returns a report that [Report.Reader] made, in which only the header of
// the original is left: for a next hop that can't take all of it. It reads no
// further than to the end of that header. Unless the report is one of RFC 6533 it
// is ASCII then, whatever the original was. What isn't a report with a whole original
// is returned as it is.
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

// form returns the boundary of the parts of a report, "" if it isn't one, and whether it is one of
// RFC 6533.
func form(h *mailheader.Header) (boundary string, utf8 bool) {
	for f := range h.Fields() {
		if !strings.EqualFold(f.Name, "Content-Type") {
			continue
		}
		_, value, _ := strings.Cut(string(f.Raw), ":")
		kind, params, err := mime.ParseMediaType(strings.TrimSpace(value))
		if err != nil || kind != "multipart/report" {
			return "", false
		}
		return params["boundary"], strings.HasPrefix(params["report-type"], "global-")
	}
	return "", false
}

// shortened reads a report line by line, up to the part that has the original.
type shortened struct {
	w      writer
	source *bufio.Reader
	out    []byte    // yet to be read
	rest   io.Reader // nil: the original is yet to come
	err    error
}

// Read implements io.Reader.
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

// next reads a line, and all that is to be known of a part that begins with it.
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
	kind := ""
	for f := range part.Fields() {
		if strings.EqualFold(f.Name, "Content-Type") {
			kind = strings.TrimSpace(string(f.Raw[len("Content-Type:"):]))
		}
	}
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
	// The line of the boundary is written with the part.
	s.out = s.out[:0]
	s.rest = strings.NewReader(strings.TrimPrefix(text, "\r\n") + "\r\n--" + s.w.boundary + "--\r\n")
}
