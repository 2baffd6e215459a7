package decoy_test

import (
	"fmt"
	"testing"

	"github.com/interchange-smtp/interchange/internal/decoy"
)

// TestIndex: names spread over all users, by a key that decides, and one more user moves a name by one
// place at most.
func TestIndex(t *testing.T) {
	const n = 10
	var names [n]int
	moved := 0
	for i := range 1000 {
		name := fmt.Sprint("user", i)
		at := decoy.Index([]byte("key"), name, n)
		if again := decoy.Index([]byte("key"), name, n); again != at {
			t.Fatalf("%s is %d, then %d", name, at, again)
		}
		if next := decoy.Index([]byte("key"), name, n+1); next != at && next != at+1 {
			t.Errorf("%s is %d of %d, and %d of %d", name, at, n, next, n+1)
		}
		if decoy.Index([]byte("another key"), name, n) != at {
			moved++
		}
		names[at]++
	}
	for at, count := range names {
		if count < 50 || count > 150 {
			t.Errorf("%d of 1000 names are %d", count, at)
		}
	}
	if moved < 800 {
		t.Errorf("another key moves %d of 1000 names", moved)
	}
	if at := decoy.Index([]byte("key"), "ann", 0); at != 0 {
		t.Errorf("without users: %d", at)
	}
}

func ExampleIndex() {
	users := []string{"ann", "bob", "carol"}
	key := []byte("a secret of the file")
	for _, unknown := range []string{"eve", "mallory"} {
		fmt.Println(unknown, "looks like", users[decoy.Index(key, unknown, len(users))])
	}
	// Output:
	// eve looks like bob
	// mallory looks like ann
}
