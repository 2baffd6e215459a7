package connector

import "strings"

// ReceiveDefaults opens receiveDefaults to the tests.
func (c *Config) ReceiveDefaults(r Receive) Receive { return c.receiveDefaults(r) }

// SendDefaults opens sendDefaults to the tests.
func (c *Config) SendDefaults(s Send) Send { return c.sendDefaults(s) }

// Parameters returns the parameters that decide the check, as Receive.MaxHopCount.
func (c Check) Parameters() []string { return strings.Fields(checkTexts[c].parameters) }

// CanonicalText is the text of v that a fingerprint is made from.
var CanonicalText = canonicalText
