package secretplace_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/secretplace"
)

// TestRead reads secrets from each place by a caller's own functions. No error has a part of a secret.
func TestRead(t *testing.T) {
	files := fstest.MapFS{"run/hub": {Data: []byte("of systemd\r\n")}, "etc/hub": {Data: []byte("of a file\n")}, "etc/empty": {Data: []byte("\n")},
		"etc/large": {Data: []byte(strings.Repeat("secret", secretplace.Max))}}
	environment := map[string]string{"HUB": "of the environment", "EMPTY": "", secretplace.DirectoryVariable: "run"}
	r := secretplace.Reader{ReadFile: files.ReadFile, LookupEnv: func(name string) (string, bool) { v, ok := environment[name]; return v, ok }}
	for p, want := range map[param.SecretPlace]string{
		{File: "etc/hub"}: "of a file", {Environment: "HUB"}: "of the environment", {Credential: "hub"}: "of systemd",
	} {
		if got, err := r.Read(p); err != nil || got.Reveal() != want {
			t.Errorf("%v: %v", p, err)
		}
	}
	for p, want := range map[param.SecretPlace]string{
		{}:                       "no place",
		{File: "etc/absent"}:     "etc/absent: ",
		{File: "etc/empty"}:      "etc/empty: the file is empty",
		{File: "etc/large"}:      "etc/large: it has more than 65536 bytes, so it isn't a secret",
		{Environment: "NONE"}:    "the environment variable NONE is not set",
		{Environment: "EMPTY"}:   "the environment variable EMPTY is not set",
		{Credential: "other"}:    "run/other: ",
		{Credential: "../etc/x"}: `"../etc/x" is not the name of a credential`,
	} {
		got, err := r.Read(p)
		if err == nil || got != "" || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secretsecret") {
			t.Errorf("%v: %v, want %s", p, err, want)
		}
	}
	if _, err := r.Read(param.SecretPlace{File: "etc/absent"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of an absent file: %v", err)
	}
	delete(environment, secretplace.DirectoryVariable)
	if _, err := r.Read(param.SecretPlace{Credential: "hub"}); err == nil || !strings.Contains(err.Error(), "give LoadCredential=hub:FILE in the unit") {
		t.Error(err)
	}
}

// TestZeroReader reads the files and the environment of the process, and of a large file no more than
// shows that it is one.
func TestZeroReader(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(secretplace.DirectoryVariable, dir)
	t.Setenv("INTERCHANGE_TEST_SECRET", "of the environment")
	if err := os.WriteFile(filepath.Join(dir, "hub"), []byte("of systemd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "large"), make([]byte, 2*secretplace.Max), 0o600); err != nil {
		t.Fatal(err)
	}
	var r secretplace.Reader
	for p, want := range map[param.SecretPlace]string{{Credential: "hub"}: "of systemd", {Environment: "INTERCHANGE_TEST_SECRET"}: "of the environment"} {
		if got, err := r.Read(p); err != nil || got.Reveal() != want {
			t.Errorf("%v: %v", p, err)
		}
	}
	if _, err := r.Read(param.SecretPlace{Credential: "large"}); err == nil || !strings.Contains(err.Error(), "isn't a secret") {
		t.Error(err)
	}
}
