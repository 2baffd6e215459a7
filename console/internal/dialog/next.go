package dialog

import "strings"

// NextStep is a step of the guide that follows a dialog: another dialog, and the page of it.
type NextStep struct {
	Text     string // why
	Label    string // of the button that opens the dialog
	Dialog   string
	ID, Page string
	Rights   string // of the dialog Grant, see [Subject]
}

// NextSteps returns the steps that follow the dialog with the values of now.
func (d *Draft) NextSteps() []NextStep {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dialog.NextSteps == nil {
		return nil
	}
	return d.dialog.NextSteps(d.values)
}

// afterReceive are the steps after a Receive connector was made.
func afterReceive(v *Values, server string) []NextStep {
	id := server + `\` + v.Text("name")
	switch v.Text("usage") {
	case internal:
		return []NextStep{{"This connector still offers Exchange Server authentication. If the network secures the connection to the gateway, the guide's third step sets Externally Secured.",
			"Properties: Authentication", ReceiveProperties, id, "authentication", ""}}
	case custom:
		return []NextStep{{"No permission group may use this connector yet, so it refuses all mail. For a gateway that doesn't log on, the guide's third step selects Anonymous users.",
			"Properties: Permission Groups", ReceiveProperties, id, "permission-groups", ""}}
	}
	return nil
}

// afterSend are the steps after a Send connector was made: if it logs on, the gateway will,
// too, at the connector that setup made.
func afterSend(s *Subject, v *Values) []NextStep {
	if !smartHosts(v) || !logsOn(v.Text("auth")) {
		return nil
	}
	for _, door := range []struct{ prefix, rights string }{
		{"Default Frontend ", "ms-Exch-SMTP-Submit,ms-Exch-SMTP-Accept-Any-Sender"}, {"Default ", "ms-Exch-SMTP-Accept-Any-Sender"},
	} {
		for _, r := range s.Config.Receive {
			if strings.EqualFold(r.Name, door.prefix+s.local()) {
				return []NextStep{{"When the gateway logs on at this server to hand over mail from the Internet, its account must send for others, which a user may not do. The guide leaves out this grant.",
					"Grant a right", Grant, s.local() + `\` + r.Name, "permission", door.rights}}
			}
		}
	}
	return nil
}
