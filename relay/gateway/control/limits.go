package control

import (
	"errors"
	"net/netip"
	"time"
)

// LimitClient is a client of a Receive connector, for GetLimits.
type LimitClient struct {
	Connector string     `json:"connector"`
	Address   netip.Addr `json:"address"`
	User      string     `json:"user,omitempty"`   // who has logged on
	Sender    string     `json:"sender,omitempty"` // of MAIL, for a client that hasn't logged on
}

// validate returns the first error in c.
func (c *LimitClient) validate() error {
	if c.Connector == "" || !c.Address.IsValid() {
		return errors.New("limits need a Receive connector and the address of a client")
	}
	return nil
}

// texts are the texts of c, for which there are bounds. c may be nil.
func (c *LimitClient) texts() []string {
	if c == nil {
		return nil
	}
	return []string{c.Connector, c.User, c.Sender, c.Address.Zone()}
}

// Limit is a limit that holds for a client, and its counter. docs/limits.md describes each.
type Limit struct {
	Name   string    `json:"limit"`
	By     string    `json:"by"`            // what is counted for itself
	Key    string    `json:"key,omitempty"` // which one; "": the server, or each connection or message
	Value  int64     `json:"value"`         // the counter; 0 for each connection or message
	Bound  int64     `json:"bound"`         // the largest value that passes now; of a time, milliseconds
	Window float64   `json:"windowSeconds,omitempty"`
	Until  time.Time `json:"until,omitzero"` // when the counter begins again
}

// Left is how much of the limit is left.
func (l *Limit) Left() int64 { return max(0, l.Bound-l.Value) }
