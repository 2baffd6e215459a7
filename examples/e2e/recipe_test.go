//go:build linux

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// recipe is a section of a document in docs/recipes: its files in a directory, and its commands.
type recipe struct {
	dir      string
	roots    string          // the file with the authority that the gateway trusts
	commands []string        // of all blocks, a line that goes on joined with the next one
	played   map[string]bool // those of commands that the test has asked for
}

var (
	recipeBlock = regexp.MustCompile("(?ms)^ *```(\\w+)(?: (\\S+))?\n(.*?)^ *```$")
	heading     = regexp.MustCompile("(?m)^## ")
)

// readRecipe reads sections of a document, or all of it without sections: the files of all of them, and the
// commands of the last one. The test must play each of the commands.
func readRecipe(t *testing.T, document string, sections ...string) recipe {
	t.Helper()
	text, err := os.ReadFile("../../docs/recipes/" + document)
	if err != nil {
		t.Fatal(err)
	}
	r := recipe{dir: publicDir(t), played: map[string]bool{}}
	parts := []string{string(text)}
	if len(sections) > 0 {
		parts = nil
		for _, section := range sections {
			parts = append(parts, sectionOf(t, string(text), section))
		}
	}
	for _, part := range parts {
		r.commands = nil
		for _, m := range recipeBlock.FindAllStringSubmatch(part, -1) {
			if m[2] != "" {
				r.write(t, m[2], m[3])
			} else if m[1] == "sh" {
				r.commands = append(r.commands, lines(strings.ReplaceAll(m[3], "\\\n", ""))...)
			} else {
				t.Errorf("%s: this block is neither a file nor commands, so that no test plays it:\n%s", document, m[0])
			}
		}
	}
	if len(r.commands) == 0 {
		t.Fatalf("%s %q has no commands", document, sections)
	}
	t.Cleanup(func() {
		for _, c := range r.commands {
			if !r.played[c] && !t.Failed() {
				t.Errorf("%s: the test doesn't play this command: %s", document, c)
			}
		}
	})
	return r
}

// sectionOf returns the section of a document with a title.
func sectionOf(t *testing.T, text, title string) string {
	t.Helper()
	for _, s := range heading.Split(text, -1) {
		if strings.HasPrefix(s, title+"\n") {
			return s
		}
	}
	t.Fatalf("there is no section %q", title)
	return ""
}

// read returns a file of the recipe.
func (r recipe) read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
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
			r.played[c] = true
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
	cmd := r.prepare(ctx, h, input, command)
	out, _ := cmd.CombinedOutput()
	return dialog{cmd.ProcessState.ExitCode(), string(out)}
}

// succeeds runs a command on h, and returns its output.
func (r recipe) succeeds(t *testing.T, h *host, command string) string {
	t.Helper()
	d := r.run(t, h, "", command)
	if d.exit != 0 {
		t.Fatalf("%s: %d\n%s", command, d.exit, d.text)
	}
	return d.text
}

// start runs the recipe's gateway serve on h with more flags.
func (r recipe) start(t *testing.T, h *host, flags ...string) *serving {
	t.Helper()
	args := append(strings.Fields(r.command(t, "gateway serve"))[2:], flags...)
	return startServing(t, r.dir, h, r.roots, filepath.Join(r.dir, "gateway"), args...)
}

// copied returns the recipe with a copy of its directory, for another machine.
func (r recipe) copied(t *testing.T) recipe {
	t.Helper()
	dir := r.dir
	r.dir = filepath.Join(publicDir(t), "copy")
	if err := os.CopyFS(r.dir, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return r
}

// prepare returns a command that runs on h in the recipe's directory until ctx ends.
func (r recipe) prepare(ctx context.Context, h *host, input, command string) *exec.Cmd {
	cmd := h.command(ctx, "bash", "-c", command)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "PATH="+r.dir+":"+os.Getenv("PATH"), "CURL_CA_BUNDLE="+filepath.Join(r.dir, "mail.pem"), "SSL_CERT_FILE="+r.roots)
	return cmd
}
