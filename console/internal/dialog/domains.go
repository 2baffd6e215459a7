package dialog

import (
	"cmp"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// acceptedDomain makes an accepted domain, or has the properties of one.
func acceptedDomain(s *Subject) (*Dialog, *Values, error) {
	name := Field{Name: "name", Kind: Text, Label: "Name", Parameters: []string{"Name"}}
	domain := Field{Name: "domain", Kind: Text, Label: "Accepted Domain", Help: "As in contoso.com, or *.contoso.com for all domains below it.", Parameters: []string{"DomainName"}}
	kind := Field{Name: "type", Kind: Radio, Label: "This domain is", Parameters: []string{"DomainType"}, Options: []Option{
		{Value: routing.Authoritative.String(), Label: "Authoritative Domain", Help: "All its mailboxes are in this organization."},
		{Value: routing.InternalRelay.String(), Label: "Internal Relay Domain", Help: "Some of its mailboxes are elsewhere; a Send connector leads there."},
		{Value: routing.ExternalRelay.String(), Label: "External Relay Domain", Help: "None of its mailboxes is in this organization; a Send connector leads there."},
	}}
	v := &Values{}
	if s.ID == "" {
		v.set("type", routing.Authoritative.String())
		d := oneTab("New Accepted Domain", "", "New", name, domain, kind)
		d.Commands = func(v *Values) (script Script) {
			script.Object = source.Named("Accepted", v.Text("name"))
			script.command("New-AcceptedDomain")
			script.add("Name", quoted(v.Text("name")))
			script.add("DomainName", quoted(v.Text("domain")))
			script.add("DomainType", word(v.Text("type")))
			return script
		}
		return d, v, nil
	}
	for _, a := range s.Config.Accepted {
		known := cmp.Or(a.Name, a.DomainName)
		if !strings.EqualFold(known, s.ID) {
			continue
		}
		v.set("name", known)
		v.set("domain", a.DomainName)
		v.set("type", cmp.Or(a.DomainType, routing.Authoritative).String())
		v.check("subdomains", a.MatchSubDomains)
		domain.Kind, domain.Help = Fact, "The domain can't be changed. Make another accepted domain for another domain."
		d := oneTab("Properties of an accepted domain", known, "OK", name, domain, kind,
			Field{Name: "subdomains", Kind: Check, Label: "Accept mail for all subdomains", Parameters: []string{"MatchSubDomains"}})
		d.setter("Accepted", target{noun: "AcceptedDomain", name: known}, v.clone(),
			textParameter("Name", "name"), wordParameter("DomainType", "type"), checkParameter("MatchSubDomains", "subdomains"))
		return d, v, nil
	}
	return nil, nil, absent("accepted domain", s.ID)
}

// remoteDomain makes a remote domain, or has the properties of one.
func remoteDomain(s *Subject) (*Dialog, *Values, error) {
	name := Field{Name: "name", Kind: Text, Label: "Name", Parameters: []string{"Name"}}
	domain := Field{Name: "domain", Kind: Text, Label: "Domain name", Help: "As in contoso.com.", Parameters: []string{"DomainName"}}
	v := &Values{}
	if s.ID == "" {
		d := oneTab("New Remote Domain", "", "New", name, domain, Field{Name: "subdomains", Kind: Check, Label: "Include all subdomains"})
		d.Commands = func(v *Values) (script Script) {
			script.Object = source.Named("Remote", v.Text("name"))
			script.command("New-RemoteDomain")
			script.add("Name", quoted(v.Text("name")))
			text := v.Text("domain")
			if v.On("subdomains") && text != "" && !strings.HasPrefix(text, "*") {
				text = "*." + text
			}
			script.add("DomainName", quoted(text))
			return script
		}
		return d, v, nil
	}
	for _, r := range s.Config.Remote {
		if !strings.EqualFold(r.Name, s.ID) {
			continue
		}
		v.set("name", r.Name)
		v.set("domain", r.DomainName)
		v.check("reports", r.DeliveryReportEnabled.Or(true))
		v.check("ndr", r.NDREnabled.Or(true))
		domain.Kind, domain.Help = Fact, "The domain can't be changed. Make another remote domain for another domain."
		d := oneTab("Properties of a remote domain", r.Name, "OK", name, domain,
			Field{Name: "reports", Kind: Check, Label: "Allow delivery reports", Help: "Senders in the domain get the reports of successful delivery that they asked for.", Parameters: []string{"DeliveryReportEnabled"}},
			Field{Name: "ndr", Kind: Check, Label: "Allow non-delivery reports", Help: "Senders in the domain get non-delivery reports.", Parameters: []string{"NDREnabled"}})
		d.setter("Remote", target{noun: "RemoteDomain", name: r.Name}, v.clone(),
			textParameter("Name", "name"), checkParameter("DeliveryReportEnabled", "reports"), checkParameter("NDREnabled", "ndr"))
		return d, v, nil
	}
	return nil, nil, absent("remote domain", s.ID)
}

// oneTab is a dialog with the one tab General.
func oneTab(title, object, action string, fields ...Field) *Dialog {
	return &Dialog{Title: title, Object: object, Action: action, Pages: []Page{{Name: "general", Title: "General", Fields: fields}}}
}

// setter makes the dialog change the parameters of an object of a list whose values aren't
// those of before.
func (d *Dialog) setter(list source.Path, t target, before *Values, parameters ...parameter) {
	d.Commands = func(v *Values) (script Script) {
		script.Object = source.Named(list, cmp.Or(v.Text("name"), t.name))
		script.changed(t, v, before, parameters)
		return script
	}
}
