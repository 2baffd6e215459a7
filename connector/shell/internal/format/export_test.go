package format

// Limited returns a Reader whose documents may take n bytes of memory.
func Limited(n int64) Reader { return Reader{most: n} }
