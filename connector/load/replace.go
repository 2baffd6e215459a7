package load

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// ReplaceFile writes the text of a policy to a file, so that a reader, or a crash, sees the old
// text or the new one. The file keeps its owner and its mode; with secrets in the text, and for a
// new file, the mode is 0600. The directory must exist. The error names the file.
func ReplaceFile(name string, text []byte, secrets bool) error {
	if secrets { // before the text is there
		if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return source.FileError(name, err)
		}
	}
	return atomicfile.Write(name, bytes.NewReader(text), "")
}
