package withhold

import (
	"encoding/base64"
	"testing"
)

func TestRepeats(t *testing.T) {
	const short, long = "s3cret+1", "0123456789abcdefghijklmnopqrstuvwxyz"
	for _, tc := range []struct {
		text, secret string
		want         bool
	}{
		{"it is s3cret+1", short, true},
		{"it is S3CRET+1", short, true},
		{"client_secret=s3cret%2B1&x=y", short, true},
		{"it is " + base64.StdEncoding.EncodeToString([]byte("user:"+short)), short, true},
		{"it is another", short, false},
		{"cut: " + long[3:30], long, true},
		{"cut: " + long[3:20], long, false},
		{"anything", "", false},
	} {
		if got := Repeats(tc.text, tc.secret); got != tc.want {
			t.Errorf("%q, %q: %t", tc.text, tc.secret, got)
		}
	}
}
