package load

import (
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// IsExport opens isExport to the tests.
func IsExport(name string, data []byte) bool { return isExport(name, data) }

// ParseCredentials opens parseCredentials to the tests.
func ParseCredentials(file string, data []byte) (map[string]param.Credential, source.Diagnostics) {
	return parseCredentials(file, data)
}
