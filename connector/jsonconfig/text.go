package jsonconfig

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// unmarked returns a text without its byte order mark, in UTF-8. RFC 8259
// section 8.1 lets a reader overlook the mark, and the shells of Windows write
// one, or UTF-16, when output is sent to a file.
func unmarked(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fromUTF16(data[2:], binary.BigEndian)
	}
	return bytes.TrimPrefix(data, []byte("\uFEFF"))
}

// fromUTF16 returns UTF-16 as UTF-8. It leaves an odd byte at the end as it is,
// which the JSON parser then refuses.
func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return append([]byte(string(utf16.Decode(units))), data[2*len(units):]...)
}
