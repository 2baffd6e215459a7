// Package iis reads the metabase of the SMTP service of IIS 6 and later, MetaBase.xml.
//
// The reader never widens what the service allows: a list of addresses that it can't read lets no
// client relay.
package iis

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/interchange-smtp/interchange/connector/foreign/internal/account"
	"github.com/interchange-smtp/interchange/connector/source"
)

// The bounds of what is read.
const (
	maxKeys     = 20_000
	maxServers  = 50
	maxElements = 5_000 // of a list
)

// IsMetabase reports whether a file is a metabase.
func IsMetabase(data []byte) bool { return bytes.Contains(data, []byte("<MBProperty")) }

// key is a key of the metabase.
type key struct {
	kind     string // IIsSmtpServer
	location string // /LM/SmtpSvc/1
	at       source.Position
	values   map[string]value // by name
	order    []string         // the names of values
}

// value is a property of a key.
type value struct {
	text string
	at   source.Position
}

// reader makes a Book of a metabase.
type reader struct {
	account.Book
	service key
	servers []key
	domains []key
}

// Read reads a metabase. The error is source.Diagnostics.
func Read(name string, data []byte) (*account.Book, error) {
	keys, err := parse(name, data)
	if err != nil {
		return nil, source.Diagnostics{*err}
	}
	r := &reader{}
	r.Files = []string{name}
	r.sort(keys)
	if len(r.servers) == 0 {
		return nil, source.Diagnostics{{Severity: source.SeverityError, Position: source.Position{File: name, Line: 1}, Code: source.CodeNotFound, Detail: "there is no SMTP virtual server in it (IIsSmtpServer)"}}
	}
	r.acceptedDomains()
	for i := range r.servers {
		r.receive(&server{reader: r, key: r.servers[i]})
	}
	r.send(&server{reader: r, key: r.servers[0]})
	r.rest()
	return &r.Book, nil
}

// parse returns the keys of a metabase.
func parse(name string, data []byte) ([]key, *source.Diagnostic) {
	lines := lineIndex(data)
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "utf-8") {
			return r, nil
		}
		return nil, fmt.Errorf("the encoding %q can't be read", charset)
	}
	var keys []key
	for {
		begin := d.InputOffset()
		token, err := d.Token()
		at := source.Position{File: name, Line: lines.at(d.InputOffset())}
		switch {
		case errors.Is(err, io.EOF):
			return keys, nil
		case err != nil:
			return nil, &source.Diagnostic{Severity: source.SeverityError, Position: at, Code: source.CodeSyntax, Detail: "this isn't XML: " + strings.TrimPrefix(err.Error(), "XML syntax error ")}
		case len(keys) > maxKeys:
			return nil, &source.Diagnostic{Severity: source.SeverityError, Position: at, Code: source.CodeLimitExceeded, Detail: fmt.Sprintf("a metabase has at most %d keys", maxKeys)}
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		text := data[begin:d.InputOffset()]
		at.Line = lines.at(begin + int64(max(0, bytes.IndexByte(text, '<'))))
		switch attrs := attributes(start, text, begin, name, lines); {
		case start.Name.Local == "Custom" && len(keys) > 0:
			k := &keys[len(keys)-1]
			k.set(attrs["Name"].text, value{attrs["Value"].text, at})
		case attrs["Location"].text != "":
			k := key{kind: start.Name.Local, location: attrs["Location"].text, at: at, values: map[string]value{}}
			for _, a := range start.Attr {
				if a.Name.Local != "Location" {
					k.set(a.Name.Local, attrs[a.Name.Local])
				}
			}
			keys = append(keys, k)
		}
	}
}

func (k *key) set(name string, v value) {
	if _, known := k.values[name]; !known {
		k.order = append(k.order, name)
	}
	k.values[name] = v
}

// attributes returns the attributes of an element, whose text begins at an offset, with their
// lines.
func attributes(e xml.StartElement, text []byte, begin int64, file string, lines lineStarts) map[string]value {
	out := map[string]value{}
	places := map[string]int{}
	for _, m := range attributeName.FindAllSubmatchIndex(text, -1) {
		places[string(text[m[2]:m[3]])] = m[2]
	}
	for _, a := range e.Attr {
		out[a.Name.Local] = value{a.Value, source.Position{File: file, Line: lines.at(begin + int64(places[a.Name.Local]))}}
	}
	return out
}

var attributeName = regexp.MustCompile(`\s([A-Za-z_][\w.-]*)\s*=\s*(?:"[^"]*"|'[^']*')`)

// lineStarts has the offsets at which lines begin.
type lineStarts []int64

func lineIndex(data []byte) lineStarts {
	starts := lineStarts{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, int64(i+1))
		}
	}
	return starts
}

// at returns the number of the line that has an offset.
func (l lineStarts) at(offset int64) int {
	low, high := 0, len(l)
	for high-low > 1 {
		if middle := (low + high) / 2; l[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	return low + 1
}

// sort finds the keys of the SMTP service, and accounts for the others: once for each kind.
func (r *reader) sort(keys []key) {
	others := map[string]bool{}
	for _, k := range keys {
		location := strings.ToLower(k.location)
		rest, smtp := strings.CutPrefix(location, "/lm/smtpsvc")
		parts := strings.Split(strings.Trim(rest, "/"), "/")
		switch {
		case smtp && rest == "" && k.kind == "IIsSmtpService":
			r.service = k
		case smtp && k.kind == "IIsSmtpServer" && len(r.servers) < maxServers:
			r.servers = append(r.servers, k)
		case smtp && k.kind == "IIsSmtpDomain" && len(parts) == 3 && parts[1] == "domain":
			r.domains = append(r.domains, k)
		case smtp && !others[k.kind]:
			others[k.kind] = true
			r.WithoutMeaning(k.at, k.kind, "it has nothing that a policy needs")
		case !smtp && !others[k.kind]:
			others[k.kind] = true
			r.WithoutMeaning(k.at, k.kind, "it isn't of the SMTP service")
		}
	}
}

// server is a virtual server, which inherits the properties of the service.
type server struct {
	*reader
	key
}

// find returns a property; its position is zero if the metabase lacks it.
func (s *server) find(name string) value {
	if v, ok := s.values[name]; ok {
		return v
	}
	return s.service.values[name]
}

func (s *server) get(name string) string { return strings.TrimSpace(s.find(name).text) }
func (s *server) given(name string) bool { return s.find(name).at.File != "" }

// list returns the elements of a property with several.
func (s *server) list(name string) []string {
	all := strings.Fields(s.get(name))
	return all[:min(len(all), maxElements)]
}

// yes reports whether a property is on.
func (s *server) yes(name string) bool {
	text := s.get(name)
	return strings.EqualFold(text, "true") || text != "" && text != "0" && !strings.EqualFold(text, "false")
}

func (s *server) taken(name, as string) { s.Taken(s.find(name).at, name, as) }

func (s *server) notPossible(name, why, fix string) { s.NotPossible(s.find(name).at, name, why, fix) }
