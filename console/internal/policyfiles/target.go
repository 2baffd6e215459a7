package policyfiles

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// ErrReadOnly is in the error of a change to a policy that no files make.
var ErrReadOnly = errors.New("the policy isn't read from files, so it can't be changed here; change it in the program that made it, or start the console with the policy's files")

// target is the file that changes are written to: the last one.
type target struct {
	name     string
	script   bool // commands are appended
	document bool // it is a JSON document, the only file, and is written again
}

// writable returns why no change can be written; nil if one can.
func (t target) writable() error {
	switch {
	case t.name == "":
		return ErrReadOnly
	case t.script || t.document:
		return nil
	}
	return fmt.Errorf("%s: changes are appended to a script, and this isn't one; add an empty .ps1 file as the last -config", t.name)
}

// encoding is how a script is written.
type encoding struct {
	order binary.AppendByteOrder // of UTF-16; nil: UTF-8
	end   string                 // of lines
}

// encodingOf returns the encoding of the text of a script.
func encodingOf(text []byte) encoding {
	e := encoding{end: "\n"}
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		e.order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		e.order = binary.BigEndian
	}
	if bytes.Contains(text, e.encode("\r\n")) {
		e.end = "\r\n"
	}
	return e
}

func (e encoding) encode(text string) []byte {
	if e.order == nil {
		return []byte(text)
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = e.order.AppendUint16(out, unit)
	}
	return out
}

// lines returns text, whose lines end with \n, with the line ends of the script.
func (e encoding) lines(text string) string {
	return strings.ReplaceAll(text, "\n", e.end)
}

// appended returns the text of a script with commands after it, under a line that says when, by which user and
// why they came.
func appended(text []byte, at time.Time, by, title, commands string) []byte {
	e := encodingOf(text)
	var add strings.Builder
	if len(text) > 0 && !bytes.HasSuffix(text, e.encode("\n")) {
		add.WriteString(e.end)
	}
	if len(text) > 0 {
		add.WriteString(e.end)
	}
	fmt.Fprintf(&add, "# %s, %s: %s%s", at.Format("2006-01-02 15:04 -07:00"), harmless(by), harmless(title), e.end)
	add.WriteString(e.lines(strings.TrimRight(commands, "\r\n")) + e.end)
	return append(bytes.Clone(text), e.encode(add.String())...)
}

// maxWords is the length in characters to which titles and names of users are cut.
const maxWords = 200

// harmless returns the words of a user in the form in which they can stand in a comment of a script and on
// a page: on one line, without characters that can't be seen, and without the signs around comments.
func harmless(words string) string {
	words = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, words)
	words = strings.NewReplacer("#>", "# >", "<#", "< #").Replace(strings.Join(strings.Fields(words), " "))
	if runes := []rune(words); len(runes) > maxWords {
		words = string(runes[:maxWords-1]) + "…"
	}
	return words
}

// Changeable returns why no change can be written; nil if one can.
func (f *Files) Changeable() error { return f.target.writable() }
