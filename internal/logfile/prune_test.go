package logfile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestSurplus compares surplus with a slow twin, which removes one file after the other for as
// long as a rule is broken.
func TestSurplus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for range 20_000 {
		var files []file
		for i := range r.IntN(8) {
			hour := start.Add(time.Duration(r.IntN(5)) * time.Hour)
			files = append(files, file{name: fmt.Sprint(i), hour: hour, n: 1 + r.IntN(3), size: r.Int64N(4)})
		}
		slices.SortFunc(files, older)
		now := start.Add(time.Duration(r.IntN(20)) * time.Hour / 2)
		maxAge, maxTotal, writing := time.Duration(r.IntN(6))*time.Hour/2, r.Int64N(10), r.IntN(2) == 0
		got := files[surplus(files, now, maxAge, maxTotal, writing):]
		if want := twin(files, now, maxAge, maxTotal, writing); !slices.Equal(got, want) {
			t.Fatalf("of %v at %v with age %v, size %d, writing %v\n %v stay, want %v", files, now, maxAge, maxTotal, writing, got, want)
		}
	}
}

func twin(files []file, now time.Time, maxAge time.Duration, maxTotal int64, writing bool) []file {
	left := slices.Clone(files)
	for len(left) > 0 && !(writing && len(left) == 1) {
		oldest := 0
		var total int64
		for i, f := range left {
			total += f.size
			if older(f, left[oldest]) < 0 {
				oldest = i
			}
		}
		end := left[oldest].hour.Add(time.Hour)
		if !(maxAge != 0 && end.Add(maxAge).Before(now)) && !(maxTotal != 0 && total > maxTotal) {
			break
		}
		left = slices.Delete(left, oldest, oldest+1)
	}
	return left
}
