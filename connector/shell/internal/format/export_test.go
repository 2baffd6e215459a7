package format

// Limited returns a Reader whose documents may take that many octets.
func Limited(octets int64) Reader { return Reader{most: octets} }
