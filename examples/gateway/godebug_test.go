package main

import (
	"strings"
	"testing"
)

func TestGodebug(t *testing.T) {
	for set, want := range map[string]string{
		"": "", "http2debug=1": "", "tls10server=0": "", "tls10server=1,tls10server=0": "",
		"tlsrsakex=1, tls10server=1": "GODEBUG in the environment has tls10server=1,tlsrsakex=1, which weakens TLS",
	} {
		t.Setenv("GODEBUG", set)
		found := godebug()
		if want == "" && len(found) > 0 || want != "" && (len(found) != 1 || !strings.HasPrefix(found[0].Detail, want)) {
			t.Errorf("%q: %v", set, found)
		}
	}
}
