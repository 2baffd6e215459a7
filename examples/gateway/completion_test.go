package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// completed returns the candidates for the last of the words of a line, without their meanings.
func completed(t *testing.T, line ...string) string {
	t.Helper()
	var names []string
	for candidate := range strings.Lines(ranAs(t, exitOK, append([]string{"__complete", "--"}, line...)...)) {
		name, _, _ := strings.Cut(strings.TrimSuffix(candidate, "\n"), "\t")
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// TestCompletion: words, flags, values and names, by what stands before them.
func TestCompletion(t *testing.T) {
	const policy = "testdata/relay.json"
	users := filepath.Join(t.TempDir(), "users")
	ranAs(t, exitOK, "user", "add", "-no-password", "-file", users, "scanner.fabrikam.com")
	tests := []struct {
		line string // the words, separated by |
		want string
	}{
		{"qu", "queue"},
		{"d", "diff dkim"},
		{"__", ""}, // hidden
		{"frobnicate|", ""},
		{"help|re", "replay reload"},
		{"completion|", "bash zsh fish"},
		{"queue|re", "retry resubmit resume redirect"},
		{"queue|-data|x|re", "retry resubmit resume redirect"},
		{"queue|hops|", "suspend resume retry resubmit redirect"},
		{"queue|list|-by|", "hop sender recipient-domain client"},
		{"queue|list|-a", "-all"}, // -again is of import
		{"queue|import|-a", "-again"},
		{"queue|-a", "-again -all"},
		{"queue|import|", ":files"},
		{"serve|-data|", ":directories"},
		{"serve|-config|", ":files"},
		{"serve|", ":files"},
		{"serve|--|-", ":files"},
		{"serve|-json|-demo|-lmt", "-lmtp"},
		{"check|-profile|", "current exchange2007"},
		{"serve|" + policy + "|-explain|", "FromInternetGateway Default HubA"},
		{"serve|-config=" + policy + "|-explain|Def", "Default HubA"},
		{"oauth|login|-config|" + policy + "|-connector|ToM", "ToMailboxes"},
		{"oauth|login|-config|absent|-connector|", ""},
		{"user|passwd|-file|" + users + "|", "scanner.fabrikam.com"},
		{"user|add|-file|" + users + "|", ""},
		{"user|passwd|", ""},
		{"queue|show|-data|absent|", ""},
		{"reload|", ""},
	}
	for _, tt := range tests {
		if got := completed(t, strings.Split(tt.line, "|")...); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.line, got, tt.want)
		}
	}
}

// TestCompletionNeverAsks: a script that asks for credentials isn't answered, and the name of a connector can't add a
// line of its own.
func TestCompletionNeverAsks(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.ps1")
	write(t, policy, "New-SendConnector \"A`n:files\" -AddressSpaces * -SmartHosts 192.0.2.1 -AuthenticationCredential (Get-Credential)\n")
	got := ranAs(t, exitOK, "__complete", "--", "oauth", "login", "-config", policy, "-connector", "")
	if strings.Contains(got, "\n:files") {
		t.Errorf("%q", got)
	}
}

// TestCompletionInBash: the script for bash completes a name with a space so that it is one word, and file names.
func TestCompletionInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	script := ranAs(t, exitOK, "completion", "bash")
	for _, tt := range []struct{ words, want string }{
		{`gateway que`, "queue"},
		{`gateway serve testdata/relay.json -explain Def`, `Default\ HubA`},
		{`gateway serve testdata/relay.json -explain Default\\\ `, `Default\ HubA`},
		{`gateway serve testdata/relay.json -explain \"Default\ `, `Default HubA`},
		{`gateway serve testdata/relay.j`, "testdata/relay.json"},
	} {
		// In place of the terminal: the words that bash's line editor would give.
		cmd := exec.Command(bash, "--norc", "-c", script+`
compopt() { :; }
COMP_WORDS=(`+tt.words+`) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_WORDS[0]=$GATEWAY
_gateway
printf '%s\n' "${COMPREPLY[@]}"`)
		cmd.Env = append(os.Environ(), asGateway+"=1", "GATEWAY="+os.Args[0])
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.words, got, err, tt.want)
		}
	}
}
