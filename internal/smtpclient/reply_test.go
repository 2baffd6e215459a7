package smtpclient_test

import (
	"bufio"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// FuzzRememberedReplies holds replies that may be remembered ones against
// replies that are parsed each time, however the bytes come in.
func FuzzRememberedReplies(f *testing.F) {
	f.Add("250 ok\r\n", uint8(3))                       // the same again
	f.Add("250 ok\r\n250 okay\r\n", uint8(2))           // one begins like the other
	f.Add("250-a\r\n250 ok\r\n250 ok\r\n", uint8(2))    // the last line of several is a reply of its own
	f.Add("250 2.1.0 ok\r\n250 ok", uint8(2))           // an end without CRLF
	f.Add("354\r\n550 5.1.1 no\r\n99 x\r\n", uint8(2))  // malformed
	f.Add("571\t5.7.1 no\n550-a\nb\n551 c\n", uint8(2)) // odd, and understood
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

// TestReplies has what hops say that isn't as RFC 5321 has it. What can be read in
// one way only is read.
func TestReplies(t *testing.T) {
	long := strings.Repeat("a reason and ", 4000)
	for _, tc := range []struct {
		wire, want string // of the reply; "" is an error
	}{
		{"571 5.7.1 not you\r\n", "571 5.7.1 not you"},
		{"499 what\r\n", "499 what"},
		{"559 5.9.9\r\n", "559 5.9.9"},
		{"550\r\n", "550"},
		{"550 \r\n", "550"},
		{"250\tok\r\n", "250 ok"},
		{"250 ok\n", "250 ok"},
		{"250 ok\r\r\n", "250 ok"},
		{"550-5.1.1 no\n550 5.1.1 such user\n", "550 5.1.1 no such user"},
		{"550   5.1.1  no\r\n", "550 5.1.1 no"},
		{"550-sorry\r\n550 5.1.1 unknown\r\n", "550 5.1.1 sorry unknown"},
		{"550-5.7.1 see\r\nhttps://hop.example/why\r\n550 5.7.1 bye\r\n", "550 5.7.1 see https://hop.example/why bye"},
		{"550-no\r\n554 no\r\n", "554 no no"},
		{"450-4.2.0 later\r\n550 never\r\n", "550 later never"},
		{"250-ok\r\n550 no\r\n", "550 ok no"},
		{"220-hop\r\n250 ok\r\n", "250 hop ok"},
		{"550 4.2.2 full\r\n", "550 4.2.2 full"}, // of another class: text
		{"550 5.1 no\r\n", "550 5.1 no"},
		{"550 " + long + "\r\n", "550 " + long[:399]},
		{strings.Repeat("550-5.7.1 "+long[:70]+"\r\n", 5000) + "550 5.7.1 end\r\n", "550 5.7.1 a reason and"},
		{"550-no\r\n250 ok\r\n", ""}, // good news wants all lines to agree
		{"250-ok\r\n354 go\r\n", ""},
		{"250ok\r\n", ""},
		{"2500 ok\r\n", ""},
		{"150 ok\r\n", ""},
		{"600 ok\r\n", ""},
		{"ok\r\n", ""},
		{"\r\n", ""},
		{"550 " + strings.Repeat("x", 1<<20) + "\r\n", ""},
		{strings.Repeat("550-x\r\n", 1<<18), ""},
	} {
		br := bufio.NewReader(strings.NewReader(tc.wire + "220 next\r\n"))
		r, err := smtpclient.ReadReply(br)
		got := strings.TrimSpace(r.String())
		if err != nil {
			got = ""
			if !errors.Is(err, smtpclient.ErrReply) {
				t.Errorf("%.40q: %v", tc.wire, err)
			}
		}
		if got != tc.want && !(len(tc.wire) > 1000 && tc.want != "" && strings.HasPrefix(got, tc.want)) {
			t.Errorf("%.40q is %q, want %q", tc.wire, got, tc.want)
		}
		held := 0
		for _, l := range r.Lines {
			held += len(l)
		}
		if held > 8<<10 {
			t.Errorf("%.40q: %d bytes are kept", tc.wire, held)
		}
		if next, err := smtpclient.ReadReply(br); tc.want != "" && (err != nil || next.Code != 220) {
			t.Errorf("behind %.40q: %v, %v", tc.wire, next, err)
		}
	}
}
