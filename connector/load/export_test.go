package load

// IsExport opens isExport to the tests.
func IsExport(name string, data []byte) bool { return isExport(name, data) }
