package load

import (
	"context"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// IsExport opens isExport to the tests.
func IsExport(name string, data []byte) bool { return isExport(name, data) }

// ParseCredentials opens parseCredentials to the tests.
func ParseCredentials(file string, data []byte) (map[string]param.Credential, source.Diagnostics) {
	return parseCredentials(file, data)
}

// Answers returns what answers scripts that are read by opts.
func Answers(opts Options) (shell.Options, error) {
	d, err := Read(context.Background(), opts)
	if err != nil {
		return shell.Options{}, err
	}
	var answers shell.Options
	d.answers.complete(&answers)
	return answers, nil
}
