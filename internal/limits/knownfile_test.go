package limits

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// kept returns Guesses that keep a file, and the errors of reading and writing it.
func kept(file string) (*Guesses, *[]error) {
	var errs []error
	g := new(Guesses)
	failed := func(err error) { errs = append(errs, err) }
	if err := g.Keep(file, failed); err != nil {
		failed(err)
	}
	return g, &errs
}

// TestRestartUnderAttack: where a user has logged on before a restart, guesses from ten thousand other
// sources don't keep the user out.
func TestRestartUnderAttack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "known-sources")
		g, errs := kept(file)
		g.guessed(office, "Ann", nil)
		g.guessed(home, "bob", nil)
		g.Close()
		time.Sleep(89 * day)
		g, more := kept(file)
		for n := range 10_000 {
			g.guessed(bot(n), "ann", auth.ErrBadCredentials)
		}
		if g.guessed(home, "ann", nil) {
			t.Error("the limit for guesses doesn't hold")
		}
		if !g.guessed(office, "ann", nil) {
			t.Error("the user is kept out")
		}
		checked := 0
		for range 100 {
			if g.guessed(office, "ann", auth.ErrBadCredentials) {
				checked++
			}
		}
		if checked > guessBurst {
			t.Errorf("%d guesses from the known source were checked at once", checked)
		}
		if len(*errs)+len(*more) > 0 {
			t.Errorf("the file: %v, %v", *errs, *more)
		}
		time.Sleep(2 * day) // bob's 91st day
		g.Close()
		if g, _ = kept(file); g.known.find(home, "bob", time.Now()) != nil || g.known.find(office, "ann", time.Now()) == nil {
			t.Error("bob is known, or ann isn't")
		}
	})
}

// TestFileTellsNothing: the file is for its owner, and has neither names nor addresses.
func TestFileTellsNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known-sources")
	g, _ := kept(file)
	g.guessed(office, "ann", nil)
	g.Close()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if strings.Contains(string(text), "ann") || strings.Contains(string(text), office.String()) {
		t.Errorf("the file: %s", text)
	}
	other, _ := kept(filepath.Join(t.TempDir(), "other"))
	other.guessed(office, "ann", nil)
	if _, list, err := readKnown(file); err != nil || list[0].user == other.known.list(time.Now())[0].user {
		t.Errorf("two files have the same tag for a user: %v", err)
	}
}

// TestFileIsWrittenRarely: only a new source, or the first logon of a day, has the file written, a
// minute later.
func TestFileIsWrittenRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "known-sources")
		g, _ := kept(file)
		written := func() bool {
			time.Sleep(saveKnownAfter)
			synctest.Wait()
			err := os.Remove(file)
			return !errors.Is(err, fs.ErrNotExist)
		}
		for range 100 {
			g.guessed(office, "ann", nil)
		}
		if _, err := os.Stat(file); err == nil {
			t.Error("the file is written while a client waits")
		}
		if !written() {
			t.Error("the file isn't written")
		}
		for range 100 {
			g.guessed(office, "ann", nil)
			g.guessed(attacker, "ann", auth.ErrBadCredentials)
			g.guessed(home, "", nil)
		}
		if written() {
			t.Error("the file is written although nothing has changed")
		}
		time.Sleep(day)
		g.guessed(office, "ann", nil)
		if !written() {
			t.Error("the day isn't written")
		}
		g.Close()
		if written() {
			t.Error("Close writes a file that has all")
		}
		g.guessed(home, "ann", nil)
		if written() {
			t.Error("the file is written after Close")
		}
		g.Close()
		if !written() {
			t.Error("a second Close doesn't write what has changed after the first")
		}
	})
}

