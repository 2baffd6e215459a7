package load

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// noVariable stands in a credentials file for credentials that a script assigns to no
// variable.
const noVariable = "*"

// parseCredentials reads a credentials file: lines of variable=user:password, with * for
// credentials that are assigned to no variable; # starts a comment. The result has the
// variables in lower case. No diagnostic shows a password.
func parseCredentials(file string, data []byte) (map[string]param.Credential, source.Diagnostics) {
	found, lines := map[string]param.Credential{}, map[string]int{}
	var mistakes source.Diagnostics
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\uFEFF")) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		name, text, _ := strings.Cut(line, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		credential, ok := parseCredential(text)
		var mistake source.Diagnostic
		switch first := lines[name]; {
		case !ok || name == "":
			mistake = source.Mistake("", source.CodeSyntax, "write variable=user:password")
		case name[0] == '$':
			mistake = source.Mistake("", source.CodeSyntax, "write variable=user:password, without $")
		case first > 0:
			mistake = source.Mistake("", source.CodeNameDuplicate, "the variable stands on line %d already; leave one out", first)
		}
		if mistake.Code != "" {
			mistake.Position = source.Position{File: file, Line: number}
			mistakes = append(mistakes, mistake)
			continue
		}
		found[name], lines[name] = credential, number
	}
	return found, mistakes
}

// parseCredential reads user:password. The password may hold colons.
func parseCredential(text string) (param.Credential, bool) {
	user, password, _ := strings.Cut(text, ":")
	if user == "" || password == "" {
		return param.Credential{}, false
	}
	return param.Credential{UserName: user, Password: auth.Secret(password)}, true
}
