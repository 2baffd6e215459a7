package conversion

import (
	"bytes"
	"mime"
	"regexp"
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// maxBoundary is the longest boundary in bytes; a longer one doesn't fit a line.
const maxBoundary = 900

// header is the header of a message or of a part. Its lines end in CRLF.
type header struct {
	message bool // it is the header of a message, not of a part
	ended   bool // a body follows
	raw     []byte
	fields  []field

	label string // the new Content-Transfer-Encoding; "": unchanged
	kind  string // the new Content-Type; "": unchanged
}

// field is one field in raw, or a line without a colon.
type field struct{ start, end int }

// continues reports whether line belongs to the last field.
func (h *header) continues(line []byte) bool {
	return len(h.fields) > 0 && (line[0] == ' ' || line[0] == '\t')
}

// unprintable replaces bytes that a header can't have.
var unprintable = strings.NewReplacer("\x00", "?", "\r", " ")

// add adds a line without its end.
func (h *header) add(text []byte) {
	start, folded := len(h.raw), h.continues(text)
	h.raw = append(append(h.raw, unprintable.Replace(string(text))...), "\r\n"...)
	if folded {
		h.fields[len(h.fields)-1].end = len(h.raw)
	} else {
		h.fields = append(h.fields, field{start, len(h.raw)})
	}
}

// cut returns name and value of a field; the name of a line without a colon is "".
func (h *header) cut(f field) (name, value string) {
	raw := h.raw[f.start:f.end]
	if !mailheader.IsField(raw) {
		return "", string(raw)
	}
	before, after, _ := bytes.Cut(raw, []byte{':'})
	return string(bytes.TrimRight(before, " \t")), string(after)
}

// value returns the unfolded value of the first field of that name.
func (h *header) value(name string) (value string, ok bool) {
	for _, f := range h.fields {
		if n, v := h.cut(f); strings.EqualFold(n, name) {
			return strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "")), true
		}
	}
	return "", false
}

// encoding is a Content-Transfer-Encoding.
type encoding uint8

const (
	sevenBit encoding = iota // also without the field, or with a meaningless value
	eightBit
	binary
	quotedPrintable
	base64Encoding
	private // an encoding that isn't standardized
)

var encodings = map[string]encoding{
	"8bit": eightBit, "binary": binary, "quoted-printable": quotedPrintable, "base64": base64Encoding,
}

// isIdentity reports whether the content isn't encoded.
func (e encoding) isIdentity() bool { return e <= binary }

// encoding returns the encoding that the header declares.
func (h *header) encoding() encoding {
	value, _ := h.value("Content-Transfer-Encoding")
	if i := strings.IndexAny(value, " \t;("); i >= 0 {
		value = value[:i]
	}
	value = strings.ToLower(value)
	if strings.HasPrefix(value, "x-") {
		return private
	}
	return encodings[value]
}

// mediaType holds the parts of a Content-Type that matter here.
type mediaType struct {
	full, main string // "text/plain" and "text"
	boundary   string
	given      bool
}

var boundaryParameter = regexp.MustCompile(`(?i)[;\s]boundary\s*=\s*(?:"([^"]*)"|([^;"\s]+))`)

// mediaType returns the declared type; without one usual, or text/plain.
func (h *header) mediaType(usual string) mediaType {
	value, given := h.value("Content-Type")
	full, params, err := mime.ParseMediaType(value)
	boundary := params["boundary"]
	if err != nil {
		// Parameters are often malformed, and mail programs accept them.
		full, _, _ = strings.Cut(value, ";")
		full = strings.ToLower(strings.TrimSpace(full))
		if m := boundaryParameter.FindStringSubmatch(value); m != nil {
			boundary = m[1] + m[2]
		}
	}
	if !strings.Contains(full, "/") {
		full, given = usual, false
	}
	if full == "" {
		full = "text/plain"
	}
	main, _, _ := strings.Cut(full, "/")
	if boundary = strings.TrimRight(boundary, " \t"); len(boundary) > maxBoundary {
		boundary = ""
	}
	return mediaType{full, main, boundary, given}
}

// mustStay reports whether a part of the type is broken by any change.
func (t mediaType) mustStay() bool {
	switch t.full {
	case "multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime",
		"message/partial", "message/external-body":
		return true
	}
	return false
}

// isText reports whether the content is text for people.
func (t mediaType) isText() bool {
	return t.main == "text" || t.main == "message" || t.main == "multipart"
}
