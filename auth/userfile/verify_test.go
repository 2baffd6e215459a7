package userfile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/interchange-smtp/interchange/auth"
)

// mixed returns a file whose users' hashes differ in kind and cost.
func mixed(t *testing.T) *File {
	t.Helper()
	var text strings.Builder
	for i := range 40 {
		hash := fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA", 64<<(i%3))
		if i%4 == 0 {
			b, err := bcrypt.GenerateFromPassword([]byte("tea"), bcrypt.MinCost)
			if err != nil {
				t.Fatal(err)
			}
			hash = string(b)
		}
		fmt.Fprintf(&text, "user%d:%s\n", i, hash)
	}
	f, err := Parse("users", strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// attempt verifies name with a wrong password and returns the hashes that were
// computed for it.
func attempt(t *testing.T, f *File, c auth.Credentials) []*hash {
	t.Helper()
	var seen []*hash
	f.checker.compare = func(h *hash, _ string) bool {
		seen = append(seen, h)
		return false
	}
	if _, err := f.Verify(t.Context(), c, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("%q: %v", c.Username, err)
	}
	return seen
}

// Every attempt costs exactly one hash, of a kind and cost that users have; an
// unknown name costs the same each time and after loading the file again, and
// unknown names together show the file's mixture.
func TestUnknownUsersTakeTheSameWork(t *testing.T) {
	f, again := mixed(t), mixed(t)
	known := make(map[*hash]bool)
	for _, e := range f.users {
		known[e.hash] = true
		if seen := attempt(t, f, auth.Credentials{Username: e.user.Name}); len(seen) != 1 || seen[0] != e.hash {
			t.Errorf("%s: computed %d hashes", e.user.Name, len(seen))
		}
	}
	picked := make(map[*hash]bool)
	for i := range 400 {
		name := fmt.Sprintf("nobody%d", i)
		first := attempt(t, f, auth.Credentials{Username: name})
		second := attempt(t, f, auth.Credentials{Username: strings.ToUpper(name), AuthzID: "x"})
		if len(first) != 1 || len(second) != 1 || first[0] != second[0] || !known[first[0]] {
			t.Fatalf("%s: computed %d, then %d hashes", name, len(first), len(second))
		}
		picked[first[0]] = true
	}
	if len(picked) < len(known)*3/4 {
		t.Errorf("400 unknown names were checked as only %d of %d users", len(picked), len(known))
	}
	// The bcrypt salts differ between f and again, so the secret does too: what
	// an attacker learnt of one file says nothing about another.
	if f.secret == again.secret {
		t.Error("two files pick alike")
	}
}

// A right password for an unknown name, that of the user it is checked as,
// opens nothing.
func TestUnknownUserWithRightPassword(t *testing.T) {
	f := mixed(t)
	f.checker.compare = func(*hash, string) bool { return true }
	for i := range 100 {
		c := auth.Credentials{Username: fmt.Sprintf("nobody%d", i), Password: "tea"}
		if id, err := f.Verify(t.Context(), c, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) || !id.IsZero() {
			t.Fatalf("unknown user became %v, %v", id, err)
		}
	}
}

func TestEmptyFileTakesTheWorkOfANewHash(t *testing.T) {
	f, err := Parse("users", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	seen := attempt(t, f, auth.Credentials{Username: "ann"})
	want := argonParams{newMemory, newPasses, newLanes}
	if len(seen) != 1 || seen[0].argon != want {
		t.Errorf("computed %v", seen)
	}
	f.checker.compare = nil
	if _, err := f.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "x"}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

// A flood of logins: running checks never take more than their room together,
// and a check that waits fails when its context ends, without saying no.
func TestVerifyBoundsMemory(t *testing.T) {
	const text = "big:$argon2id$v=19$m=40960,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA\n"
	f, err := Parse("users", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	entered, leave := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	var now, most int64
	f.checker.compare = func(h *hash, _ string) bool {
		mu.Lock()
		now += h.memory()
		most = max(most, now)
		mu.Unlock()
		entered <- struct{}{}
		<-leave
		mu.Lock()
		now -= h.memory()
		mu.Unlock()
		return false
	}
	const flood = 20
	var wg sync.WaitGroup
	for i := range flood {
		wg.Go(func() {
			c := auth.Credentials{Username: []string{"big", "nobody"}[i%2]}
			if _, err := f.Verify(context.Background(), c, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
				t.Error(err)
			}
		})
	}
	<-entered // one check is running, the others run or wait
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Verify(ctx, auth.Credentials{Username: "big"}, auth.Channel{}); !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("with an ended context: %v", err)
	}
	for range flood - 1 {
		leave <- struct{}{}
		<-entered
	}
	leave <- struct{}{}
	wg.Wait()
	if most > checkMemory || most == 0 {
		t.Errorf("running checks took %d bytes", most)
	}
}

// Users come and go while others log on; for the race detector.
func TestVerifyWhileEditing(t *testing.T) {
	f := mixed(t)
	f.checker.compare = func(*hash, string) bool { return false }
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				_, err := f.Verify(context.Background(), auth.Credentials{Username: fmt.Sprintf("user%d", i)}, auth.Channel{})
				if !errors.Is(err, auth.ErrBadCredentials) {
					t.Error(err)
				}
			}
		})
	}
	for i := range 40 {
		if err := f.Remove(fmt.Sprintf("user%d", i)); err != nil {
			t.Error(err)
		}
		f.List()
	}
	wg.Wait()
}

// A vector of the Argon2 reference implementation: password, salt "somesalt",
// t=2, m=65536, p=1.
func TestArgonVector(t *testing.T) {
	h, err := parseHash("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	if err != nil {
		t.Fatal(err)
	}
	if !h.matches("password") || h.matches("Password") {
		t.Error("the reference vector doesn't verify")
	}
}

func BenchmarkVerify(b *testing.B) {
	f, err := Parse("users", strings.NewReader("ann:"+newHash("tea")+"\n"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Verify(b.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err != nil {
			b.Fatal(err)
		}
	}
}
