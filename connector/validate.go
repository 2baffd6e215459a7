package connector

// validate returns all mistakes of c, which make it unusable, and what is
// legal but doubtful.
func (c *Config) validate() (errs, warnings Problems) { return nil, nil }
