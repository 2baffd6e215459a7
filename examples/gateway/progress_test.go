package main

import (
	"bytes"
	"strings"
	"testing"
)

// The bar shows how far the logs are read, and goes away.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	bar := &progress{statusLine: &statusLine{out: &out}, total: 4}
	r := bar.reader(strings.NewReader("abcd"))
	for _, want := range []string{"[####################                    ]  50%", "[########################################] 100%"} {
		if _, err := r.Read(make([]byte, 2)); err != nil {
			t.Fatal(err)
		}
		bar.draw()
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
	bar.clear()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("the bar stays: %q", out.String())
	}
	out.Reset()
	if newProgress(&out, nil).draw(); out.Len() > 0 {
		t.Error("a bar is drawn where there is no terminal")
	}
}
