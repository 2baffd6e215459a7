package load

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Names returns the names of the files that arg stands for: a file, several separated by
// commas, or a directory, of which it takes the files whose names end in .ps1, .json, .xml,
// .csv or .txt, in the order of their names and without those of directories below; of a
// directory of Postfix, main.cf alone. Each part between commas may be a directory, too. An
// existing file whose name has a comma is one file.
//
// It is an error, source.Diagnostics, if a file is absent or a directory has no such file.
func Names(arg string) ([]string, error) {
	if _, err := os.Stat(arg); err == nil {
		return namesAt(arg)
	}
	var all []string
	for part := range strings.SplitSeq(arg, ",") {
		names, err := namesAt(part)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}

// namesAt returns the names of the files of a directory, or that of the file at path.
func namesAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, source.Diagnostics{source.Unreadable(path, err)}
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	if main := filepath.Join(path, "main.cf"); isFile(main) {
		return []string{main}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, source.Diagnostics{source.Unreadable(path, err)}
	}
	var names []string
	for _, e := range entries { // which ReadDir sorts
		if name := e.Name(); !e.IsDir() && (shell.IsScript(name) || hasExportName(name) || hasJSONName(name)) {
			names = append(names, filepath.Join(path, name))
		}
	}
	if len(names) == 0 {
		return nil, source.Diagnostics{source.Unreadable(path, errors.New("the directory has no policy files (.ps1 .json .xml .csv .txt)"))}
	}
	return names, nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
