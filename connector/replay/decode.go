package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns in as UTF-8 without byte order mark, unpacked if it is gzip.
// Without a mark it returns the bytes unchanged.
func decode(in io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(in, 4<<10)
	if head, _ := b.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(z, 4<<10)
	}
	head, _ := b.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		_, err := b.Discard(3)
		return b, err
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		_, err := b.Discard(2)
		return &utf16Reader{in: b, order: binary.LittleEndian}, err
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		_, err := b.Discard(2)
		return &utf16Reader{in: b, order: binary.BigEndian}, err
	}
	return b, nil
}

// utf16Reader reads UTF-16 as UTF-8. A lone surrogate, or an odd byte at the
// end, becomes U+FFFD.
type utf16Reader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	out   []byte // of the rune that did not fit
	buf   [utf8.UTFMax]byte
	high  rune // a surrogate that waits for its other half
}

// Read implements io.Reader.
func (r *utf16Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(r.out) > 0 {
			k := copy(p[n:], r.out)
			n, r.out = n+k, r.out[k:]
			continue
		}
		c, err := r.next()
		if err != nil {
			if n > 0 {
				return n, nil // the error comes again
			}
			return 0, err
		}
		r.out = r.buf[:utf8.EncodeRune(r.buf[:], c)]
	}
	return n, nil
}

// next returns one rune.
func (r *utf16Reader) next() (rune, error) {
	for {
		unit, err := r.in.Peek(2)
		switch {
		case len(unit) == 0 && r.high != 0:
			r.high = 0
			return utf8.RuneError, nil
		case len(unit) == 0:
			return 0, err
		case len(unit) == 1: // an odd byte
			_, _ = r.in.Discard(1)
			return utf8.RuneError, nil
		}
		c := rune(r.order.Uint16(unit))
		if high := r.high; high != 0 {
			r.high = 0
			whole := utf16.DecodeRune(high, c)
			if whole != utf8.RuneError {
				_, _ = r.in.Discard(2)
			}
			return whole, nil // c, if it is no half, is read again
		}
		_, _ = r.in.Discard(2)
		switch {
		case 0xd800 <= c && c < 0xdc00:
			r.high = c
		case utf16.IsSurrogate(c):
			return utf8.RuneError, nil
		default:
			return c, nil
		}
	}
}
