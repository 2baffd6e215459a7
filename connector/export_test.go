package connector

// ReceiveDefaults opens receiveDefaults to the tests.
func (c *Config) ReceiveDefaults(r Receive) Receive { return c.receiveDefaults(r) }

// SendDefaults opens sendDefaults to the tests.
func (c *Config) SendDefaults(s Send) Send { return c.sendDefaults(s) }