// TestDamagedFile: a file that can't be read is a warning, and is replaced.
func TestDamagedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known-sources")
	g, _ := kept(file)
	for n := range 100 {
		g.guessed(bot(n), fmt.Sprint("user", n), nil)
	}
	g.Close()
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(good), "\n")
	for name, text := range map[string]string{
		"empty":          "",
		"truncated":      string(good[:len(good)/2]),
		"without an end": strings.TrimSuffix(string(good), knownEnd),
		"without lines":  knownTitle + knownEnd,
		"other version":  "known sources 2\n" + strings.TrimPrefix(string(good), knownTitle),
		"no key":         strings.Replace(string(good), lines[1], lines[1][2:], 1),
		"no day":         strings.Replace(string(good), lines[2], lines[2][:len(lines[2])-3]+"99\n", 1),
		"no tag":         strings.Replace(string(good), lines[2], "x"+lines[2][1:], 1),
		"no lines":       "known sources 1\n" + strings.Repeat("\x00", 1000),
		"too large":      string(good) + strings.Repeat(lines[2], maxKnown),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		g, errs := kept(file)
		if len(*errs) != 1 || !strings.Contains((*errs)[0].Error(), "known-sources: ") {
			t.Errorf("%s: the errors are %v", name, *errs)
		}
		if !g.guessed(office, "ann", nil) || len(g.known.users) != 1 {
			t.Errorf("%s: %d users are known", name, len(g.known.users))
		}
		g.Close()
		if _, list, err := readKnown(file); err != nil || len(list) != 1 {
			t.Errorf("%s: the file isn't replaced: %v", name, err)
		}
	}
}

// TestUnwritableFile: log-ons go on if the file can't be written, and it is written later.
func TestUnwritableFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "absent", "known-sources")
	g, errs := kept(file)
	if !g.guessed(office, "ann", nil) || len(*errs) > 0 {
		t.Errorf("the errors are %v", *errs)
	}
	g.Close()
	if len(*errs) != 1 || !strings.Contains((*errs)[0].Error(), "absent") {
		t.Errorf("the errors are %v", *errs)
	}
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	g.Close()
	if _, list, err := readKnown(file); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestFileIsBounded: memory and file stay within their bounds however many users log on, and the
// latest are kept.
func TestFileIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "known-sources")
		g, _ := kept(file)
		const users = guessKeys + 10
		for n := range users {
			for place := range knownPerUser + 1 {
				g.known.add(bot(place), fmt.Sprint(n), time.Now())
			}
			time.Sleep(time.Second)
		}
		g.file.Changed()
		g.Close()
		info, err := os.Stat(file)
		if err != nil || info.Size() > int64(maxKnownFile) {
			t.Fatalf("%v, %v", info, err)
		}
		g, errs := kept(file)
		if n := len(g.known.users); n > guessKeys || n < guessKeys/2 || len(*errs) > 0 {
			t.Errorf("%d users; %v", n, *errs)
		}
		if g.known.find(bot(knownPerUser), fmt.Sprint(users-1), time.Now()) == nil || g.known.find(bot(0), fmt.Sprint(users-1), time.Now()) != nil {
			t.Error("the latest source isn't known, or the oldest of more than 8 is")
		}
	})
}

// FuzzParseKnown: what is read is written and read again as the same.
func FuzzParseKnown(f *testing.F) {
	key := bytes.Repeat([]byte{7}, keySize)
	f.Add(string(formatKnown(key, nil)))
	f.Add(string(formatKnown(key, []keptSource{{user: tag{1}, source: tag{2}, day: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}})))
	f.Add(knownTitle + knownEnd)
	f.Fuzz(func(t *testing.T, text string) {
		key, list, err := parseKnown(text)
		if err != nil {
			return
		}
		formatted := formatKnown(key, list) // sorts the list
		key2, list2, err := parseKnown(string(formatted))
		if err != nil || !bytes.Equal(key, key2) || !slices.Equal(list, list2) {
			t.Errorf("%q is read again as %v, %v", text, list2, err)
		}
		new(knownSources).fill(key, list, time.Now())
	})
}
