package shell

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// transport sets what setup sets, and what connectors depend on.
func (p *printer) transport() {
	t := p.cfg.Transport
	trim(&t, &schema.TransportConfig, func() connector.Transport { return t.WithDefaults(p.cfg) })
	t.MaxReceiveSize = cmp.Or(t.MaxReceiveSize, param.UnlimitedSize)
	t.MaxSendSize = cmp.Or(t.MaxSendSize, param.UnlimitedSize)
	t.MaxRecipientEnvelopeLimit = cmp.Or(t.MaxRecipientEnvelopeLimit, param.Unlimited)
	t.UseDowngradedExchangeServerAuth = false // which is of Set-TransportService
	c := command{name: "Set-TransportConfig"}
	for name, text := range p.fields("Transport", reflect.ValueOf(&t).Elem()) {
		c.add(name, text)
	}
	p.line(c.String())
}

// services sets how servers deliver.
func (p *printer) services() {
	if p.cfg.Transport.UseDowngradedExchangeServerAuth {
		c := command{name: "Set-TransportService"}
		c.add("Identity", p.quote("Server", p.local()))
		c.add("UseDowngradedExchangeServerAuth", "$true")
		p.line(c.String())
	}
	for i, s := range p.cfg.Services {
		path := source.Path("Services").Index(i)
		trim(&s, &schema.TransportService, func() connector.Service { return s.WithDefaults(p.cfg) })
		c := command{name: "Set-TransportService"}
		c.add("Identity", p.quote(path+".Name", cmp.Or(p.cfg.Services[i].Name, p.local())))
		s.Name = ""
		for name, text := range p.fields(path, reflect.ValueOf(&s).Elem()) {
			c.add(name, text)
		}
		if len(c.parameters) > 1 {
			p.line(c.String())
		}
	}
}

// remote sets which reports senders of other domains get. Every organisation has a
// remote domain Default for *.
func (p *printer) remote() {
	const name, all = "Default", "*"
	taken := false // the name is another's
	for i := range p.cfg.Remote {
		if d := &p.cfg.Remote[i]; d.DomainName == all {
			set := p.remoteFlags(d)
			if d.Name != name {
				set.add("Name", p.quote(source.Named("Remote", d.Name), d.Name))
			}
			if len(set.parameters) > 0 {
				set.name += " " + name
				p.line(set.String())
			}
			taken = false
			break
		} else if strings.EqualFold(d.Name, name) {
			taken = true
		}
	}
	if taken {
		p.line("Remove-RemoteDomain " + name + " -Confirm:$false")
	}
	for i := range p.cfg.Remote {
		d := &p.cfg.Remote[i]
		if d.DomainName == all {
			continue
		}
		path := source.Named("Remote", d.Name)
		c := command{name: "New-RemoteDomain"}
		c.add("Name", p.quote(path+".Name", d.Name))
		c.add("DomainName", p.quote(path+".DomainName", d.DomainName))
		text := c.String()
		if set := p.remoteFlags(d); len(set.parameters) > 0 {
			text += " | " + set.String()
		}
		p.line(text)
	}
}

func (p *printer) remoteFlags(d *connector.RemoteDomain) command {
	set := command{name: "Set-RemoteDomain"}
	if !d.NDREnabled.Or(true) {
		set.add("NDREnabled", "$false")
	}
	if !d.DeliveryReportEnabled.Or(true) {
		set.add("DeliveryReportEnabled", "$false")
	}
	return set
}
