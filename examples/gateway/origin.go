package main

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// basisJSON is a parameter that a step rests on, with the place where it was set.
type basisJSON struct {
	Path   source.Path `json:"path"` // Receive["Relay"].MaxMessageSize
	Value  string      `json:"value,omitempty"`
	Source string      `json:"source"` // given, preset or default
	Usage  string      `json:"usage,omitempty"`
	File   string      `json:"file,omitempty"`
	Line   int         `json:"line,omitempty"`
	Setup  bool        `json:"setup,omitempty"` // given by no file: Exchange's setup makes it so

	origin string
}

// bases returns what a step rests on.
func (l *loaded) bases(step connector.Step) []basisJSON {
	var all []basisJSON
	for _, b := range step.Basis() {
		one := basisJSON{Path: b.Path, Value: b.Value, Source: b.Origin.String(), origin: b.OriginText()}
		switch b.Origin {
		case connector.OriginPreset:
			one.Usage = b.Usage.String()
		case connector.OriginGiven:
			l.place(&one)
		}
		all = append(all, one)
	}
	return all
}

// place finds where a parameter was set.
func (l *loaded) place(b *basisJSON) {
	at, _ := l.Origins.Find(b.Path)
	b.File, b.Line = at.File, at.Line
	switch {
	case b.File != "":
		b.origin = fmt.Sprintf("%s:%d", b.File, b.Line)
	case !strings.ContainsAny(string(b.Path), ".["):
		b.origin = "" // a list that has nothing of the kind
	case len(l.Files) == 0:
		b.origin = "the demonstration"
	default:
		b.Setup, b.origin = true, "setup"
	}
}

// String returns "path = value (origin)".
func (b basisJSON) String() string {
	text := string(b.Path)
	if b.Value != "" {
		text += " = " + b.Value
	}
	if b.origin != "" {
		text += " (" + b.origin + ")"
	}
	return text
}
