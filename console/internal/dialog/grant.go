package dialog

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// The names of the guide's last step.
const (
	anonymous    = `NT AUTHORITY\ANONYMOUS LOGON`
	anyRecipient = "Ms-Exch-SMTP-Accept-Any-Recipient"
)

// The two ways in which a right is set.
const (
	allow = "allow"
	deny  = "deny"
)

// relay is the guide's last step of anonymous relay: the right to send to any domain.
func relay(s *Subject) (*Dialog, *Values, error) {
	r, err := s.receive()
	if err != nil {
		return nil, nil, err
	}
	v := &Values{}
	t := s.connectorTarget(&r)
	v.set("connector", t.identity())
	v.set("user", anonymous)
	v.set("right", anyRecipient)
	d := &Dialog{Title: "Allow relay to any domain", Object: r.Name, Wizard: true, Action: "Grant", Pages: []Page{
		{Name: "permission", Title: "Relay permission", Intro: "The principal may then send through this connector to recipients in any domain. For anonymous clients, the addresses of the Network tab are the only protection.", Fields: []Field{
			{Name: "connector", Kind: Fact, Label: "Receive connector"},
			{Name: "user", Kind: Text, Label: "Security principal", Help: "Anonymous clients are " + anonymous + ".", Parameters: []string{"User"}},
			{Name: "right", Kind: Fact, Label: "Extended right", Parameters: []string{"ExtendedRights"}},
		}},
		{Name: "grant", Title: "Grant", Summary: true},
		completion,
	}}
	d.Prerequisites = func(*Values, Facts) []Prerequisite { return relayPrerequisites(&r) }
	d.Commands = func(v *Values) (script Script) {
		script.Object = source.Named("Receive", r.Name)
		script.grant(t, v, []string{anyRecipient}, false)
		return script
	}
	return d, v, nil
}

// grant grants or denies rights on a connector.
func grant(s *Subject) (*Dialog, *Values, error) {
	var t target
	var object source.Path
	if r, err := s.receive(); err == nil {
		t, object = s.connectorTarget(&r), source.Named("Receive", r.Name)
	} else if c, err := s.send(); err == nil {
		t, object = target{noun: "SendConnector", name: c.Name}, source.Named("Send", c.Name)
	} else {
		return nil, nil, absent("connector", s.ID)
	}
	v := &Values{}
	v.set("connector", t.identity())
	v.set("effect", allow)
	for name := range strings.SplitSeq(s.Rights, ",") {
		if right, err := permission.ParseRight(name); err == nil {
			v.check(right.String(), true)
		}
	}
	fields := []Field{
		{Name: "connector", Kind: Fact, Label: "Connector"},
		{Name: "user", Kind: Text, Label: "Security principal", Help: `A user or group, as in smtpgateway@fabrikam.com or CONTOSO\printers. Anonymous clients are ` + anonymous + ".", Parameters: []string{"User"}},
		{Name: "effect", Kind: Radio, Label: "The rights below are", Parameters: []string{"Deny"}, Options: []Option{
			{Value: allow, Label: "Granted"}, {Value: deny, Label: "Denied", Help: "A denied right outweighs any grant."},
		}},
	}
	for r := permission.Submit; r.IsValid(); r++ {
		if strings.Contains(r.String(), "-SMTP-Send-") == (t.noun == "SendConnector") {
			fields = append(fields, Field{Name: r.String(), Kind: Check, Label: r.String(), Group: "Extended rights"})
		}
	}
	fields[3].Parameters = []string{"ExtendedRights"}
	d := &Dialog{Title: "Grant or deny a right", Object: t.name, Wizard: true, Action: "Grant", Pages: []Page{
		{Name: "permission", Title: "Rights", Fields: fields},
		{Name: "grant", Title: "Grant", Summary: true},
		completion,
	}}
	d.Commands = func(v *Values) (script Script) {
		script.Object = object
		var rights []string
		for r := permission.Submit; r.IsValid(); r++ {
			if v.On(r.String()) {
				rights = append(rights, r.String())
			}
		}
		script.grant(t, v, rights, v.Text("effect") == deny)
		return script
	}
	return d, v, nil
}

// grant appends the command that grants or denies rights on a connector.
func (s *Script) grant(t target, v *Values, rights []string, deny bool) {
	t.get(s)
	s.pipe("Add-ADPermission")
	s.add("User", quoted(v.Text("user")))
	s.add("ExtendedRights", list(rights))
	if deny {
		s.flag("Deny")
	}
}
