package intake

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A Message-ID that is shown can't end the reply or look like another part of
// it.
func FuzzVisibleID(f *testing.F) {
	f.Add(" <1@contoso.com>\r\n")
	f.Add("<a> [InternalId=1]")
	f.Add("<\xc3\xa4@b>")
	f.Fuzz(func(t *testing.T, value string) {
		id := visibleID(value)
		if id == "" {
			return
		}
		if len(id) > maxMessageID || !utf8.ValidString(id) || strings.ContainsAny(id, " \r\n\t") ||
			strings.Count(id, "<") != 1 || strings.Count(id, ">") != 1 || visibleID(id) != id {
			t.Errorf("%q gives %q", value, id)
		}
	})
}
