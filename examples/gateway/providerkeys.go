package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/jwt"
)

// providerKeys has the keys of identity providers, which are kept over reloads: otherwise a reload while a
// provider is away would refuse all its tokens. The zero providerKeys works.
type providerKeys struct {
	client *http.Client           // fetches them; nil: as usual
	events []event.Reader         // get what is to be told about them
	kept   map[string]*jwt.KeySet // by where they are fetched
}

// of returns the keys for the tokens that a file of -tokens describes. Keys in a file are read each time. Those
// that are kept are fetched again in the background, unless the last time was minutes ago.
func (p *providerKeys) of(f *tokenFile, path string) (*jwt.KeySet, error) {
	var keys *jwt.KeySet
	var err error
	where := "Keys " + f.Keys
	switch {
	case f.Keys == "" && f.Issuer == "":
		return nil, errors.New("give the https URL of the provider's keys, or its Issuer")
	case f.Keys != "" && !strings.Contains(f.Keys, "://"):
		if keys, err = jwt.LoadKeys(source.Beside(path, f.Keys)); err == nil {
			keys.Events = p.events
		}
		return keys, err
	case f.Keys == "":
		where = "Issuer " + f.Issuer
		keys, err = jwt.KeysOf(f.Issuer, p.client)
	default:
		keys, err = jwt.KeysAt(f.Keys, p.client)
	}
	if err != nil {
		return nil, err
	}
	if kept := p.kept[where]; kept != nil {
		go func() { _ = kept.Refresh(context.Background()) }() // an error is an event
		return kept, nil
	}
	keys.Events = p.events
	if p.kept == nil {
		p.kept = make(map[string]*jwt.KeySet)
	}
	p.kept[where] = keys
	return keys, nil
}
