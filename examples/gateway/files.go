package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
)

// scriptFiles are the files that scripts see: those of one directory and below.
type scriptFiles struct {
	dir   string
	write bool
}

// maxScriptFile is the size up to which a script may read a file.
const maxScriptFile = 64 << 20

// ReadFile reads a file by the name that the script wrote.
func (f *scriptFiles) ReadFile(name string) ([]byte, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name = slashed(name)
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, plainly(name, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", name)
	case info.Size() > maxScriptFile:
		return nil, fmt.Errorf("%s is larger than %d MB", name, maxScriptFile>>20)
	}
	return root.ReadFile(name)
}

// WriteFile writes a file by the name that the script wrote, in a directory that is
// made if it isn't there.
func (f *scriptFiles) WriteFile(name string, data []byte) error {
	if !f.write {
		return errors.New("a script that is read as configuration writes no files; gateway shell does")
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if parent := path.Dir(slashed(name)); parent != "." {
		if err := root.MkdirAll(parent, 0o700); err != nil {
			return plainly(name, err)
		}
	}
	return plainly(name, root.WriteFile(slashed(name), data, 0o600))
}

// plainly leaves the system call out of an error, which scripts don't know of.
func plainly(name string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", name, path.Err)
	}
	return err
}

// slashed turns Windows' separators into ours.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }
