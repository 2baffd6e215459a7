package exchange

import "github.com/interchange-smtp/interchange/connector"

// Merge adds a configuration to the organisation, as connector.Merge does.
// Where commands set what was there before is forgotten; Origins tells it
// until then. After an error the organisation is as it was.
func (o *Org) Merge(cfg connector.Config) error {
	sum := o.Config()
	connector.Merge(&sum, cfg)
	fresh, err := FromConfig(sum)
	if err != nil {
		return err
	}
	fresh.remoteNames = o.remoteNames
	// The cmdlets hold on to o and to these shelves, so both stay.
	fresh.serviceShelves, fresh.remote, fresh.sites = o.serviceShelves, o.remote, o.sites
	fresh.transport.kept, fresh.names, fresh.warned, fresh.Ask = o.transport.kept, o.names, o.warned, o.Ask
	fresh.closed = o.closed || len(cfg.Servers) > 1
	*o = *fresh
	return nil
}
