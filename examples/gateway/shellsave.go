package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// policySaver is where a session saves its policy, and what it has saved.
type policySaver struct {
	output  string   // of -output; "": none
	files   []string // that the policy was read from
	stored  [sha256.Size]byte
	savedTo string // the file that was saved last, or that of -output if the policy was read from it alone
	failed  bool   // a command of the prompt failed
}

// begin remembers the policy that the session begins with.
func (s *session) begin() {
	s.stored = s.digest()
	if len(s.files) == 1 && s.output != "" && filepath.Clean(s.files[0]) == filepath.Clean(s.output) {
		s.savedTo = s.output
	}
}

// digest identifies all that a file with passwords would have. Policy.Fingerprint leaves out
// passwords and comments, and needs a policy without mistakes.
func (s *session) digest() [sha256.Size]byte {
	var text bytes.Buffer
	if err := writeAs(&text, s.in.Config(), "json", true); err != nil {
		return [sha256.Size]byte{} // no policy has this digest, so it counts as changed
	}
	return sha256.Sum256(text.Bytes())
}

// isChanged reports whether the policy differs from the one that was read or saved last.
func (s *session) isChanged() bool { return s.digest() != s.stored }

// isSaved reports whether nothing would be lost at the end of the session.
func (s *session) isSaved() bool {
	return !s.isChanged() && (s.output == "" || s.savedTo == s.output)
}

// save is Save-Policy. The warning says which passwords the file doesn't have.
func (s *session) save(file string, passwords bool) (warning string, err error) {
	if file == "" {
		file = s.output
	}
	if file == "" {
		return "", errors.New("it needs a file: Save-Policy FILE, or start gateway shell with -output FILE")
	}
	form, err := formOf(file)
	if err != nil {
		return "", err
	}
	if passwords && form != "json" {
		return "", fmt.Errorf("%s: passwords are saved in .json only; leave out -WithPasswords, or give a name that ends in .json", file)
	}
	if err := s.mayWrite(file); err != nil {
		return "", err
	}
	cfg := s.in.Config()
	secret := withPassword(&cfg)
	if len(secret) > 0 && !passwords {
		if form == "json" && slices.ContainsFunc(s.files, func(read string) bool { return filepath.Clean(read) == filepath.Clean(file) }) {
			return "", fmt.Errorf("%s would lose the passwords of %s; give -WithPasswords, or another file", file, strings.Join(secret, ", "))
		}
		warning = leftOut(file, form, secret)
	}
	var text bytes.Buffer
	if err := writeAs(&text, cfg, form, passwords); err != nil {
		return "", err
	}
	if err := load.ReplaceFile(file, text.Bytes(), passwords && len(secret) > 0); err != nil {
		return "", err
	}
	s.stored, s.savedTo = s.digest(), file
	return warning, nil
}

// formOf returns the form of convert that a file of this name has.
func formOf(file string) (string, error) {
	switch {
	case shell.IsScript(file):
		return "shell", nil
	case strings.EqualFold(filepath.Ext(file), ".json"):
		return "json", nil
	}
	return "", fmt.Errorf("%s: a policy is saved as commands in .ps1 or as JSON in .json; give a name that ends so", file)
}

// mayWrite returns an error if a script would save outside of the current directory: its
// Export- cmdlets write no file there, either. At the prompt, and with -output, the user names
// the file.
func (s *session) mayWrite(file string) error {
	if s.interactive || file == s.output {
		return nil
	}
	root, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	defer root.Close()
	_, err = root.Stat(filepath.Dir(file))
	if err == nil {
		_, err = root.Stat(file)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) && filepath.IsLocal(file) {
		return nil
	}
	return fmt.Errorf("%s is outside of the current directory, and a script saves there only; start gateway shell with -output FILE", file)
}

// withPassword returns the quoted names of the Send connectors with a password. Where it has a
// place, the place is saved.
func withPassword(cfg *connector.Config) []string {
	var names []string
	for i := range cfg.Send {
		c := &cfg.Send[i]
		has := c.AuthenticationCredential != nil && c.AuthenticationCredential.Password != ""
		for _, h := range c.SmartHostCredentials {
			has = has || h.Credential.Password != ""
		}
		if has {
			names = append(names, fmt.Sprintf("%q", c.Name))
		}
	}
	return names
}

// leftOut says that a file has no passwords.
func leftOut(file, form string, connectors []string) string {
	text := fmt.Sprintf("%s has no passwords of %s; ", file, strings.Join(connectors, ", "))
	if form == "json" {
		return text + "write them in place of REDACTED, or save with -WithPasswords"
	}
	return text + "its Get-Credential asks for them"
}

// finish saves the policy at the end of a script. Without -output it says if changes of
// files are lost.
func (s *session) finish(failed bool) error {
	switch {
	case s.isSaved():
	case s.output != "" && failed:
		fmt.Fprintf(s.stderr, "gateway shell: %s is not saved, because a command failed\n", s.output)
	case s.output != "":
		return s.saveOutput()
	case len(s.files) > 0:
		fmt.Fprintln(s.stderr, "gateway shell: the changes are not saved; give -output FILE, or end with Save-Policy FILE")
	}
	return nil
}

// saveOutput saves the policy in the file of -output.
func (s *session) saveOutput() error {
	warning, err := s.save("", false)
	if warning != "" {
		fmt.Fprintln(s.stderr, "gateway shell: "+warning)
	}
	return err
}

// mayLeave saves the policy at the end of an interactive session, and asks whether it may be
// lost if it isn't saved.
func (s *session) mayLeave(ask func(prompt string) (string, error)) bool {
	switch {
	case s.isSaved():
		return true
	case s.output != "" && s.failed:
		fmt.Fprintf(s.stdout, "%s is not saved, because a command failed; Save-Policy saves it.\n", s.output)
	case s.output != "":
		err := s.saveOutput()
		if err == nil {
			return true
		}
		s.printErrors(err)
	}
	answer, err := ask("not saved, leave? [y/N] ")
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(s.stdout)
		return true
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "y" || answer == "yes")
}
