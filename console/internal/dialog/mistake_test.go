package dialog_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// at expects mistakes at fields, in order, and that their texts hold no place of the script.
func (w *walk) at(page string, fields ...string) {
	w.t.Helper()
	if w.page != page {
		w.t.Errorf("the page is %q, not %q", w.page, page)
	}
	var got []string
	for _, m := range w.mistakes() {
		got = append(got, m.Field)
		if strings.Contains(m.Text, dialog.ScriptName+":") || strings.Contains(m.Text, "-SendConnector:") || strings.Contains(m.Text, "-ReceiveConnector:") || strings.Contains(m.Text, "]: ") {
			w.t.Errorf("the text has a place in the script: %q", m.Text)
		}
		w.t.Logf("%s: %s", m.Field, m.Text)
	}
	if strings.Join(got, " ") != strings.Join(fields, " ") {
		w.t.Errorf("mistakes are at %q, not at %q: %+v", got, fields, w.mistakes())
	}
}

func TestMistakesOfSendWizard(t *testing.T) {
	cfg, err := run(fresh(permission.Current), "New-SendConnector Out -AddressSpaces *", nil)
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, dialog.SendConnector, dialog.Subject{Config: cfg})
	w.do("next")
	w.at("introduction", "name") // and not that there is no address space
	w.do("next", "name=OUT")
	w.at("introduction", "name")
	w.next("address-space", "next", "name=ToGateway", "usage=Internal")
	w.do("next")
	w.at("address-space", "spaces")
	w.next("address-space", "add:spaces")
	w.do("next", "row.address=*contoso.com", "row.cost=101")
	w.at("address-space", "spaces")
	w.do("ok", "row.address=*.contoso.com")
	w.at("address-space", "spaces") // because of the cost
	w.next("address-space", "ok", "row.cost=10")
	w.next("network-settings", "next")
	if view, _ := w.draft.View(w.page); !view.Groups[0].Fields[0].Choices[0].Disabled || !view.Groups[0].Fields[0].Choices[1].Selected {
		t.Error("usage Internal doesn't demand smart hosts")
	}
	w.do("next", "routing=dns")
	w.at("network-settings", "hosts")
	w.next("network-settings", "add:hosts")
	w.do("next", "row.host=10.0.0.300")
	w.at("network-settings", "hosts")
	w.next("smart-host-security", "next", "row.host=10.0.0.30")
	w.do("next", "auth=BasicAuth")
	w.at("smart-host-security", "user")
	w.do("next", "user=hub")
	w.at("smart-host-security", "user")
	w.next("source-server", "next", "password=secret")
	w.next("source-server", "remove:servers:0")
	w.next("new-connector", "next")
	w.next("source-server", "back")
}

func TestMistakesOfReceiveWizard(t *testing.T) {
	cfg := fresh(permission.Exchange2007)
	w := open(t, dialog.ReceiveConnector, dialog.Subject{Config: cfg})
	w.next("local-network-settings", "next", "name=Relay")
	w.next("local-network-settings", "edit:bindings:0")
	w.do("next", "row.which=one", "row.address=10.2.3", "row.port=25")
	w.at("local-network-settings", "bindings")
	w.next("remote-network-settings", "next", "row.address=10.2.3.4")
	w.do("next")
	w.at("remote-network-settings", "ranges") // those of Default HubA
	w.next("remote-network-settings", "remove:ranges:0")
	w.do("next")
	w.at("remote-network-settings", "ranges")
	w.next("remote-network-settings", "add:ranges")
	w.do("ok", "row.range=192.168.1.10\n192.168.1.300")
	w.at("remote-network-settings", "ranges")
	w.next("remote-network-settings", "ok", "row.range=192.168.1.10\r\n\r\n192.168.2.0/24\r\n192.168.3.1-192.168.3.9")
	w.next("new-connector", "next")
	s, _ := w.draft.Script()
	if want := `New-ReceiveConnector -Name "Relay" -Server "HubA" -Usage Custom -Bindings "10.2.3.4:25" -RemoteIPRanges "192.168.1.10","192.168.2.0/24","192.168.3.1-192.168.3.9"`; s.Text() != want {
		t.Errorf("the command is\n%s\nnot\n%s", s.Text(), want)
	}
	w.finish()

	w = open(t, dialog.ReceiveConnector, dialog.Subject{Config: cfg})
	w.do("next", "name=Mail", "usage=Internet")
	w.do("next", "fqdn=mail.fabrikam.com")
	w.at("local-network-settings", "bindings") // Default HubA has the same clients
	w.next("local-network-settings", "edit:bindings:0")
	w.next("new-connector", "next", "row.port=2525")
	w.finish()
}

func TestMistakesOfProperties(t *testing.T) {
	cfg := fresh(permission.Exchange2007)
	w := open(t, dialog.ReceiveProperties, dialog.Subject{Config: cfg, ID: `huba\default huba`})
	w.next("authentication", "tab:authentication")
	w.do("finish", "externally-secured=on")
	w.at("authentication", "tls")
	w.do("finish", "basic=", "exchange-server=", "integrated=", "basic-tls=")
	w.next("general", "tab:general")
	w.do("tab:network", "size=3")
	w.at("general", "size")
	w.do("tab:network", "size=a lot", "name=")
	w.at("general", "size")
	w.next("network", "tab:network", "size=20480", "name=Default HubA")
	s, _ := w.draft.Script()
	if want := `Set-ReceiveConnector "Default HubA" -MaxMessageSize 20480KB -AuthMechanism Tls,ExternalAuthoritative`; s.Text() != want {
		t.Errorf("the command is\n%s\nnot\n%s", s.Text(), want)
	}
	w.finish()
}
