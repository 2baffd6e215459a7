package syntax_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

func TestAtCursor(t *testing.T) {
	const cmd, name, value, variable, none = syntax.SlotCommand, syntax.SlotName, syntax.SlotValue, syntax.SlotVariable, syntax.SlotNone
	tests := []struct {
		text string
		want syntax.Cursor
	}{
		{"", syntax.Cursor{Slot: cmd}},
		{"Get-R", syntax.Cursor{Slot: cmd, Word: "Get-R"}},
		{"$x = get", syntax.Cursor{Slot: cmd, Start: 5, Word: "get"}},
		{"Get-A; ", syntax.Cursor{Slot: cmd, Start: 7}},
		{"Get-A | ?{$_.X} | So", syntax.Cursor{Slot: cmd, Start: 18, Word: "So"}},
		{"foo (Ge", syntax.Cursor{Slot: cmd, Start: 5, Word: "Ge"}},
		{"foo -A $(Ge", syntax.Cursor{Slot: cmd, Start: 9, Word: "Ge"}},
		{"foo -", syntax.Cursor{Slot: name, Start: 4, Command: "foo"}},
		{"foo -A b -Cd", syntax.Cursor{Slot: name, Start: 9, Command: "foo", Word: "Cd"}},
		{"foo (bar) -Cd", syntax.Cursor{Slot: name, Start: 10, Command: "foo", Word: "Cd"}},
		{"foo ", syntax.Cursor{Slot: value, Start: 4, Command: "foo"}},
		{"foo a ", syntax.Cursor{Slot: value, Start: 6, Command: "foo", Position: 1}},
		{"foo -A ", syntax.Cursor{Slot: value, Start: 7, Command: "foo", Parameter: "A"}},
		{"foo -A b,c", syntax.Cursor{Slot: value, Start: 9, Command: "foo", Parameter: "A", Word: "c"}},
		{"foo -A b, ", syntax.Cursor{Slot: value, Start: 10, Command: "foo", Parameter: "A"}},
		{"foo -A b ", syntax.Cursor{Slot: value, Start: 9, Command: "foo"}},
		{"foo -A:$tr", syntax.Cursor{Slot: value, Start: 7, Command: "foo", Parameter: "A", Word: "$tr"}},
		{"foo -A 'b c", syntax.Cursor{Slot: value, Start: 7, Command: "foo", Parameter: "A", Word: "b c", Quote: '\''}},
		{"foo \"b", syntax.Cursor{Slot: value, Start: 4, Command: "foo", Word: "b", Quote: '"'}},
		{"foo 'a' b", syntax.Cursor{Slot: value, Start: 8, Command: "foo", Word: "b", Position: 1}},
		{"foo $my", syntax.Cursor{Slot: variable, Start: 4, Word: "my"}},
		{"foo # bar", syntax.Cursor{Slot: none, Start: 9}},
		{"'abc", syntax.Cursor{Slot: none, Word: "abc", Quote: '\''}},
		{"$x -e", syntax.Cursor{Slot: none, Start: 3, Word: "-e"}},
		{"foo @{Add=", syntax.Cursor{Slot: cmd, Start: 10}},
		{"foo `\n -A", syntax.Cursor{Slot: name, Start: 7, Command: "foo", Word: "A"}},
	}
	for _, tt := range tests {
		if got := syntax.AtCursor(tt.text); got != tt.want {
			t.Errorf("%q:\n got %+v\nwant %+v", tt.text, got, tt.want)
		}
	}
}

// FuzzAtCursor holds for any text: an end, and a word that is part of it.
func FuzzAtCursor(f *testing.F) {
	f.Add("Get-X -A:'b | {(")
	f.Add("$x = @(foo `\n –B “c")
	f.Fuzz(func(t *testing.T, text string) {
		if at := syntax.AtCursor(text); at.Start < 0 || at.Start > len(text) || len(at.Word) > len(text)-at.Start {
			t.Fatalf("%+v of %d bytes", at, len(text))
		}
	})
}
