package policygen

import (
	"math/rand/v2"
	"os"
	"strconv"
)

// Seed returns the seed for what a test draws. It is the same each time, so that a test
// that has passed passes again, unless the environment variable INTERCHANGE_SEED gives
// another one, a number, or "new" for one that hasn't been used. Tests print it when
// they fail.
func Seed() uint64 {
	text := os.Getenv("INTERCHANGE_SEED")
	if text == "new" {
		return rand.Uint64()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 14
	}
	return n
}
