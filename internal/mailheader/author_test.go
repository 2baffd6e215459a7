package mailheader_test

import (
	"fmt"
	"testing"
)

func TestAuthors(t *testing.T) {
	for _, tc := range []struct {
		header, want string
		fails        bool
	}{
		{"From: a@contoso.com\r\n", "[a@contoso.com]", false},
		{"From: \"A, B\" <a@contoso.com>,\r\n\tb@contoso.com\r\nFROM: c@contoso.com\r\nSender: d@contoso.com\r\n",
			"[a@contoso.com b@contoso.com c@contoso.com d@contoso.com]", false},
		{"From: =?x-unknown?q?A?= <a@contoso.com>\r\n", "[a@contoso.com]", false},
		{"From: \"a b\"@contoso.com\r\n", `["a b"@contoso.com]`, false},
		{"From: not an address\r\nFrom: a@contoso.com\r\n", "[a@contoso.com]", true},
		{"From: a@contoso.com\r\nSender: <b@contoso.com\r\n", "[a@contoso.com]", true},
		{"From:\r\n", "[]", true},
		{"Subject: none\r\n", "[]", false},
	} {
		got, err := read(t, tc.header+"\r\n").Authors()
		if s := fmt.Sprint(got); s != tc.want || (err != nil) != tc.fails {
			t.Errorf("%q: %s, %v; want %s", tc.header, s, err, tc.want)
		}
	}
}
