package envelope_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

func TestBodyType(t *testing.T) {
	for b, want := range map[envelope.BodyType]string{
		envelope.SevenBit: "7BIT", envelope.EightBitMIME: "8BITMIME", envelope.BinaryMIME: "BINARYMIME", 9: "7BIT",
	} {
		if b.String() != want {
			t.Errorf("%d: %q, want %q", b, b, want)
		}
		if got, ok := envelope.ParseBodyType(strings.ToLower(want)); b != 9 && (!ok || got != b) {
			t.Errorf("ParseBodyType(%q) = %v, %v", want, got, ok)
		}
	}
	if got, ok := envelope.ParseBodyType("9BIT"); ok || got != envelope.SevenBit {
		t.Errorf("ParseBodyType(9BIT) = %v, %v", got, ok)
	}
}

// TestBodyTypeNumbers holds the numbers that spools hold.
func TestBodyTypeNumbers(t *testing.T) {
	if envelope.SevenBit != 0 || envelope.EightBitMIME != 1 || envelope.BinaryMIME != 2 {
		t.Error("the numbers of body types have changed; spools hold them")
	}
}

func TestReturn(t *testing.T) {
	for s, want := range map[string]string{"FULL": "FULL", "hdrs": "HDRS", "ALL": "", "": ""} {
		if r, ok := envelope.ParseReturn(s); r.String() != want || ok != (want != "") {
			t.Errorf("ParseReturn(%q) = %q, %v", s, r, ok)
		}
	}
}

func TestNotify(t *testing.T) {
	for s, want := range map[string]string{
		"NEVER": "NEVER", "never": "NEVER", "SUCCESS": "SUCCESS", "delay,Failure,SUCCESS": "SUCCESS,FAILURE,DELAY", "DELAY,DELAY": "DELAY",
		"NEVER,DELAY": "", "DELAY,NEVER": "", "NEVER,NEVER": "", "": "", ",": "", "DELAY,": "", "SOMETIMES": "", " DELAY": "",
	} {
		if n, ok := envelope.ParseNotify(s); n.String() != want || ok != (want != "") {
			t.Errorf("ParseNotify(%q) = %q, %v, want %q", s, n, ok, want)
		}
	}
	n := envelope.NotifySuccess | envelope.NotifyDelay
	if !n.Has(envelope.NotifyDelay) || n.Has(envelope.NotifyFailure) || n.Has(0) || !n.Has(envelope.NotifyFailure|envelope.NotifySuccess) {
		t.Errorf("Has is wrong for %v", n)
	}
}

func TestEnvID(t *testing.T) {
	for s, want := range map[string]string{
		"a+2Bb": "a+2Bb", "a=b": "a+3Db", strings.Repeat("x", 100): strings.Repeat("x", 100), strings.Repeat("+41", 100): strings.Repeat("+41", 100),
		"": "", "a+0Ab": "", "+4": "", "+": "", "+2b": "", "a b": "", "ä": "", "a\r\nb": "", strings.Repeat("x", 101): "",
	} {
		if got, ok := envelope.ParseEnvID(s); got != want || ok != (want != "") {
			t.Errorf("ParseEnvID(%q) = %q, %v, want %q", s, got, ok, want)
		}
	}
}

func TestORcpt(t *testing.T) {
	for s, want := range map[string]string{
		"rfc822;b+2B1@example.net":              "rfc822;b+2B1@example.net",
		"x500;+2Fo=x":                           "x500;+2Fo+3Dx",
		`utf-8;\x{E4}@example.net`:              `utf-8;\x{E4}@example.net`,
		"UTF-8;用户@example.net":                  "UTF-8;用户@example.net",
		"rfc822;+E7+94+A8+E6+88+B7@example.net": "utf-8;用户@example.net",
		`rfc822;+E7+94+A8+2B1+3D\@example.net`:  `utf-8;用\x{2B}1\x{3D}\x{5C}@example.net`,
		"rfc822;" + strings.Repeat("x", 493):    "rfc822;" + strings.Repeat("x", 493),
		"rfc822;" + strings.Repeat("x", 494):    "",
		"b@example.net":                         "",
		";b@example.net":                        "",
		"rfc822;":                               "",
		"rfc 822;b@example.net":                 "",
		"rfc822;+0D+0A":                         "",
		"rfc822;+FF+FE@example.net":             "",
		"rfc822;+C2+85@example.net":             "",
		"x500;+E7+94+A8":                        "",
		"utf-8;a+b@example.net":                 "",
		"utf-8;a\xff@example.net":               "",
	} {
		if got, ok := envelope.ParseORcpt(s); ok != (want != "") || got != want {
			t.Errorf("ParseORcpt(%q) = %q, %v, want %q", s, got, ok, want)
		}
	}
}

func TestDecodeORcpt(t *testing.T) {
	for s, want := range map[string]string{
		"rfc822;b+2B1@example.net": "rfc822 b+1@example.net",
		`Utf-8;\x{E4}\x{1F600}ü@x`: "utf-8 ä\U0001F600ü@x",
		`utf-8;\x{D800}@x`:         "",
		`utf-8;\x{1}@x`:            "",
		`utf-8;\x{1000000}@x`:      "",
		`utf-8;\x41`:               "",
		`utf-8;\`:                  "",
		"utf-8;":                   "",
		"utf-8;\xff":               "",
		"rfc822;+4":                "",
		"b@example.net":            "",
		"rfc\r\n822;b@example.net": "",
	} {
		kind, address, ok := envelope.DecodeORcpt(s)
		if ok != (want != "") || ok && kind+" "+address != want {
			t.Errorf("DecodeORcpt(%q) = %q, %q, %v, want %q", s, kind, address, ok, want)
		}
	}
}

func TestAppendORcpt(t *testing.T) {
	for s, want := range map[string][2]string{ // for hosts without and with SMTPUTF8
		"rfc822;a+2Bb@x": {"rfc822;a+2Bb@x", "rfc822;a+2Bb@x"},
		"x500;a=b c\r\n": {"x500;a+3Db+20c+0D+0A", "x500;a+3Db+20c+0D+0A"},
		"utf-8;ü\x01+@x": {`utf-8;\x{FC}\x{01}\x{2B}@x`, `utf-8;ü\x{01}\x{2B}@x`},
	} {
		got := [2]string{string(envelope.AppendORcpt(nil, s, false)), string(envelope.AppendORcpt(nil, s, true))}
		if got != want {
			t.Errorf("AppendORcpt(%q): %q, want %q", s, got, want)
		}
	}
}
