package exchange

import "github.com/interchange-smtp/interchange/connector"

// Merge adds a configuration to the organisation, as connector.Merge does.
// The places of earlier commands are forgotten; Places returns them until then. After an error the organisation is as it was.
func (o *Org) Merge(cfg connector.Config) error {
	sum := o.Config()
	connector.Merge(&sum, cfg)
	fresh, err := FromConfig(sum)
	if err != nil {
		return err
	}
	for it := range fresh.remote.all() {
		if old := o.remote.find(it.key); old != nil {
			it.kept = old.kept
		}
	}
	services := o.services("TransportService")
	for it := range fresh.services("TransportService").all() {
		if old := services.find(it.key); old != nil {
			old.cfg = it.cfg
		} else {
			services.put(it.key, it)
		}
	}
	// The cmdlets hold on to o and to these shelves, so both stay.
	fresh.serviceShelves, fresh.sites = o.serviceShelves, o.sites
	fresh.transport.kept, fresh.names, fresh.warned, fresh.Ask = o.transport.kept, o.names, o.warned, o.Ask
	fresh.closed = o.closed || len(cfg.Servers) > 1
	*o = *fresh
	return nil
}
