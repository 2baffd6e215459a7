package smtpclient_test

import (
	"bufio"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// FuzzRememberedReplies holds replies that may be remembered ones against
// those that are made anew each time, however the octets come in.
func FuzzRememberedReplies(f *testing.F) {
	f.Add("250 ok\r\n", uint8(3))                      // the same again
	f.Add("250 ok\r\n250 okay\r\n", uint8(2))          // one begins like the other
	f.Add("250-a\r\n250 ok\r\n250 ok\r\n", uint8(2))   // the last line of several is a reply of its own
	f.Add("250 2.1.0 ok\r\n250 ok", uint8(2))          // an end without CRLF
	f.Add("354\r\n550 5.1.1 no\r\n99 x\r\n", uint8(2)) // malformed
	f.Fuzz(func(t *testing.T, wire string, times uint8) {
		wire = strings.Repeat(wire, int(times%8)+1)
		plain := bufio.NewReader(strings.NewReader(wire))
		for name, br := range map[string]*bufio.Reader{
			"whole":  bufio.NewReader(strings.NewReader(wire)),
			"single": bufio.NewReader(iotest.OneByteReader(strings.NewReader(wire))),
		} {
			plain.Reset(strings.NewReader(wire))
			read := smtpclient.Rereader()
			for n := 0; ; n++ {
				stage := smtpclient.StageMail
				if n%3 == 1 {
					stage = smtpclient.StageRcpt
				}
				want, wantErr := smtpclient.ReadReply(plain)
				got, err := read(stage, br)
				if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("%s: reply %d of %q: %v, %v; want %v, %v", name, n, wire, got, err, want, wantErr)
				}
				if err != nil {
					break
				}
			}
		}
	})
}
