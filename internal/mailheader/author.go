package mailheader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"

	"github.com/interchange-smtp/interchange/routing"
)

// Authors returns every address of every From and Sender field that wasn't removed, because it isn't known
// which of several From fields a mail program shows. The error means that one of these
// fields can't be read. The addresses of the others are returned with it, but a check
// must not rely on them alone.
func (h *Header) Authors() ([]routing.Address, error) {
	var all []routing.Address
	var failed error
	for _, f := range h.fields {
		name := h.name(f)
		if f.dropped || !bytes.EqualFold(name, []byte("From")) && !bytes.EqualFold(name, []byte("Sender")) {
			continue
		}
		list, err := addresses(h.raw[f.colon+1 : f.end])
		all = append(all, list...)
		if err != nil && failed == nil {
			failed = fmt.Errorf("header field %s: %w", name, err)
		}
	}
	return all, failed
}

// From returns the addresses of the From field. The error means that there isn't exactly one
// such field, that it can't be read, or that it has no address.
func (h *Header) From() ([]routing.Address, error) {
	var all []routing.Address
	n := 0
	var failed error
	for _, f := range h.fields {
		if f.dropped || !bytes.EqualFold(h.name(f), []byte("From")) {
			continue
		}
		n++
		all, failed = addresses(h.raw[f.colon+1 : f.end])
	}
	switch {
	case n != 1:
		return nil, fmt.Errorf("the header has %d From fields", n)
	case failed != nil:
		return nil, fmt.Errorf("header field From: %w", failed)
	case len(all) == 0:
		return nil, errors.New("header field From has no address")
	}
	return all, nil
}

// parseAddresses parses an address list of a header. An unknown charset of a display name is
// not an error.
func parseAddresses(value []byte) ([]*mail.Address, error) {
	p := mail.AddressParser{WordDecoder: &mime.WordDecoder{
		CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil },
	}}
	text := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ", "\n ", " ", "\n\t", " ").Replace(string(value))
	return p.ParseList(strings.TrimRight(text, "\r\n"))
}

// addresses returns the addresses of an address list of a header.
func addresses(value []byte) ([]routing.Address, error) {
	list, err := parseAddresses(value)
	if err != nil {
		return nil, err
	}
	all := make([]routing.Address, 0, len(list))
	for _, m := range list {
		// net/mail takes the quotes off; its String puts them on again.
		quoted := (&mail.Address{Address: m.Address}).String()
		a, err := routing.ParseAddress(strings.TrimSuffix(strings.TrimPrefix(quoted, "<"), ">"))
		if err != nil {
			return all, err
		}
		all = append(all, a)
	}
	return all, nil
}
