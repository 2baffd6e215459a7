package observed

import (
	"cmp"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Policy is a policy as its text gives it.
type Policy struct{ *semantics.Policy }

// Read reads the text of a policy, as semantics.Read does.
func Read(canonical []byte) (*Policy, error) {
	p, err := semantics.Read(canonical)
	if err != nil {
		return nil, err
	}
	for _, r := range p.Receivers {
		if _, err := semantics.ParseSize(cmp.Or(r.MaxHeaderSize, "Unlimited")); err != nil {
			return nil, fmt.Errorf("the Receive connector %q: %w", r.Name, err)
		}
	}
	return &Policy{p}, nil
}

// messageLimits are the limits of a Receive connector for what comes with DATA.
type messageLimits struct{ header, hops, localHops int64 }

// limits returns the limits of a Receive connector.
// docs/cmdlets.md "New-ReceiveConnector, …", column Default.
func (p *Policy) limits(r *semantics.Receiver) messageLimits {
	header, localHops := "256KB", int64(12)
	if p.In2007() {
		header, localHops = "64KB", 8
	}
	size, _ := semantics.ParseSize(cmp.Or(r.MaxHeaderSize, header)) // Read has checked it
	return messageLimits{size, cmp.Or(r.MaxHopCount, 60), semantics.Or(r.MaxLocalHopCount, localHops)}
}
