package main

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"

	"github.com/interchange-smtp/interchange/connector/source"
)

// codeFileReadable is the code of a file with secrets that others may read.
const codeFileReadable source.Code = "file-readable"

// secretFile is a file that only the gateway should be able to read, and what it holds.
type secretFile struct{ name, holds string }

// exposed finds the files with passwords, their hashes, or a key that every user of
// this machine may read. On Windows the mode of a file doesn't say who may read it.
func (l *loaded) exposed(m material) source.Diagnostics {
	var all source.Diagnostics
	if runtime.GOOS == "windows" {
		return all
	}
	files := append(slices.Concat(m.users.secrets, m.recipients, m.console), secretFile{m.credentials, "passwords"})
	for _, name := range l.PasswordFiles {
		files = append(files, secretFile{name, "the password of a smart host"})
	}
	for _, p := range m.pairs {
		files = append(files, secretFile{p.key, "the private key"})
	}
	for _, host := range slices.Sorted(maps.Keys(m.acmeStored)) {
		files = append(files, secretFile{m.acmeStored[host].file, "the private key"})
	}
	for _, name := range m.oauth.Files(m.oauthFile) {
		files = append(files, secretFile{name, "a secret of -oauth"})
	}
	if m.dkim != nil {
		for _, name := range m.dkim.Files() {
			files = append(files, secretFile{name, "a private key that signs mail"})
		}
	}
	if d := exposedDir(m.oauthTokens); d != nil {
		all = append(all, *d)
	}
	for _, file := range files {
		info, err := os.Stat(file.name)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o004 == 0 {
			continue
		}
		all = append(all, source.Diagnostic{
			Severity: source.SeverityWarning, Position: source.Position{File: file.name}, Code: codeFileReadable,
			Detail: fmt.Sprintf("every user of this machine may read %s (mode %#o)", file.holds, info.Mode().Perm()),
			Fix:    fmt.Sprintf("chmod o= %s", file.name),
		})
	}
	return all
}

// exposedDir finds out whether others than its owner may use the directory of the stored
// refresh tokens. With the directory "" there are no stored tokens.
func exposedDir(dir string) *source.Diagnostic {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return &source.Diagnostic{
		Severity: source.SeverityWarning, Position: source.Position{File: dir}, Code: codeFileReadable,
		Detail: fmt.Sprintf("other users of this machine may use the directory of the refresh tokens (mode %#o)", info.Mode().Perm()),
		Fix:    fmt.Sprintf("chmod go= %s", dir),
	}
}
