package jsonconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/source"
)

// maxDepth bounds nesting. A configuration needs six levels.
const maxDepth = 32

// node is one JSON value and where it begins.
type node struct {
	offset int
	value  any // nil, bool, string, json.Number, *object or []*node
}

// object is a JSON object that remembers order and duplicates.
type object struct{ members []member }

type member struct {
	key    string
	offset int
	value  *node
}

// get returns the first member with the name key; nil if the object has no such
// member.
func (o *object) get(key string) *node {
	for _, m := range o.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// kind names the type of n for messages.
func (n *node) kind() string {
	switch n.value.(type) {
	case bool:
		return "true or false"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case *object:
		return "an object"
	case []*node:
		return "an array"
	}
	return "null"
}

// readTree reads a JSON text of one value. The error is a *mistake.
func readTree(data []byte) (*node, error) {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, stop(i, source.CodeSyntax, "the text isn't valid UTF-8")
		}
		i += n
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) {
			return nil, stop(0, source.CodeSyntax, "%w", err)
		}
		return nil, notJSON(data, syntax)
	}
	r := &treeReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	return r.read(0)
}

// notJSON is the mistake in a text that isn't JSON.
func notJSON(data []byte, err *json.SyntaxError) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return stop(0, source.CodeSyntax, "the file is empty")
	}
	// Offset counts the bytes read, the wrong one included. A text that ends too early has
	// no wrong byte.
	offset := int(err.Offset) - 1
	if strings.HasPrefix(err.Error(), "unexpected end") {
		offset = len(data)
	}
	m := &mistake{Diagnostic: source.Mistake("", source.CodeSyntax, "%s", source.NotJSON(err)), offset: offset}
	m.Err = err
	return m
}

// treeReader turns the tokens of a valid text into nodes.
type treeReader struct {
	data    []byte
	decoder *json.Decoder
}

// next returns the next token and where it begins.
func (r *treeReader) next() (json.Token, int, error) {
	offset := int(r.decoder.InputOffset())
	for offset < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[offset]) >= 0 {
		offset++
	}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, offset, stop(offset, source.CodeSyntax, "%w", err)
	}
	return token, offset, nil
}

func (r *treeReader) read(depth int) (*node, error) {
	token, offset, err := r.next()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, stop(offset, source.CodeLimitExceeded, "nested more than %d deep", maxDepth)
	}
	n := &node{offset: offset, value: token}
	switch token {
	case json.Delim('{'):
		n.value, err = r.object(depth)
	case json.Delim('['):
		n.value, err = r.array(depth)
	}
	return n, err
}

func (r *treeReader) object(depth int) (*object, error) {
	o := &object{}
	for r.decoder.More() {
		token, offset, err := r.next()
		if err != nil {
			return nil, err
		}
		value, err := r.read(depth + 1)
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		o.members = append(o.members, member{key, offset, value})
	}
	_, _, err := r.next()
	return o, err
}

func (r *treeReader) array(depth int) ([]*node, error) {
	list := []*node{}
	for r.decoder.More() {
		value, err := r.read(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, _, err := r.next()
	return list, err
}
