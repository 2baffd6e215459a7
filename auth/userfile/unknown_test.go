package userfile

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

const (
	cheapHash  = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA"
	otherHash  = "$argon2id$v=19$m=64,t=1,p=1$b3RoZXIgc2FsdHM$AAAAAAAAAAAAAAAAAAAAAA"
	someKeys   = "$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	manyRounds = " $scram-sha-256$i=65536" + someKeys
	fewRounds  = " $scram-sha-256$i=4096" + someKeys
)

func parsed(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("users", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// written returns the file as it is read again after WriteTo.
func written(t *testing.T, f *File) *File {
	t.Helper()
	var text strings.Builder
	if _, err := f.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), secretPrefix); n != 1 {
		t.Errorf("%d secrets", n)
	}
	return parsed(t, text.String())
}

// unknownKeys returns the keys of 400 unknown names.
func unknownKeys(t *testing.T, f *File) []auth.ScramKeys {
	t.Helper()
	var all []auth.ScramKeys
	for i := range 400 {
		k, _, err := f.ScramKeys(t.Context(), fmt.Sprintf("unknown%d", i), auth.Channel{})
		if !errors.Is(err, auth.ErrBadCredentials) {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	return all
}

// differing counts the names with another salt, and those with other iterations.
func differing(a, b []auth.ScramKeys) (salts, iterations int) {
	for i := range a {
		if string(a[i].Salt) != string(b[i].Salt) || a[i].StoredKey != b[i].StoredKey {
			salts++
		}
		if a[i].Iterations != b[i].Iterations {
			iterations++
		}
	}
	return salts, iterations
}

// TestUnknownSaltsStay: no change of the users changes the salts of unknown names, from the first
// one on, so that a client which asks before and after it can't find out who exists.
func TestUnknownSaltsStay(t *testing.T) {
	for name, f := range map[string]*File{
		"new":              parsed(t, ""),
		"of an editor":     parsed(t, "# ours\nann:"+cheapHash+manyRounds+"\nbob:"+otherHash+"\n"),
		"without password": parsed(t, "app:*\n"),
	} {
		if len(f.models) == 0 { // SCRAM isn't offered yet
			if err := f.Add("ann", "tea", nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		before := unknownKeys(t, f)
		for step, change := range []func() error{
			func() error { return f.SetPassword("ann", "milk") },
			func() error { return f.Add("carl", "tea", nil, nil) },
			func() error { return f.AddWithoutPassword("scanner", nil, nil) },
			func() error { return f.SetPassword("carl", "milk") },
			func() error { return f.Remove("ann") },
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			f = written(t, f)
			if salts, iterations := differing(before, unknownKeys(t, f)); salts+iterations > 0 {
				t.Errorf("%s, step %d: %d other salts, %d other iterations", name, step, salts, iterations)
			}
		}
	}
}

// TestUnknownSaltsOfAnEditedFile: without a stored secret the salts depend on the first password only,
// and two files have different ones.
func TestUnknownSaltsOfAnEditedFile(t *testing.T) {
	const ann, bob = "ann:" + cheapHash + manyRounds + "\n", "bob:" + otherHash + manyRounds + "\n"
	before := unknownKeys(t, parsed(t, ann))
	for text, want := range map[string]int{
		"# ours\n" + ann + bob:                      0,
		"app:*\n" + ann:                             0,
		strings.Replace(ann, "\n", ":Staff\r\n", 1): 0,
		bob + ann:                                          len(before),
		"ann:" + otherHash + manyRounds + "\n":             len(before),
		ann + secretPrefix + strings.Repeat("A", 43):       len(before),
		"# unknown-users: no secret\n" + ann + "#\n" + bob: 0,
	} {
		if salts, _ := differing(before, unknownKeys(t, parsed(t, text))); salts != want {
			t.Errorf("%q: %d other salts, want %d", text, salts, want)
		}
	}
}

// TestUnknownIterations: unknown names have the iterations of the users, as often as those, and a
// change of one user changes those of few names.
func TestUnknownIterations(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "user%d:%s%s\n", i, cheapHash, []string{manyRounds, manyRounds, manyRounds, fewRounds}[i%4])
	}
	f := parsed(t, text.String())
	before := unknownKeys(t, f)
	few := 0
	for _, k := range before {
		switch k.Iterations {
		case 4096:
			few++
		case 65536:
		default:
			t.Fatalf("%d iterations", k.Iterations)
		}
	}
	if few < 50 || few > 150 {
		t.Errorf("%d of 400 unknown names have the iterations of a quarter of the users", few)
	}
	if err := f.SetPassword("user39", "tea"); err != nil { // had 4096 iterations
		t.Fatal(err)
	}
	if salts, iterations := differing(before, unknownKeys(t, f)); salts > 0 || iterations > 30 {
		t.Errorf("after a change of one user %d unknown names have other salts, %d other iterations", salts, iterations)
	}
}

// TestUnknownSaltSizes: keys that were made elsewhere may have salts of another size, which unknown names have, too.
func TestUnknownSaltSizes(t *testing.T) {
	for _, size := range []int{minSalt, 28, maxSalt} {
		keys := strings.Replace(manyRounds, "c2FsdHNhbHRzYWx0c2FsdA", base64.RawStdEncoding.EncodeToString(make([]byte, size)), 1)
		for _, k := range unknownKeys(t, parsed(t, "ann:"+cheapHash+keys+"\n")) {
			if len(k.Salt) != size {
				t.Fatalf("salts of %d bytes, want %d", len(k.Salt), size)
			}
		}
	}
}

// TestSecretMistakes: a broken secret is a mistake of the file, which isn't quoted.
func TestSecretMistakes(t *testing.T) {
	right := secretPrefix + strings.Repeat("A", 43) + "\n"
	parsed(t, right+"# "+right)
	for text, want := range map[string]string{
		right + right:                                 "users:2: a second secret",
		secretPrefix + "\n":                           "users:1: broken secret",
		secretPrefix + "c2VjcmV0\n":                   "users:1: broken secret",
		"\n" + secretPrefix + strings.Repeat("B", 43): "users:2: broken secret", // stray bits
	} {
		_, err := Parse("users", strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
