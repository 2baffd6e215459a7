package mailheader

import (
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// TestReplaceFrom: what stands in the header after the author was replaced.
func TestReplaceFrom(t *testing.T) {
	const by = "From: <scanner@contoso.com>\r\n"
	for _, tc := range []struct{ name, header, want string }{
		{"address", "From: root@printer\r\nTo: a@b.c\r\n", by + "X-Original-From: root@printer\r\nTo: a@b.c\r\n"},
		{"display name", "From: \"2nd floor, left\" <root@printer>\r\n", "From: \"2nd floor, left\" <scanner@contoso.com>\r\nX-Original-From: \"2nd floor, left\" <root@printer>\r\n"},
		{"encoded name", "From: =?iso-8859-1?q?K=FCche?= <root@printer>\r\n", "From: =?utf-8?q?K=C3=BCche?= <scanner@contoso.com>\r\nX-Original-From: =?iso-8859-1?q?K=FCche?= <root@printer>\r\n"},
		{"name like an address", "From: \"ceo@contoso.com\" <root@printer>\r\n", by + "X-Original-From: \"ceo@contoso.com\" <root@printer>\r\n"},
		{"long name", "From: " + strings.Repeat("x", 65) + " <root@printer>\r\n", by + "X-Original-From: " + strings.Repeat("x", 65) + " <root@printer>\r\n"},
		{"folded", "From:\r\n Scanner\r\n <root@printer>\r\nSender: a@b.c\r\n", "From: \"Scanner\" <scanner@contoso.com>\r\nX-Original-From: Scanner\r\n <root@printer>\r\nX-Original-Sender: a@b.c\r\n"},
		{"two fields", "from: a@b.c\r\nSubject: s\r\nFROM: d@e.f\r\n", by + "X-Original-From: a@b.c\r\nX-Original-From: d@e.f\r\nSubject: s\r\n"},
		{"unreadable", "From: scanner\r\n", by + "X-Original-From: scanner\r\n"},
		{"none", "Subject: s\r\n", by + "Subject: s\r\n"},
		{"empty", "From: \r\nSubject: s\r\n", by + "Subject: s\r\n"},
		{"signed", "DKIM-Signature: v=1; d=b.c;\r\n b=x\r\nFrom: a@b.c\r\n", by + "X-Original-From: a@b.c\r\n"},
		{"bare line feed", "From: a@b.c\n d@e.f\nSubject: s\n", by + "X-Original-From: a@b.c\r\n d@e.f\r\nSubject: s\r\n"},
	} {
		h, err := Read(strings.NewReader(tc.header+"\r\ntext\r\n"), 0)
		if err != nil {
			t.Fatal(err)
		}
		h.ReplaceFrom(routing.MustParseAddress("scanner@contoso.com"))
		text, err := io.ReadAll(h.Message())
		if err != nil || string(text) != tc.want+"\r\ntext\r\n" {
			t.Errorf("%s: %q, %v\nwant %q", tc.name, text, err, tc.want+"\r\ntext\r\n")
		}
	}
}

// FuzzReplaceFrom: whatever a client sends, the only author of the message is the one that was
// given, and no field comes from its authors but X-Original-From and X-Original-Sender.
func FuzzReplaceFrom(f *testing.F) {
	for _, s := range []string{"From: a@b.c\r\n\r\n", "From: \"x\" <a@b>, c@d.e\nSender: e\r\r\n\r\n", "From\r\n: a@b\r\n\r\n", " From: a@b.c\r\n\r\n", "From: =?x?q?=0d=0aBcc:_a?= <a@b.c>\r\n\r\n", "From:\n,\n:\n"} {
		f.Add([]byte(s))
	}
	author := routing.MustParseAddress("scanner@contoso.com")
	f.Fuzz(func(t *testing.T, message []byte) {
		h, err := Read(strings.NewReader(string(message)), 0)
		if err != nil {
			return
		}
		before := map[string]bool{"from": true, "x-original-from": true, "x-original-sender": true}
		for field := range h.Fields() {
			before[strings.ToLower(field.Name)] = true
		}
		h.ReplaceFrom(author)
		again, err := Read(h.Message(), 0)
		if err != nil {
			t.Fatal(err)
		}
		authors, err := again.Authors()
		if err != nil || len(authors) != 1 || authors[0] != author {
			t.Fatalf("%q has the authors %v, %v", message, authors, err)
		}
		for field := range again.Fields() {
			// With CRLF in place of bare LF, a line may no longer be part of a name, and is no field.
			if field.Name != "" && !before[strings.ToLower(field.Name)] {
				t.Fatalf("%q has got the field %q", message, field.Raw)
			}
		}
	})
}
