package gateway

import (
	"context"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/logfile"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/tracking"
	"github.com/interchange-smtp/interchange/routing"
)

// trackingKind is how the message tracking log is written.
var trackingKind = logKind{
	logfile.Format{Prefix: tracking.Prefix, Type: tracking.Type, Version: tracking.Version, Fields: tracking.Fields(), MaxCell: tracking.MaxCell},
	(*connector.Service).MessageTrackingLog,
}

// track has the events written to the message tracking log.
func (g *Gateway) track() {
	p := g.Config.Policy
	name, log := p.Service().Name, g.logs[TrackingLog]
	g.tracker = &tracking.Log{Server: name, Host: hostOf(p, name), Write: log.Write}
	g.tracker.LogSubjects(p.Service().MessageTrackingLog().Subjects)
	g.Events = append(slices.Clone(g.Events), func(ctx context.Context, e event.Event) {
		if log.Enabled() {
			g.tracker.Read(ctx, e)
		}
	})
}

// hostOf returns the FQDN of this server, or else its name.
func hostOf(p *connector.Policy, name string) string {
	servers := p.Config().Servers
	if i := slices.IndexFunc(servers, func(s routing.Server) bool { return s.Name == name && s.FQDN != "" }); i >= 0 {
		return servers[i].FQDN
	}
	return name
}
