//go:build linux

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// recipe is a section of a document in docs/recipes: its files in a directory, and its commands.
type recipe struct {
	dir      string
	commands []string // of all blocks, a line that goes on joined with the next one
}

var (
	recipeBlock = regexp.MustCompile("(?ms)^ *```(\\w+)(?: (\\S+))?\n(.*?)^ *```$")
	heading     = regexp.MustCompile("(?m)^## ")
)

// readRecipe reads a section, or the whole document if section is "".
func readRecipe(t *testing.T, document, section string) recipe {
	t.Helper()
	text, err := os.ReadFile("../../docs/recipes/" + document)
	if err != nil {
		t.Fatal(err)
	}
	r := recipe{dir: publicDir(t)}
	part := string(text)
	if section != "" {
		part = ""
		for _, s := range heading.Split(string(text), -1) {
			if strings.HasPrefix(s, section+"\n") {
				part = s
			}
		}
	}
	for _, m := range recipeBlock.FindAllStringSubmatch(part, -1) {
		if m[2] != "" {
			r.write(t, m[2], m[3])
		} else if m[1] == "sh" {
			r.commands = append(r.commands, lines(strings.ReplaceAll(m[3], "\\\n", ""))...)
		}
	}
	if len(r.commands) == 0 {
		t.Fatalf("%s has no section %q with commands", document, section)
	}
	return r
}

// lines returns the lines of a text without the blanks around them.
func lines(text string) []string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func (r recipe) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command returns the command that begins with words.
func (r recipe) command(t *testing.T, words string) string {
	t.Helper()
	for _, c := range r.commands {
		if strings.HasPrefix(c, words+" ") {
			return c
		}
	}
	t.Fatalf("the recipe has no command %q: %q", words, r.commands)
	return ""
}

// run runs a command of the recipe on h in its directory.
func (r recipe) run(t *testing.T, h *host, input, command string) dialog {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := h.command(ctx, "bash", "-c", command)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "PATH="+r.dir+":"+os.Getenv("PATH"), "CURL_CA_BUNDLE="+filepath.Join(r.dir, "mail.pem"))
	out, _ := cmd.CombinedOutput()
	return dialog{cmd.ProcessState.ExitCode(), string(out)}
}
