package tally

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

var ann = AccountOf("smtp.office365.com", 587, "Ann@contoso.com")

// tallied returns tallies of ann, who has sent to a number of recipients an hour ago and now.
func tallied(now time.Time, recipients int) map[Account]Tally {
	t := New()
	t.Add(recipients, now.Add(-time.Hour))
	t.Add(recipients, now)
	return map[Account]Tally{ann: t}
}

// TestAccounts: host, port and user make an account, whatever their letter case.
func TestAccounts(t *testing.T) {
	if AccountOf("SMTP.office365.com", 587, "ann@contoso.com") != ann {
		t.Error("letter case makes a difference")
	}
	seen := map[Account]bool{ann: true}
	for _, other := range []Account{
		AccountOf("smtp.office365.com", 25, "ann@contoso.com"), AccountOf("smtp.office365.com", 587, ""),
		AccountOf("smtp.gmail.com", 587, "ann@contoso.com"), AccountOf("smtp.gmail.com", 58, "7ann@contoso.com"),
	} {
		if seen[other] {
			t.Errorf("%x stands for two accounts", other)
		}
		seen[other] = true
	}
}

// TestText: a text keeps what counts, and no names.
func TestText(t *testing.T) {
	before := tallied(start, 20)
	text := string(Format(before, start))
	want := fmt.Sprintf("smart host counts 1\n%[1]x messages 2026-11-29T00:00:00Z 1\n%[1]x recipients 2026-11-29T00:00:00Z 20 20\nend\n", ann)
	if text != want {
		t.Errorf("the text is %q, want %q", text, want)
	}
	after, err := Parse(text)
	if err != nil || !maps.Equal(after, before) {
		t.Errorf("read again: %v, %v", after, err)
	}
	for _, at := range []struct {
		now  time.Time
		want int
	}{{start, 40}, {start.Add(23*time.Hour + time.Minute), 40}, {start.Add(24*time.Hour + time.Minute), 20}, {start.Add(26 * time.Hour), 0}, {start.Add(-1000 * time.Hour), 40}} {
		tally := after[ann]
		if n := tally.Recipients.Sum(at.now); n != at.want {
			t.Errorf("at %v %d recipients count, want %d", at.now, n, at.want)
		}
	}
}

// TestTextIsBounded: of too many accounts, a text has those with the most recipients.
func TestTextIsBounded(t *testing.T) {
	all := make(map[Account]Tally)
	for i := range MaxAccounts + 10 {
		tally := New()
		tally.Add(1, start)
		all[AccountOf("smtp.example.com", i, "")] = tally
	}
	maps.Copy(all, tallied(start, 2))
	text := Format(all, start)
	kept, err := Parse(string(text))
	if _, ok := kept[ann]; !ok || len(kept) != MaxAccounts || len(text) > MaxText || err != nil {
		t.Errorf("%d bytes, %d accounts, with the one of most recipients: %v, %v", len(text), len(kept), ok, err)
	}
}

// TestDamagedText: what Format doesn't write isn't read.
func TestDamagedText(t *testing.T) {
	good := string(Format(tallied(start, 20), start))
	lines := strings.SplitAfter(good, "\n")
	for name, text := range map[string]string{
		"empty":         "",
		"cut off":       good[:len(good)/2],
		"no end":        strings.TrimSuffix(good, end),
		"other version": strings.Replace(good, " 1\n", " 2\n", 1),
		"twice":         title + lines[1] + lines[1] + end,
		"no counts":     title + lines[1][:len(lines[1])-3] + "\n" + end,
		"zero":          strings.Replace(good, " 20 20", " 0", 1),
		"negative":      strings.Replace(good, " 20 20", " 20 -20", 1),
		"too large":     strings.Replace(good, " 20 20", " 20 2147483648", 1),
		"too many":      strings.Replace(good, " 20 20", strings.Repeat(" 1", parts+2), 1),
		"other time":    strings.Replace(good, "00:00Z 20", "00:01Z 20", 1),
		"no time":       strings.Replace(good, "2026-11-29T", "9999-11-29T", 2),
		"other kind":    strings.Replace(good, "recipients", "connections", 1),
		"no account":    strings.Replace(good, lines[1][:2], "x0", 1),
		"short account": strings.Replace(good, lines[1][:2], "", 1),
		"NUL":           title + strings.Repeat("\x00", 100) + "\n" + end,
	} {
		if tallies, err := Parse(text); err == nil {
			t.Errorf("%s: %v", name, tallies)
		}
	}
}

// FuzzParse: what is read is written as it was, and counts for no longer than a day and an hour.
func FuzzParse(f *testing.F) {
	f.Add(string(Format(nil, start)))
	f.Add(string(Format(tallied(start, 20), start)))
	f.Add(string(Format(tallied(start.Add(1000*time.Hour), 1), start.Add(1000*time.Hour))))
	f.Fuzz(func(t *testing.T, text string) {
		tallies, err := Parse(text)
		if err != nil {
			return
		}
		for _, tally := range tallies {
			for _, w := range []*Window{&tally.Messages, &tally.Recipients} {
				if wait := w.Next(start, 1, 1).Sub(start); wait > w.length+w.length/parts || wait < 0 {
					t.Errorf("%q makes mail wait for %v", text, wait)
				}
			}
		}
		formatted := string(Format(tallies, start))
		if again, err := Parse(formatted); err != nil || len(again) > len(tallies) {
			t.Errorf("%q is written as %q: %v", text, formatted, err)
		}
	})
}
