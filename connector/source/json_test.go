package source

import (
	"encoding/json"
	"testing"
)

func TestNotJSON(t *testing.T) {
	for text, want := range map[string]string{
		"hello":             "a value is expected before 'h'",
		`{"a": }`:           "a value is expected before '}'",
		`{"a": 1 "b": 2}`:   `a comma or } is expected before '"'`,
		`{"a": [1 2]}`:      "a comma or ] is expected before '2'",
		`{"a" 1}`:           "a colon is expected before '1'",
		`{"a": 1,}`:         "a name in quotes is expected before '}'",
		`{"a": 1} {}`:       "the end is expected before '{'",
		`{"a": `:            "the text ends too early",
		"{\"a\": \"x\ny\"}": "invalid character '\\n' in string literal",
	} {
		err := json.Unmarshal([]byte(text), new(any))
		if got := NotJSON(err); got != "this isn't JSON: "+want {
			t.Errorf("%s: %v: %s", text, err, got)
		}
	}
}
