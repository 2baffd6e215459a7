package postfix

import "strings"

// logicalLine is a line of a file with the lines that continue it.
type logicalLine struct {
	text  string
	line  int    // of the first, from 1
	parts []part // those that continue it
}

// part is a line that continues another.
type part struct {
	offset int // of its text in that of the logical line
	line   int
}

// lineAt returns the number of the line that has the text at an offset.
func (l *logicalLine) lineAt(offset int) int {
	n := l.line
	for _, p := range l.parts {
		if p.offset <= offset {
			n = p.line
		}
	}
	return n
}

// logicalLines returns the logical lines of a file: blank lines and comments are left out,
// and a line that begins with a blank continues the one before (postconf(5)).
func logicalLines(data []byte) []logicalLine {
	var lines []logicalLine
	var texts [][]string // of the lines with those that continue them
	n, length := 0, 0
	for text := range strings.Lines(string(data)) {
		n++
		text = strings.TrimRight(text, "\r\n")
		trimmed := strings.TrimLeft(text, " \t")
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		if last := len(lines) - 1; last >= 0 && len(trimmed) < len(text) {
			lines[last].parts = append(lines[last].parts, part{length, n})
			texts[last] = append(texts[last], text)
			length += len(text)
			continue
		}
		lines = append(lines, logicalLine{line: n})
		texts = append(texts, []string{text})
		length = len(text)
	}
	for i := range lines {
		lines[i].text = strings.TrimRight(strings.Join(texts[i], ""), " \t")
	}
	return lines
}

// blanks separate the elements of a list.
const blanks = ", \t\r\n"

// words cuts a list into its elements. What stands in braces is one element, with the braces.
func words(text, separators string) []string {
	var out []string
	depth, begin := 0, -1
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		}
		if depth == 0 && strings.IndexByte(separators, c) >= 0 {
			if begin >= 0 {
				out = append(out, text[begin:i])
			}
			begin = -1
		} else if begin < 0 {
			begin = i
		}
	}
	if begin >= 0 {
		out = append(out, text[begin:])
	}
	return out
}

// unbraced returns the text within braces, or the text itself.
func unbraced(text string) string {
	if len(text) > 1 && text[0] == '{' && text[len(text)-1] == '}' {
		return strings.TrimSpace(text[1 : len(text)-1])
	}
	return text
}

// assignment cuts "name = value".
func assignment(text string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	return name, value, ok && name != "" && !strings.ContainsAny(name, " \t")
}
