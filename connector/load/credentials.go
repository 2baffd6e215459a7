package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/ascii"
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

// ReadCredentials returns the credentials of variables in the text of a credentials file, by their names in
// lower case; nil for a variable that the text doesn't have.
func ReadCredentials(text []byte, variables ...string) map[string]*param.Credential {
	all, _ := parseCredentials("", text)
	found := make(map[string]*param.Credential, len(variables))
	for _, variable := range variables {
		name := strings.ToLower(variable)
		found[name] = nil
		if c, ok := all[name]; ok {
			found[name] = &c
		}
	}
	return found
}

// SetCredentials returns the text of a credentials file, as Options.Credentials describes it, with other
// credentials for some variables: their lines are replaced where they stand, new ones follow at the end,
// and the line of a variable with nil is left out. Other lines stay as they are. It is an error if a name
// or a credential can't be written in such a file; the error shows no password.
func SetCredentials(text []byte, set map[string]*param.Credential) ([]byte, error) {
	lines := map[string]string{} // by variable in lower case; "": to be left out
	for variable, c := range set {
		line, err := credentialLine(variable, c)
		if err != nil {
			return nil, err
		}
		lines[strings.ToLower(variable)] = line
	}
	var out strings.Builder
	end := "\n"
	for line := range strings.Lines(string(text)) {
		content := strings.TrimRight(line, "\r\n")
		if tail := line[len(content):]; strings.HasSuffix(tail, "\n") { // the last line may have no end, or half of one
			end = tail
		}
		variable, _, _ := strings.Cut(strings.TrimPrefix(content, "\uFEFF"), "=")
		name := strings.ToLower(strings.TrimSpace(variable))
		replacement, replaced := lines[name]
		switch {
		case !replaced:
			out.WriteString(content + end)
		case replacement != "":
			out.WriteString(replacement + end)
		}
		delete(lines, name)
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		if lines[name] != "" {
			out.WriteString(lines[name] + end)
		}
	}
	return []byte(out.String()), nil
}

// credentialLine returns the line of a credentials file, or "" for nil.
func credentialLine(variable string, c *param.Credential) (string, error) {
	if c == nil {
		return "", nil
	}
	line := variable + "=" + c.UserName + ":" + c.Password.Reveal()
	read := ReadCredentials([]byte(line), variable)[strings.ToLower(variable)]
	if read == nil || read.UserName != c.UserName || read.Password != c.Password {
		return "", fmt.Errorf("the credentials file can't hold the credentials of $%s: give both a user and a password; the user may have no colon, and neither a line break", ascii.Printable(variable))
	}
	return line, nil
}

// parseCredential reads user:password. The password may hold colons.
func parseCredential(text string) (param.Credential, bool) {
	user, password, _ := strings.Cut(text, ":")
	if user == "" || password == "" {
		return param.Credential{}, false
	}
	return param.Credential{UserName: user, Password: auth.Secret(password)}, true
}
