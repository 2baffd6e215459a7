package load

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Directory is the [shell.FS] of a script: the files in one directory and below.
type Directory struct {
	Path  string
	Write bool // files may be written
}

// maxScriptFile is the size up to which a script may read a file.
const maxScriptFile = 64 << 20

// ReadFile reads a file by the name that the script wrote.
func (f *Directory) ReadFile(name string) ([]byte, error) {
	root, err := os.OpenRoot(f.Path)
	if err != nil {
		return nil, source.FileError(f.Path, err)
	}
	defer root.Close()
	name = slashed(name)
	info, err := root.Stat(name)
	switch {
	case outside(name):
		return nil, fmt.Errorf("%s is outside of the script's directory, and a script reads files there only; a password may be elsewhere with Get-Credential USER -PasswordFrom @{File = '...'}", name)
	case err != nil:
		return nil, source.FileError(name, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", name)
	case info.Size() > maxScriptFile:
		return nil, fmt.Errorf("%s is larger than %d MB", name, maxScriptFile>>20)
	}
	data, err := root.ReadFile(name)
	return data, source.FileError(name, err)
}

// WriteFile writes a file by the name that the script wrote, in a directory that is
// made if it isn't there.
func (f *Directory) WriteFile(name string, data []byte) error {
	if !f.Write {
		return errors.New("a script that is read as configuration writes no files")
	}
	root, err := os.OpenRoot(f.Path)
	if err != nil {
		return source.FileError(f.Path, err)
	}
	defer root.Close()
	if outside(slashed(name)) {
		return fmt.Errorf("%s is outside of the script's directory, and a script writes files there only", name)
	}
	if parent := path.Dir(slashed(name)); parent != "." {
		if err := root.MkdirAll(parent, 0o700); err != nil {
			return source.FileError(name, err)
		}
	}
	return source.FileError(name, root.WriteFile(slashed(name), data, 0o600))
}

// imports are the files that the scripts of a policy read.
type imports struct {
	*Directory
	imported func(name string, data []byte, err error) // nil: none
}

// ReadFile reads a file, and tells who asked for that.
func (f imports) ReadFile(name string) ([]byte, error) {
	data, err := f.Directory.ReadFile(name)
	if f.imported != nil && !outside(slashed(name)) {
		f.imported(filepath.Join(f.Path, filepath.FromSlash(slashed(name))), data, err)
	}
	return data, err
}

// outside reports whether a name with slashes leads out of the directory, without regard to links.
func outside(name string) bool { return name != "" && !filepath.IsLocal(filepath.FromSlash(name)) }

// slashed replaces the separators of Windows.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }
