package mxpolicy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const policyText = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"

func TestParseSTS(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{policyText, "enforce mx.example.com,*.example.net 168h0m0s"},
		{strings.ReplaceAll(policyText, "\r\n", "\n"), "enforce mx.example.com,*.example.net 168h0m0s"},
		{"version:STSv1\nmode :testing\n mx: MX.Bücher.example. \nmax_age:0", "testing mx.xn--bcher-kva.example 0s"},
		{"version: STSv1\nmode: none\nmax_age: 86400", "none  24h0m0s"},
		{"version: STSv1\nmode: enforce\nmode: none\nversion: STSv9\nmx: a.example\nmax_age: 1\nmax_age: 2\nfuture: x: y\n\n", "enforce a.example 1s"},
		{"version: STSv1\nmode: enforce\nmx: mail_1.example\nmax_age: 99999999999999", "enforce mail_1.example 8766h0m0s"},
		{"", "there is no version"},
		{"mode: none\nmax_age: 1", "there is no version"},
		{"version: STSv2\nmode: none\nmax_age: 1", `the version is "STSv2"`},
		{"version: STSv1\nmx: a.example\nmax_age: 1", "there is no mode"},
		{"version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1", `the mode is "Enforce"`},
		{"version: STSv1\nmode: enforce\nmax_age: 1", "there is no mx"},
		{"version: STSv1\nmode: enforce\nmx: a.example", "there is no max_age"},
		{"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1", `max_age is "-1"`},
		{"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1d", `max_age is "1d"`},
		{"version: STSv1\nmode: enforce\nmx: *\nmax_age: 1", `mx is "*"`},
		{"version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 1", `mx is "a.*.example"`},
		{"version: STSv1\nmode: enforce\nmx: a..example\nmax_age: 1", `mx is "a..example"`},
		{"version: STSv1\nmode: enforce\nmx:\nmax_age: 1", `mx is ""`},
		{"version: STSv1\nmode: enforce\nmx: a\x1b[2J\x07.example\nmax_age: 1", `mx is "a\x1b[2J\a.example"`},
		{"version: STSv1\nmode: enforce\nmx: a\x00.example\nmax_age: 1", `mx is "a\x00.example"`},
		{"version: STSv1\nmode: enforce\nmx: a.example; mx=b.example\nmax_age: 1", `mx is "a.example; mx=b.example"`},
		{"version: STSv1\nmode: enforce\nmx: \"a.example\"\nmax_age: 1", `mx is "\"a.example\""`},
		{"<html>", "has no colon"},
	} {
		p, err := ParseSTS(tc.text)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%s %s %v", p.Mode, strings.Join(p.MX, ","), p.MaxAge)
		}
		if !strings.Contains(got, tc.want) {
			t.Errorf("%q: %s, want %s", tc.text, got, tc.want)
		}
	}
	if _, err := ParseSTS("version: STSv1\nmode: enforce\nmax_age: 1\n" + strings.Repeat("mx: a.example\n", maxMX+1)); err == nil {
		t.Error("any number of mx is read")
	}
}

// Which mail exchangers a policy names (RFC 8461, section 4.1).
func TestNames(t *testing.T) {
	p, err := ParseSTS("version: STSv1\nmode: enforce\nmx: mx.example.com\nmx: *.example.net\nmx: *.bücher.example\nmax_age: 1")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"mx.example.com": true, "MX.Example.COM.": true, "a.mx.example.com": false, "example.com": false,
		"a.example.net": true, "a.b.example.net": false, "example.net": false, "aexample.net": false,
		"mx.xn--bcher-kva.example": true, "mx.bücher.example": true, "": false, ".example.net": false,
	} {
		if got := p.Names(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}

func TestRecordID(t *testing.T) {
	for _, tc := range []struct {
		records []string
		want    string
	}{
		{[]string{"v=STSv1; id=20260101T000000;"}, "20260101T000000"},
		{[]string{"v=STSv1;id=a"}, "a"},
		{[]string{"v=STSv1 ; other=x ; id = b1 "}, "b1"},
		{[]string{"v=spf1 -all", "v=STSv1; id=a"}, "a"},
		{nil, ""},
		{[]string{"v=STSv1; id=a", "v=STSv1; id=b"}, ""},
		{[]string{"v=STSv1"}, ""},
		{[]string{"v=STSv1; id="}, ""},
		{[]string{"v=STSv1; id=a-b"}, ""},
		{[]string{"v=STSv1; id=" + strings.Repeat("a", 33)}, ""},
		{[]string{"v=STSv10; id=a"}, ""},
		{[]string{" v=STSv1; id=a"}, ""},
		{[]string{"id=a; v=STSv1"}, ""},
	} {
		if got := recordID(tc.records); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.records, got, tc.want)
		}
	}
}

// FuzzParseSTS: a policy that is read has what it needs and no text that could control a terminal, and is the
// same when it is written and read again.
func FuzzParseSTS(f *testing.F) {
	f.Add(policyText)
	f.Add("version: STSv1\nmode: testing\nmx: *.bücher.example\nmax_age: 99999999999")
	f.Add("version: STSv1\nmode: enforce\nmx: *.a\x1b[2J;\x07.example\nmax_age: 1")
	pattern := regexp.MustCompile(`^(\*\.)?[a-z0-9._-]+$`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseSTS(text)
		if err != nil {
			return
		}
		if p.MaxAge < 0 || p.MaxAge > 366*24*time.Hour || p.Mode != ModeNone && len(p.MX) == 0 {
			t.Fatalf("%q: %+v", text, p)
		}
		if slices.ContainsFunc(p.MX, func(mx string) bool { return !pattern.MatchString(mx) }) {
			t.Fatalf("%q: mx %q", text, p.MX)
		}
		again := fmt.Sprintf("version: STSv1\nmode: %s\nmax_age: %d\n", p.Mode, int64(p.MaxAge/time.Second))
		for _, mx := range p.MX {
			again += "mx: " + mx + "\n"
		}
		if q, err := ParseSTS(again); err != nil || fmt.Sprint(q) != fmt.Sprint(p) {
			t.Fatalf("%q: %v, again %v, %v", text, p, q, err)
		}
	})
}

// FuzzRecordID: an id is one, whatever the records are.
func FuzzRecordID(f *testing.F) {
	f.Add("v=STSv1; id=a;", "v=spf1")
	f.Fuzz(func(t *testing.T, a, b string) {
		if id := recordID([]string{a, b}); len(id) > 32 || strings.ContainsAny(id, " ;=") {
			t.Fatalf("%q, %q: %q", a, b, id)
		}
	})
}
