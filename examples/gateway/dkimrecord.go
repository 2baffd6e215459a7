package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// The states of a key.
const (
	keySigns    = "signs now"
	keyWaits    = "signs later"
	keyReplaced = "was replaced"
)

// keyRecord is a key with what DNS has for it.
type keyRecord struct {
	Name      string    `json:"name"`
	Algorithm string    `json:"algorithm"`
	Bits      int       `json:"bits,omitempty"` // of RSA
	State     string    `json:"state"`
	From      time.Time `json:"from,omitzero"`
	Record    string    `json:"record"`            // that should be published
	Problem   string    `json:"problem,omitempty"` // with the one that is

	zone string
}

// checkRecords looks up the records of the keys of domains. Those of keys that were replaced aren't needed.
func checkRecords(ctx context.Context, r mxpolicy.TXTResolver, d *sign.Directory, domains []routing.Domain, now time.Time) []keyRecord {
	all := []keyRecord{} // in JSON a list, not null
	for _, domain := range domains {
		keys, err := d.Keys(ctx, domain)
		if err == nil && len(keys) == 0 {
			all = append(all, keyRecord{Name: domain.String(), Problem: "the directory has no keys of this domain"})
		}
		signing := sign.Signing(keys, now)
		for _, k := range keys {
			one := keyRecord{Name: k.Name(), Algorithm: k.Algorithm(), Bits: k.Bits(), State: keyReplaced, From: k.From, Record: k.Record(), zone: k.Zone()}
			switch {
			case k.From.After(now):
				one.State = keyWaits
			case slices.ContainsFunc(signing, func(s sign.Key) bool { return s.Selector == k.Selector }):
				one.State = keySigns
			}
			if one.State != keyReplaced {
				one.Problem = published(ctx, r, k)
			}
			all = append(all, one)
		}
	}
	return all
}

// published says why receivers would not accept the signatures of k; "" if they would.
func published(ctx context.Context, r mxpolicy.TXTResolver, k sign.Key) string {
	records, err := r.LookupTXT(ctx, k.Name()+".")
	if e := new(net.DNSError); errors.As(err, &e) && e.IsNotFound {
		records, err = nil, nil
	}
	if err != nil {
		return "the record can't be looked up: " + err.Error()
	}
	if err := k.Check(records); err != nil {
		return err.Error()
	}
	return ""
}

// printRecords prints the keys and their records, and returns the exit code: exitNo if one doesn't fit.
func (c *cli) printRecords(f *dkimFlags, unusable source.Diagnostics, all []keyRecord) int {
	bad := len(unusable) > 0 || slices.ContainsFunc(all, func(k keyRecord) bool { return k.Problem != "" })
	if f.json {
		c.printJSON(struct {
			Keys   []keyRecord        `json:"keys"`
			Errors source.Diagnostics `json:"errors,omitempty"`
		}{all, unusable})
	} else {
		for _, k := range all {
			fmt.Fprintln(c.stdout, k)
		}
		for _, d := range unusable {
			fmt.Fprintf(c.stdout, "%s: %s\n", d.Severity, d.Summary())
		}
	}
	if bad {
		return exitNo
	}
	return exitOK
}

// String says what the key is and whether its record fits.
func (k keyRecord) String() string {
	if k.State == "" {
		return k.Name + ": " + k.Problem
	}
	kind := k.Algorithm
	if k.Bits > 0 {
		kind += fmt.Sprintf(" of %d bits", k.Bits)
	}
	state := k.State
	if state == keyWaits {
		state = "signs from " + k.From.UTC().Format(time.RFC3339)
	}
	text := fmt.Sprintf("%s (%s, %s): ", k.Name, kind, state)
	switch {
	case k.State == keyReplaced:
		return text + "remove the key and its record a week after the other has begun"
	case k.Problem == "":
		return text + "the published record fits"
	}
	return text + k.Problem + "\n  publish " + k.zone
}
