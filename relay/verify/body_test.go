package verify_test

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/verify"
)

// blankLines is how many blank lines in a row a body may have.
const blankLines = 10000

// falsely returns a message with eight false signatures of a canonicalization.
func falsely(canonicalization, body string) string {
	signature := "DKIM-Signature: v=1; a=ed25519-sha256; c=" + canonicalization + "; d=example.com; s=s; h=from; bh=AAAA; b=AAAA\r\n"
	return strings.Repeat(signature, 8) + "From: kim@example.com\r\n\r\n" + body
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHeavyBodyAttack: blank lines, which package dkim keeps and copies, cost no more than others.
func TestHeavyBodyAttack(t *testing.T) {
	const size = 4 << 20
	fill := func(part string) string { return strings.Repeat(part, size/len(part)) }
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + ed25519Key(t).record)}
	for name, tt := range map[string]struct {
		body, want string
		most       uint64 // bytes allocated
	}{
		"empty lines at the end":        {fill("\r\n"), "permerror", size},
		"empty lines in the middle":     {"x" + fill("\r\n") + "x\r\n", "permerror", size},
		"lines of blanks":               {fill(" \t\r\n"), "permerror", size},
		"lines of blanks in the middle": {"x" + fill("\r\n \r\n") + "x\r\n", "permerror", size},
		"line feeds":                    {"x" + fill("\n") + "x", "permerror", size},
		"carriage returns":              {"x" + fill("\r") + "x", "permerror", size},
		"as many as are allowed":        {fill("x\r\n" + strings.Repeat("\r\n", blankLines)), "fail", 8 * 4 * size},
		"text":                          {fill("hello\r\n"), "fail", 8 * 4 * size},
	} {
		for _, canonicalization := range []string{"simple/simple", "relaxed/relaxed"} {
			m := parse(t, falsely(canonicalization, tt.body))
			var r verify.Result
			cost := allocated(func() { r = v.Check(context.Background(), sent("192.0.2.1", "x.example.org", ""), m) })
			for _, s := range r.DKIM {
				if s.Value != tt.want || len(r.DKIM) != 8 {
					t.Errorf("%s, %s: %+v, want %s", name, canonicalization, s, tt.want)
				}
			}
			if cost > tt.most {
				t.Errorf("%s, %s: %d bytes were allocated, want at most %d", name, canonicalization, cost, tt.most)
			}
		}
	}
}

// TestBlankLines: signatures of bodies with as many blank lines as are allowed pass, and those of bodies with more
// have a result that says why they aren't checked.
func TestBlankLines(t *testing.T) {
	k := ed25519Key(t)
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + k.record)}
	for name, body := range map[string]func(lines int) string{
		"at the end":    func(lines int) string { return "x\r\n" + strings.Repeat("\r\n", lines) },
		"in the middle": func(lines int) string { return "x\r\n" + strings.Repeat("\r\n", lines) + "y\r\n" },
		"nothing else":  func(lines int) string { return strings.Repeat("\r\n", lines) },
		"with blanks":   func(lines int) string { return "x\r\n" + strings.Repeat(" \t\r\n", lines) + "y\r\n" },
	} {
		for lines, want := range map[int]string{blankLines: "pass", blankLines + 1: "permerror"} {
			for _, c := range []dkim.Canonicalization{dkim.CanonicalizationSimple, dkim.CanonicalizationRelaxed} {
				text := k.sign(t, "example.com", "From: kim@example.com\r\n\r\n"+body(lines), func(o *dkim.SignOptions) { o.BodyCanonicalization = c })
				s := v.Check(context.Background(), sent("192.0.2.1", "x.example.org", ""), parse(t, text)).DKIM[0]
				if s.Value != want || want != "pass" && !strings.Contains(s.Err.Error(), "10000 blank lines") {
					t.Errorf("%d lines %s, %s: %+v, want %s", lines, name, c, s, want)
				}
			}
		}
	}
}

// source is a message that is read where it is. It notes where, and calls read each time.
type source struct {
	*bytes.Reader
	mu   sync.Mutex
	at   []int64
	read func()
}

func (s *source) ReadAt(p []byte, at int64) (int, error) {
	s.mu.Lock()
	s.at = append(s.at, at)
	s.mu.Unlock()
	s.read()
	return s.Reader.ReadAt(p, at)
}

// message returns a message of text. Each read of its body calls read.
func (s *source) message(t *testing.T, text string, read func()) *message.Message {
	s.Reader, s.read = bytes.NewReader([]byte(text)), func() {}
	m, err := new(message.Pool).Read(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	s.at, s.read = nil, read
	return m
}

// TestOneBodyAtATime: the signatures of a message are checked one after the other, so that a message with eight
// of them has no more memory and processors than another.
func TestOneBodyAtATime(t *testing.T) {
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + ed25519Key(t).record)}
	var s source
	m := s.message(t, falsely("simple", strings.Repeat("hello\r\n", 100000)), runtime.Gosched)
	v.Check(context.Background(), sent("192.0.2.1", "x.example.org", ""), m)
	begun := 0
	for i, at := range s.at {
		if i == 0 || at < s.at[i-1] {
			begun++
		}
	}
	if begun != 8 {
		t.Errorf("of 8 bodies %d were begun, or went on behind others: %d reads", begun, len(s.at))
	}
}

// TestSlowBodyAttack: reading the body ends with the time for the check.
func TestSlowBodyAttack(t *testing.T) {
	k := ed25519Key(t)
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + k.record)}
	ctx, cancel := context.WithCancel(context.Background())
	var s source
	m := s.message(t, k.sign(t, "example.com", mail+strings.Repeat("hello\r\n", 100000)), cancel)
	r := v.Check(ctx, sent("192.0.2.1", "x.example.org", ""), m)
	if len(r.DKIM) != 1 || r.DKIM[0].Value != "temperror" || len(s.at) != 1 {
		t.Errorf("after %d reads: %+v", len(s.at), r.DKIM)
	}
}
