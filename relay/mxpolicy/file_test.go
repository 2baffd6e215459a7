package mxpolicy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A File that can't be read is an error in the log, and is replaced.
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
		if !strings.Contains(o.log.String(), "level=ERROR") {
			t.Errorf("%s: the log is %q", name, o.log.String())
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if c, err := readFile(file); err != nil || len(c.Policies) != 1 || c.Policies[0].Domain != "example.com" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}
