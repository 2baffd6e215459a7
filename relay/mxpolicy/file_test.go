package mxpolicy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/event"
)

// A File that can't be read is reported once, and is replaced.
func TestSTSFile(t *testing.T) {
	for name, content := range map[string]string{
		"not JSON":        "{",
		"another version": `{"version": 2}`,
		"not a domain":    `{"version": 1, "policies": [{"domain": "../x", "mode": "enforce", "mx": ["a.example"]}]}`,
		"not a mode":      `{"version": 1, "policies": [{"domain": "example.com", "mode": "x", "mx": ["a.example"]}]}`,
		"not a host":      `{"version": 1, "policies": [{"domain": "example.com", "mode": "enforce", "mx": ["*"]}]}`,
		"not a length":    `{"version": 1, "policies": [{"domain": "example.com", "mode": "enforce", "mx": ["a.example"], "maxAge": -5}]}`,
	} {
		file := filepath.Join(t.TempDir(), "mta-sts.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		o := newOwner(t, "mta-sts.example.com")
		p := o.policies(file)
		if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
			t.Errorf("%s: %s", name, got)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		var unreadable []string
		close(o.events)
		for e := range o.events {
			if e.Kind == event.STSUnreadable {
				unreadable = append(unreadable, e.Err.Error())
			}
		}
		if len(unreadable) != 1 || !strings.HasPrefix(unreadable[0], file+": ") {
			t.Errorf("%s: %q", name, unreadable)
		}
		if c, err := readFile(file); err != nil || len(c.Policies) != 1 || c.Policies[0].Domain != "example.com" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// A File that can't be written is reported, and what it should have is used still.
func TestSTSNotStored(t *testing.T) {
	o := newOwner(t, "mta-sts.example.com")
	p := o.policies(filepath.Join(t.TempDir(), "absent", "mta-sts.json"))
	p.starting.Do(p.start)
	p.file.After = 0 // instead of saveAfter
	if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
		t.Error(got)
	}
	o.next(event.STSFetched)
	if e := o.next(event.STSNotStored); !strings.Contains(e.Err.Error(), "absent") {
		t.Errorf("%+v", e)
	}
	if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
		t.Error(got)
	}
}
