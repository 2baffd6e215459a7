package format

import (
	"strconv"
	"strings"
)

// SplitSpaces takes apart address spaces that somebody joined with commas, blanks, | or
// ;, which also stands before the cost of a space.
func SplitSpaces(text string) []string {
	var spaces []string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n|", r) }) {
		first := len(spaces)
		for piece := range strings.SplitSeq(word, ";") {
			if _, err := strconv.Atoi(piece); err == nil && len(spaces) > first {
				spaces[len(spaces)-1] += ";" + piece
			} else if piece != "" {
				spaces = append(spaces, piece)
			}
		}
	}
	return spaces
}
