package syntax

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// refusal is the message for a part of PowerShell that isn't supported.
type refusal struct{ msg, fix string }

// refusedWords are the keywords of PowerShell that start nothing here.
var refusedWords = map[string]refusal{
	"class":    {"classes are not supported", "use a hashtable: @{ Name = 'value' }"},
	"enum":     {"enumerations are not supported", "write the values as text"},
	"param":    {"param stands first in a script or function", "param (…) before all other commands"},
	"catch":    {"catch has no try before it", "try { … } catch { … }"},
	"finally":  {"finally has no try before it", "try { … } finally { … }"},
	"trap":     {"trap is not supported", "try { … } catch { … }"},
	"begin":    {"begin stands in a function, or in the script's first place", "ForEach-Object -Begin { … } -Process { … } -End { … }"},
	"process":  {"process stands in a function, or in the script's first place", "ForEach-Object { … }"},
	"end":      {"end stands in a function, or in the script's first place", "ForEach-Object { … }"},
	"using":    {"using is not supported", ""},
	"data":     {"data is not supported", "use a hashtable: @{ Name = 'value' }"},
	"workflow": {"workflows are not supported", "function Name { … }"},
	"else":     {"else has no if before it", "if (…) { … } else { … }"},
	"elseif":   {"elseif has no if before it", "if (…) { … } elseif (…) { … }"},
}

// refusedCommand refuses text that looks like a command and isn't supported here.
func (p *parser) refusedCommand() {
	second := p.peek2()
	switch r := p.peek(); {
	case r == '&' && second == '&':
		panic(p.fail(p.pos, p.pos+2, "&& is not supported", "use if, or ; between the commands"))
	case r == '&':
		panic(p.fail(p.pos, p.pos+1, "& is not supported: programs and scripts are not run", "write the name of a cmdlet, without &"))
	case r == '.' && !p.loadsExchange():
		panic(p.fail(p.pos, p.pos+1, "other scripts are not run", "give several scripts to be read in order"))
	case r == '>' && second == '>':
		panic(p.fail(p.pos, p.pos+2, "this looks like the shell's prompt, copied along with a command", "remove the prompt"))
	case r == 'P' && second == 'S' && p.promptFollows():
		panic(p.fail(p.pos, p.pos+2, "this looks like the shell's prompt, copied along with a command", "remove the prompt"))
	}
}

// loadsExchange reports whether the line runs the script by which PowerShell
// learns Exchange's cmdlets: . 'C:\…\bin\RemoteExchange.ps1'.
func (p *parser) loadsExchange() bool {
	line, _, _ := strings.Cut(p.text[p.pos:], "\n")
	return p.peek2() == ' ' && len(line) < 1024 && strings.Contains(strings.ToLower(line), "remoteexchange.ps1")
}

// promptFollows recognises PS C:\>.
func (p *parser) promptFollows() bool {
	rest := p.text[p.pos+2:]
	return len(rest) > 3 && rest[0] == ' ' && isLetter(rune(rest[1])) && rest[2] == ':' && rest[3] == '\\'
}

// unexpected is a mistake at the current place. Without a message it says what
// it can about the character there.
func (p *parser) unexpected(msg string) *Error {
	start := p.pos
	r, size := p.at(start)
	if r == eof {
		if msg == "" {
			msg = "the script ends too soon"
		}
		return p.ended(start, start, msg, "")
	}
	if r == '`' {
		p.refuseStrayBacktick()
	}
	meaning := p.meaning(r)
	if msg == "" || meaning.fix != "" && strings.ContainsRune("<>&?", r) {
		return p.fail(start, p.wordEnd(start+size), meaning.msg, meaning.fix)
	}
	return p.fail(start, p.wordEnd(start+size), msg, "")
}

// wordEnd returns the end of the letters and digits up to pos and beyond.
func (p *parser) wordEnd(pos int) int {
	if r, _ := utf8.DecodeLastRuneInString(p.text[:pos]); !isName(r) {
		return pos
	}
	for {
		r, size := p.at(pos)
		if !isName(r) {
			return pos
		}
		pos += size
	}
}

// meaning says what a character would mean to PowerShell.
func (p *parser) meaning(r rune) refusal {
	second := p.peek2()
	switch {
	case r == '<':
		return refusal{"< is not supported", "text with < in it needs quotes; -lt compares"}
	case r == '>':
		return refusal{"> is not supported", "text with > in it needs quotes; -gt compares"}
	case r == '&':
		return refusal{"& is not supported", "put quotes around text with & in it"}
	case r == '|':
		return refusal{"a command is missing before the |", ""}
	case r == '=' && second == '=':
		return refusal{"== is not an operator", "write -eq"}
	case r == '!' && second == '=':
		return refusal{"!= is not an operator", "write -ne"}
	case r == '=':
		return refusal{"= does not belong here", "$name = value; -eq compares"}
	case r == '?':
		return refusal{"operators with ? are not supported", "if … else"}
	case isNewline(r):
		return refusal{"the line ends too soon", ""}
	case !unicode.IsPrint(r):
		return refusal{"an invisible character, U+" + strings.ToUpper(strconv.FormatInt(int64(r), 16)) + ", does not belong here", "remove it"}
	}
	return refusal{"this does not belong here", "an operator between values, ; between commands, quotes around text"}
}

// lineOf returns the number of the line of an offset, as text.
func (p *parser) lineOf(offset int) string {
	n, _ := p.src.line(int32(offset))
	return strconv.Itoa(n)
}
