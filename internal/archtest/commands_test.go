package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// foreign are the programs of others that the documents may mention.
var foreign = []string{"git", "cd", "swaks", "curl", "openssl", "apt", "apt-get", "bash", "chgrp", "chmod", "chown", "echo", "printf", "cat", "man", "docker", "dpkg-deb", "install", "rsync", "setcap",
	"sha256sum", "ssh", "sudoedit", "sysctl", "systemctl", "systemd-sysusers", "systemd-tmpfiles", "tar"}

// tried are those whose commands must be some of the demonstration's, which
// the end-to-end tests run.
var tried = []string{"swaks", "curl", "openssl", "printf"}

// TestCommands wants the commands in the documents to exist: the packages,
// the subcommands and the flags. A block marked sh holds commands; in a block
// marked console they follow a $. The text names commands of the gateway.
func TestCommands(t *testing.T) {
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if strings.HasPrefix(d.path, "docs/recipes/") {
				break // the end-to-end tests play each command
			}
			for i, line := range commands(b) {
				if problem := checkCommand(t, line); problem != "" {
					t.Errorf("%s:%d: %s: %s", d.path, b.line+i, line, problem)
				}
			}
		}
		for _, m := range regexp.MustCompile("`gateway ([a-z][^`]*)`").FindAllStringSubmatch(d.text, -1) {
			if problem := checkGateway(t, strings.Fields(m[1])); problem != "" {
				t.Errorf("%s: gateway %s: %s", d.path, m[1], problem)
			}
		}
	}
}

// commands returns the commands of a block by their line, comments left out
// and continued lines joined.
func commands(b block) map[int]string {
	if b.language != "sh" && b.language != "console" {
		return nil
	}
	found := make(map[int]string)
	for i := 0; i < len(b.lines); i++ {
		start, line := i, strings.TrimSpace(b.lines[i])
		for strings.HasSuffix(line, `\`) && i+1 < len(b.lines) {
			i++
			line = strings.TrimSuffix(line, `\`) + strings.TrimSpace(b.lines[i])
		}
		if b.language == "console" {
			command, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				continue
			}
			line = command
		}
		line, _, _ = strings.Cut(line, " #")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			found[start] = line
		}
	}
	return found
}

// checkCommand says what is wrong with a command, if anything is.
func checkCommand(t *testing.T, line string) string {
	if word, _, _ := strings.Cut(line, " "); slices.Contains(tried, word) && !demonstrated(t, line) {
		return "the demonstration doesn't print this"
	}
	for _, part := range regexp.MustCompile(`\s*(?:&&|;)\s*|\s+\|\s+`).Split(line, -1) { // a | without spaces is part of a pattern
		words := strings.Fields(part)
		for len(words) > 0 && (words[0] == "sudo" || regexp.MustCompile(`^[A-Z_0-9]+=`).MatchString(words[0])) {
			words = words[1:] // how the command runs
		}
		switch {
		case len(words) == 0 || slices.Contains(foreign, words[0]):
		case words[0] == "go" && len(words) > 2 && words[1] == "run" && strings.HasSuffix(words[2], "/gateway"),
			filepath.Base(words[0]) == "gateway":
			if words[0] == "go" {
				words = words[2:]
			}
			if problem := checkGateway(t, words[1:]); problem != "" {
				return problem
			}
		case words[0] == "go":
			if problem := checkPatterns(t, words); problem != "" {
				return problem
			}
		default:
			if _, err := os.Stat(filepath.Join(root(t), words[0])); err != nil {
				return words[0] + " is neither here nor a known program"
			}
		}
	}
	return ""
}

// demonstrated reports whether the demonstration prints a command.
func demonstrated(t *testing.T, line string) bool {
	printed, err := os.ReadFile(filepath.Join(root(t), "examples/gateway/testdata/demonstration.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Split(string(printed), "\n"), line)
}

// checkPatterns wants the package patterns of a go command to match something.
func checkPatterns(t *testing.T, words []string) string {
	for _, word := range words {
		if !strings.HasPrefix(word, "./") {
			continue
		}
		out, err := run(root(t), "go", "list", word)
		if err != nil {
			return err.Error()
		}
		if strings.TrimSpace(out) == "" {
			return word + " matches no package"
		}
	}
	return ""
}

// usages are what the gateway prints about its subcommands.
var usages = map[string]string{}

// checkGateway wants a subcommand and flags that the gateway knows.
func checkGateway(t *testing.T, args []string) string {
	if len(args) == 0 {
		return ""
	}
	usage, known := usages[args[0]]
	if !known {
		var err error
		if usage, err = run(root(t), "go", "run", "./examples/gateway", args[0], "-h"); err != nil {
			return err.Error()
		}
		usages[args[0]] = usage
	}
	synopsis, _, _ := strings.Cut(usage, "\n\n")
	if len(args) > 1 && regexp.MustCompile(`^[a-z]+$`).MatchString(args[1]) && strings.Contains(synopsis, "|") &&
		!regexp.MustCompile(`\b`+args[1]+`\b`).MatchString(synopsis) {
		return "no action " + args[1]
	}
	for _, arg := range args[1:] {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && !regexp.MustCompile(`(?m)^\s+-`+regexp.QuoteMeta(name)+`\b`).MatchString(usage) {
			return "no flag -" + name
		}
	}
	return ""
}
