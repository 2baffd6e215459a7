package source

import "strings"

// syntaxErrors are the ends of the errors of package json, and what should stand there.
var syntaxErrors = []struct{ end, expected string }{
	{" looking for beginning of value", "a value"},
	{" looking for beginning of object key string", "a name in quotes"},
	{" after object key", "a colon"},
	{" after object key:value pair", "a comma or }"},
	{" after array element", "a comma or ]"},
	{" after top-level value", "the end"},
}

// NotJSON says in words what err, a syntax error of package json, found wrong.
func NotJSON(err error) string {
	text := err.Error()
	switch found, ok := strings.CutPrefix(text, "invalid character "); {
	case ok:
		for _, e := range syntaxErrors {
			if found, ok := strings.CutSuffix(found, e.end); ok {
				text = e.expected + " is expected before " + found
			}
		}
	case strings.HasPrefix(text, "unexpected end"):
		text = "the text ends too early"
	}
	return "this isn't JSON: " + text
}
