package dialog_test

import (
	"reflect"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/permission"
)

var gatewayCredential = param.Credential{UserName: "hub@contoso.com", Password: "outbound"}

// byGuide is the policy that the guide's commands make of a configuration.
func byGuide(t *testing.T, cfg connector.Config, s guide.Scenario) connector.Config {
	t.Helper()
	script, err := guide.Script(s)
	if err != nil {
		t.Fatal(err)
	}
	after, err := run(cfg, string(script), map[string]param.Credential{"mycred": gatewayCredential})
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// same compares two configurations as they are compiled: with all defaults filled in.
func same(t *testing.T, got, want connector.Config) {
	t.Helper()
	a, err := connector.Compile(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := connector.Compile(want)
	if err != nil {
		t.Fatal(err)
	}
	one, two := a.Config(), b.Config()
	if len(one.Send) != len(two.Send) || len(one.Receive) != len(two.Receive) {
		t.Fatalf("there are %d and %d connectors, not %d and %d", len(one.Send), len(one.Receive), len(two.Send), len(two.Receive))
	}
	for i := range two.Send {
		if !reflect.DeepEqual(one.Send[i], two.Send[i]) {
			t.Errorf("Send connector:\n got %+v\nwant %+v", one.Send[i], two.Send[i])
		}
	}
	for i := range two.Receive {
		if !reflect.DeepEqual(one.Receive[i], two.Receive[i]) {
			t.Errorf("Receive connector:\n got %+v\nwant %+v", one.Receive[i], two.Receive[i])
		}
	}
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the policies have other fingerprints")
	}
}

// sendConnector walks through the guide's steps for a Send connector up to the smart host.
func sendConnector(t *testing.T, cfg connector.Config, usage string) *walk {
	t.Helper()
	w := open(t, dialog.SendConnector, dialog.Subject{Config: cfg})
	w.next("address-space", "next", "name=ToInternetGateway", "usage="+usage)
	w.next("address-space", "add:spaces")
	w.next("network-settings", "next", "row.address=*") // which also accepts what was entered
	w.next("network-settings", "add:hosts")
	w.next("network-settings", "ok", "row.host=smtpgateway1.contoso.com")
	w.next("smart-host-security", "next")
	return w
}

// sourceServer walks through the guide's last steps for a Send connector.
func sourceServer(w *walk) connector.Config {
	w.t.Helper()
	w.next("source-server", "add:servers")
	w.next("source-server", "ok", "row.HubA=on")
	w.next("new-connector", "next")
	return w.finish()
}

// profiles are the editions that the scenarios are walked in.
func profiles(t *testing.T, test func(t *testing.T, cfg connector.Config)) {
	for _, p := range []permission.Profile{permission.Current, permission.Exchange2007} {
		t.Run(p.String(), func(t *testing.T) { test(t, fresh(p)) })
	}
}

func TestGuideBasic(t *testing.T) {
	profiles(t, func(t *testing.T, cfg connector.Config) {
		w := sendConnector(t, cfg, "Custom")
		w.next("source-server", "next", "auth=BasicAuthRequireTLS", "user="+gatewayCredential.UserName, "password="+gatewayCredential.Password.Reveal())
		want := byGuide(t, cfg, guide.Basic)
		if cfg.Profile != permission.Exchange2007 { // where one value means the same as the guide's two
			want.Send[0].SmartHostAuthMechanism = auth.BasicAuthRequireTLS
		}
		same(t, sourceServer(w), want)
	})
}

// TestGuideSecured: the console keeps TLS in step 3, which the shell's command leaves out.
// Without it both make the same policy.
func TestGuideSecured(t *testing.T) {
	profiles(t, func(t *testing.T, cfg connector.Config) {
		want := byGuide(t, cfg, guide.Secured)
		w := sendConnector(t, cfg, "Internal")
		w.next("source-server", "next", "auth=ExternalAuthoritative")
		cfg = sourceServer(w)

		w = open(t, dialog.ReceiveConnector, dialog.Subject{Config: cfg, Server: "HubA"})
		w.next("remote-network-settings", "next", "name=FromInternetGateway", "usage=Internal")
		w.next("remote-network-settings", "remove:ranges:0")
		w.next("remote-network-settings", "add:ranges")
		w.next("remote-network-settings", "ok", "row.range=192.168.1.10")
		w.next("new-connector", "next")
		cfg = w.finish()

		w = open(t, dialog.ReceiveProperties, dialog.Subject{Config: cfg, ID: `HubA\FromInternetGateway`})
		w.next("authentication", "tab:authentication")
		w.next("authentication", "stay", "basic=", "exchange-server=", "externally-secured=on")
		after := w.finish()
		r := &after.Receive[len(after.Receive)-1]
		if got := r.AuthMechanism.Or(0); got != auth.TLS|auth.ExternalAuthoritative {
			t.Fatalf("step 3 leaves %v", got)
		}
		r.AuthMechanism = param.Value(auth.ExternalAuthoritative)
		same(t, after, want)
	})
}

func TestGuideRelay(t *testing.T) {
	profiles(t, func(t *testing.T, cfg connector.Config) {
		want := byGuide(t, cfg, guide.Relay)
		w := sendConnector(t, cfg, "Internet")
		w.next("source-server", "next", "auth=None")
		cfg = sourceServer(w)

		w = open(t, dialog.ReceiveConnector, dialog.Subject{Config: cfg, Server: "HubA"})
		w.next("local-network-settings", "next", "name=FromInternetGateway", "usage=Custom")
		w.next("local-network-settings", "remove:bindings:0")
		w.next("local-network-settings", "add:bindings")
		w.next("local-network-settings", "ok", "row.which=one", "row.address=10.2.3.4")
		w.next("remote-network-settings", "next")
		w.next("remote-network-settings", "remove:ranges:0")
		w.next("remote-network-settings", "add:ranges")
		w.next("remote-network-settings", "ok", "row.range=192.168.5.77")
		w.next("new-connector", "next")
		cfg = w.finish()

		w = open(t, dialog.ReceiveProperties, dialog.Subject{Config: cfg, ID: `HubA\FromInternetGateway`})
		w.next("permission-groups", "tab:permission-groups")
		w.next("permission-groups", "stay", "anonymous=on")
		cfg = w.finish()

		w = open(t, dialog.Relay, dialog.Subject{Config: cfg, ID: `HubA\FromInternetGateway`})
		w.next("grant", "next")
		s, _ := w.draft.Script()
		if want := `Get-ReceiveConnector "FromInternetGateway" | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"`; s.Text() != want {
			t.Errorf("the command is\n%s\nthe guide has\n%s", s.Text(), want)
		}
		same(t, w.finish(), want)
	})
}
