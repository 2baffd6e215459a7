package export_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func load(t *testing.T, names ...string) (exports []*export.Export) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		e, err := export.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		exports = append(exports, e)
	}
	return exports
}

func merge(t *testing.T, names ...string) (connector.Config, source.Map, string) {
	t.Helper()
	var cfg connector.Config
	origins := source.Map{}
	warnings, err := export.Merge(&cfg, origins, load(t, names...)...)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, w := range warnings {
		b.WriteString(w.String() + "\n")
	}
	return cfg, origins, b.String()
}

// The exports of an old server become a policy that does what it did, and
// every value is found again in its file.
func TestMigration(t *testing.T) {
	cfg, origins, warnings := merge(t, "receive.txt", "send.txt", "accepted.txt", "permission.txt")
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if want := []routing.Server{{Name: "EX01", FQDN: "EX01.contoso.com"}, {Name: "EX02"}}; !reflect.DeepEqual(cfg.Servers, want) {
		t.Errorf("servers %+v", cfg.Servers)
	}
	relay := cfg.Receive[1]
	if got := relay.RemoteIPRanges[2].String(); len(relay.RemoteIPRanges) != 4 || got != "10.0.7.1-10.0.7.9" {
		t.Errorf("ranges %v", relay.RemoteIPRanges)
	}
	if relay.MaxMessageSize != 50*param.MB || relay.TransportRole != param.FrontendTransport || relay.ConnectionTimeout != 10*time.Minute {
		t.Errorf("%+v", relay)
	}
	want := []permission.Grant{
		{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
		{To: permission.NameSID(`CONTOSO\scanner`), Deny: permission.SetOf(permission.AcceptAnySender)},
	}
	if !reflect.DeepEqual(relay.Permissions, want) {
		t.Errorf("permissions %v, want %v", relay.Permissions, want)
	}
	if got := cfg.Send[0].SmartHosts[1].String(); got != "[203.0.113.10]" {
		t.Errorf("smart host %s", got)
	}
	dialog := connector.Dialog{Local: param.MustParseBinding("10.2.3.4:25"), Helo: "gateway",
		From: routing.MustParseAddress("a@fabrikam.com"), To: []routing.Address{routing.MustParseAddress("b@example.net")}}
	for client, accepted := range map[string]bool{"192.168.5.77": true, "192.0.2.9": false} {
		dialog.Remote = param.MustParseRange(client).Low()
		if w := p.Walk(dialog); w.Accepted() != accepted {
			t.Errorf("%s: %v", client, w)
		}
	}
	for path, at := range map[source.Path]string{
		`Receive["Relay"]`:                          "receive.txt:78",
		`Receive["Relay"].RemoteIPRanges[3]`:        "receive.txt:118",
		`Receive["Relay"].Permissions[0]`:           "permission.txt:54",
		`Send["To Internet"].SmartHosts`:            "send.txt:31",
		`Accepted["contoso.com"].DomainType`:        "accepted.txt:4",
		`Receive["Default Frontend EX01"].Bindings`: "receive.txt:7",
	} {
		if got, ok := origins.Find(path); !ok || got.String() != at {
			t.Errorf("%s: %v, want %s", path, got, at)
		}
	}
	for _, part := range []string{
		"receive.txt:13: Receive[\"Default Frontend EX01\"].BareLinefeedRejectionEnabled: messages with bare line feeds are taken",
		"permission.txt:80: Permission[\"EX01\\\\Relay\"].AccessRights: rights to the directory object are ignored",
	} {
		if !strings.Contains(warnings, part) {
			t.Errorf("no warning %s in\n%s", part, warnings)
		}
	}
	if n := strings.Count(warnings, "\n"); n != 2 {
		t.Errorf("%d warnings:\n%s", n, warnings)
	}
}

// The same connector in the other forms.
func TestForms(t *testing.T) {
	want := connector.Receive{
		Name: "Relay", Server: "EX01", TransportRole: param.FrontendTransport, Enabled: param.Value(true),
		Bindings:          connector.Receive{}.Bindings,
		AuthMechanism:     param.Value(auth.TLS),
		PermissionGroups:  param.Value(permission.AnonymousUsers | permission.Custom),
		RemoteIPRanges:    []param.Range{param.MustParseRange("10.0.5.10"), param.MustParseRange("10.0.6.0/24")},
		ConnectionTimeout: 10 * time.Minute, MaxMessageSize: 36 * param.MB, MessageRateLimit: param.Unlimited,
	}
	want.Bindings = append(want.Bindings, param.MustParseBinding("0.0.0.0:25"))
	for _, name := range []string{"receive.xml", "receive.json", "receive.csv"} {
		cfg, _, warnings := merge(t, name)
		got := cfg.Receive[0]
		switch name { // what only this form's example holds
		case "receive.xml":
			got.MaxHopCount = 0
		case "receive.json":
			got.MaxInboundConnectionPerSource = 0
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
		if !strings.Contains(warnings, "Custom says that Add-ADPermission granted rights") {
			t.Errorf("%s: the unknown grants go unmentioned:\n%s", name, warnings)
		}
	}
}

func TestPlacesOfElements(t *testing.T) {
	_, origins, _ := merge(t, "receive.xml")
	if got := origins[`Receive["Relay"].RemoteIPRanges[1]`]; got.String() != "receive.xml:10" {
		t.Errorf("%v", got)
	}
	if _, ok := origins.Find(`Receive["Other"].Name`); ok {
		t.Error("found what isn't there")
	}
}

// Every value that can't be read is reported, with its place and with what
// would be right.
func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a.txt", "Name : Relay\nBindings : {0.0.0.0:25, 0.0.0.0:26, 0.0.0.0:27, 0.0.0.0:28...}\nMaxHopCount : many\nEnabled : yes\n",
			"a.txt:2: Receive[\"Relay\"].Bindings: the list was cut off|a.txt:3: Receive[\"Relay\"].MaxHopCount: \"many\" is not a whole number|a.txt:4: Receive[\"Relay\"].Enabled: \"yes\" is neither True nor False"},
		{"a.json", "[{\"Name\": \"Relay\", \"Bindings\": [\"0.0.0.0:25\",\n\"nonsense\"],\n\"MessageRateSource\": 9, \"MaxMessageSize\": {}}]",
			"a.json:2: Receive[\"Relay\"].Bindings[1]: |a.json:3: Receive[\"Relay\"].MessageRateSource: 9 is not the number of a value|a.json:3: Receive[\"Relay\"].MaxMessageSize: it holds an object"},
		{"a.csv", "Name,Bindings,MaxMessageSize,MaxHopCount\nRelay,Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPBinding],36,0\n",
			"a.csv:2: Receive[\"Relay\"].Bindings: the export holds the type of the list|36 is a bare number, which means bytes; if the export counts in MB, write 36MB|MaxHopCount: 0 is out of range"},
		{"a.txt", "Bindings : {0.0.0.0:25}\n", "a.txt:1: Receive[\"\"].Name: it is missing"},
		{"a.txt", "User : x\nExtendedRights : {ms-Exch-SMTP-Submit}\n", "a.txt:1: Permission[\"\"].Identity: it is missing"},
		{"a.txt", "User :\nIdentity : Relay\nExtendedRights : {ms-Exch-SMTP-Submit}\n", "a.txt:1: Permission[\"Relay\"].User: "},
		{"a.txt", "Name : x\n", "a.txt:1: there is no connector, domain, permission or transport setting in it"},
		{"a.txt", "Name    Enabled\n----    -------\n", "a.txt:2: this is a table"},
		{"a.xml", "<!DOCTYPE x><Objs/>", "a.xml:1: a document type isn't accepted"},
		{"a.ps1", "New-ReceiveConnector x", "a.ps1:1: this isn't output of"},
		{"a.bin", "\xff\xfex", "a.bin:1: "},
	} {
		_, err := export.Read(test.name, []byte(test.text))
		var errs source.Diagnostics
		if !errors.As(err, &errs) {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		for part := range strings.SplitSeq(test.want, "|") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("no %q in\n%v", part, err)
			}
		}
	}
}

func TestReadWarns(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"Name : a\nBindings : {0.0.0.0:25}\nFrobnicate : x\nGuid : y\n\nName : b\nBindings : {0.0.0.0:25}\nFrobnicate : x\n", "a.txt:3: Receive[\"a\"].Frobnicate: this property is unknown"},
		{"Name : a\nBindings : {0.0.0.0:25}\nLiveCredentialEnabled : True\n", "a.txt:3: Receive[\"a\"].LiveCredentialEnabled: True has no meaning here"},
		{"Name : a\nBindings : {0.0.0.0:25}\nLiveCredentialEnabled : False\nproxyenabled : True\n", "a.txt:4: Receive[\"a\"].proxyenabled: True has no meaning here"},
		{"Name : a\nAddressSpaces : {SMTP:*;1}\nIsCoexistenceConnector : False\nLinkedReceiveConnector : In\n", "a.txt:4: Send[\"a\"].LinkedReceiveConnector: In has no meaning here"},
		{"Name : a\nAddressSpaces : {SMTP:*;1}\nSmartHostCredentials : {a.example}\n", "a.txt:3: Send[\"a\"].SmartHostCredentials: {a.example} has no meaning here"},
		{"Name : a\nBindings : {0.0.0.0:25}\n", "a.txt:1: Receive[\"a\"]: the export has no AuthMechanism, Enabled, MaxMessageSize, PermissionGroups, RemoteIPRanges, RequireTLS;"},
		{"User : x\nIdentity : Relay\nAccessRights : {ExtendedRight}\nExtendedRights :\n", "a.txt:4: Permission[\"Relay\"].ExtendedRights: no right is named"},
		{"User : x\nIdentity : Relay\nExtendedRights : {Send-As}\n", "a.txt:3: Permission[\"Relay\"].ExtendedRights: the right Send-As is not a right of connectors"},
	} {
		e, err := export.Read("a.txt", []byte(test.text))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		found := 0
		for _, w := range e.Warnings {
			if strings.HasPrefix(w.String(), test.want) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d times %q in %v", found, test.want, e.Warnings)
		}
	}
}

func TestTransport(t *testing.T) {
	e, err := export.Read("a.txt", []byte("MaxReceiveSize : 20 MB (20,971,520 bytes)\nMaxSendSize : Unlimited\nMaxRecipientEnvelopeLimit : 500\n"+
		"TLSReceiveDomainSecureList : {fabrikam.com, contoso.com}\nGenerateCopyOfDSNFor : {5.1.4, 5.4.8}\nXexch50Enabled : True\nIdentity : Transport Settings\n"))
	if err != nil || len(e.Warnings) != 1 {
		t.Fatal(err, e)
	}
	cfg := connector.Config{Transport: connector.Transport{MaxReceiveSize: param.MB, TLSReceiveDomainSecureList: []string{"a.example"}}}
	origins := source.Map{}
	if _, err := export.Merge(&cfg, origins, e); err != nil {
		t.Fatal(err)
	}
	want := connector.Transport{MaxReceiveSize: 20 * param.MB, MaxSendSize: param.UnlimitedSize, MaxRecipientEnvelopeLimit: 500,
		TLSReceiveDomainSecureList: []string{"a.example", "fabrikam.com", "contoso.com"},
		GenerateCopyOfDSNFor:       param.Value(param.MustParseStatusCodes("5.4.8, 5.1.4"))}
	if !reflect.DeepEqual(cfg.Transport, want) || origins["Transport.MaxSendSize"].Line != 2 {
		t.Errorf("%+v %v", cfg.Transport, origins)
	}
}

// A list of status codes may be empty. One that is cut off, as PowerShell prints the default, is passed over.
func TestStatusCodes(t *testing.T) {
	for text, want := range map[string]param.Setting[param.StatusCodes]{
		"{}":                              param.Value(param.StatusCodes{}),
		"{5.4.6}":                         param.Value(param.MustParseStatusCodes("5.4.6")),
		"{5.4.8, 5.4.6, 5.4.4, 5.2.4...}": {},
	} {
		e, err := export.Read("a.txt", []byte("MaxReceiveSize : 20 MB (20,971,520 bytes)\nMaxRecipientEnvelopeLimit : 500\nTLSReceiveDomainSecureList : {}\nGenerateCopyOfDSNFor : "+text+"\n"))
		if err != nil {
			t.Fatal(text, err)
		}
		var cfg connector.Config
		warnings, err := export.Merge(&cfg, nil, e)
		if err != nil || cfg.Transport.GenerateCopyOfDSNFor != want {
			t.Errorf("%s: %v, %v, want %v", text, cfg.Transport.GenerateCopyOfDSNFor, err, want)
		}
		_, given := want.Get()
		if warned := strings.Contains(fmt.Sprint(warnings, e.Warnings), "the default applies"); warned == given {
			t.Errorf("%s: %v %v", text, warnings, e.Warnings)
		}
	}
}

// No export holds a password: what is there is kept, and Compile asks for the rest.
func TestCredential(t *testing.T) {
	list := "Name : a\nAddressSpaces : {SMTP:*;1}\nSmartHosts : {mx}\nSmartHostAuthMechanism : BasicAuthRequireTLS\nAuthenticationCredential : System.Management.Automation.PSCredential\n"
	clixml := `<Objs><Obj><MS><S N="Name">a</S><S N="AddressSpaces">*</S><S N="SmartHosts">mx</S><S N="SmartHostAuthMechanism">BasicAuthRequireTLS</S>
		<Obj N="AuthenticationCredential"><TN><T>System.Management.Automation.PSCredential</T></TN><ToString>System.Management.Automation.PSCredential</ToString>
		<Props><S N="UserName">hub</S><SS N="Password">0100</SS></Props></Obj></MS></Obj></Objs>`
	for text, user := range map[string]string{list: "", clixml: "hub"} {
		e, err := export.Read("a", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Config.Send[0].AuthenticationCredential; got == nil || *got != (param.Credential{UserName: user}) {
			t.Errorf("%+v", got)
		}
		if at, _ := e.Places.Find(`Send["a"].AuthenticationCredential`); at.Line < 2 {
			t.Errorf("%v", at)
		}
		var problems source.Diagnostics
		if _, err := connector.Compile(e.Config); !errors.As(err, &problems) || problems[0].Code != connector.CodeCredentialMissing {
			t.Errorf("%v", err)
		}
	}
}

func TestMerge(t *testing.T) {
	read := func(text string) *export.Export {
		t.Helper()
		e, err := export.Read("a.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	relay := read("Name : Relay\nServer : EX01\nBindings : {0.0.0.0:25}\nRemoteIPRanges : {10.0.0.1}\nPermissionGroups : AnonymousUsers\n")
	twin := read("Name : Relay\nServer : EX02\nBindings : {0.0.0.0:25}\nRemoteIPRanges : {10.0.0.1}\n")
	ace := func(identity, more string) *export.Export {
		return read("User : NT AUTHORITY\\ANONYMOUS LOGON\nIdentity : " + identity + "\nExtendedRights : {ms-Exch-SMTP-Accept-Any-Recipient}\n" + more)
	}

	var cfg connector.Config
	_, err := export.Merge(&cfg, nil, relay, twin, ace("Relay", ""))
	if err == nil || !strings.Contains(err.Error(), "2 connectors have that name") || len(cfg.Receive) != 0 {
		t.Errorf("%v, %+v", err, cfg)
	}
	dn := "CN=Relay,CN=SMTP Receive Connectors,CN=Protocols,CN=EX02,CN=Servers,CN=Contoso"
	for _, identity := range []string{`EX02\Relay`, dn} {
		cfg = connector.Config{}
		if _, err = export.Merge(&cfg, nil, relay, twin, ace(identity, "")); err != nil {
			t.Fatal(err)
		}
		if len(cfg.Receive[0].Permissions) != 0 || len(cfg.Receive[1].Permissions) != 1 {
			t.Errorf("%s: %+v", identity, cfg.Receive)
		}
	}
	// A script's connector, before the export of its permissions.
	cfg = connector.Config{Server: "EX09", Receive: []connector.Receive{{Name: "Script"}}}
	warnings, err := export.Merge(&cfg, nil, ace("Script", "IsInherited : True\nDeny : True\n"), ace("Absent", ""))
	if err != nil || cfg.Receive[0].Permissions[0].Deny != permission.SetOf(permission.AcceptAnyRecipient) || cfg.Servers[0].Name != "EX09" {
		t.Errorf("%v %+v", err, cfg)
	}
	for i, part := range []string{`Permission["Absent"]: there is no connector of that name`, "by inheritance"} {
		if !strings.Contains(warnings[i].String(), part) {
			t.Errorf("no %q in %v", part, warnings)
		}
	}
	// Servers by name and by FQDN.
	for server, want := range map[string][]routing.Server{
		"":                 {{Name: "EX01"}, {Name: "EX02"}},
		"EX02":             {{Name: "EX01"}, {Name: "EX02"}},
		"ex02.contoso.com": {{Name: "EX01"}, {Name: "EX02", FQDN: "ex02.contoso.com"}},
		"hub.contoso.com":  {{Name: "EX01"}, {Name: "EX02"}, {Name: "hub", FQDN: "hub.contoso.com"}},
	} {
		cfg = connector.Config{Server: server}
		if _, err = export.Merge(&cfg, nil, relay, twin); err != nil || !reflect.DeepEqual(cfg.Servers, want) {
			t.Errorf("%s: %v %+v", server, err, cfg.Servers)
		}
	}
	// The old list lacks what the group gives here.
	cfg = connector.Config{}
	warnings, err = export.Merge(&cfg, nil, relay, ace("Relay", ""))
	last := warnings[len(warnings)-1].String()
	if err != nil || !strings.Contains(last, "AnonymousUsers gives NT AUTHORITY\\ANONYMOUS LOGON rights of which the list names none") || len(cfg.Receive[0].Permissions) != 1 {
		t.Errorf("%v %v %v", err, last, cfg.Receive[0].Permissions)
	}
}

// A right of a permission group, or of every Send connector, that the old server's
// list doesn't have was taken away there, and isn't given here either.
func TestTakenRights(t *testing.T) {
	read := func(name, text string) *export.Export {
		t.Helper()
		e, err := export.Read(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	list := func(identity string, entries ...string) *export.Export {
		text := "\"Identity\",\"User\",\"ExtendedRights\",\"Deny\"\n"
		for _, entry := range entries {
			user, right, _ := strings.Cut(entry, ": ")
			text += fmt.Sprintf("%q,%q,%q,%q\n", identity, user, right, "False")
		}
		return read("permissions.csv", strings.ReplaceAll(text, `\\`, `\`))
	}
	relay := read("receive.txt", "Name : Relay\nServer : EX01\nBindings : {0.0.0.0:25}\nRemoteIPRanges : {10.0.0.0/8}\nAuthMechanism : Tls\nPermissionGroups : AnonymousUsers\nEnabled : True\nRequireTLS : False\nMaxMessageSize : 36 MB (37,748,736 bytes)\n")
	out := read("send.txt", "Name : Out\nAddressSpaces : {SMTP:*;1}\nSmartHosts : {}\nSmartHostAuthMechanism : None\nEnabled : True\nRequireTLS : False\nMaxMessageSize : Unlimited\n")
	var cfg connector.Config
	notes, err := export.Merge(&cfg, nil, relay, out,
		list(`EX01\Relay`, `NT AUTHORITY\ANONYMOUS LOGON: ms-Exch-SMTP-Submit`, `NT AUTHORITY\ANONYMOUS LOGON: ms-Exch-SMTP-Accept-Any-Sender`),
		list("Out", `MS Exchange\Partner Servers: ms-Exch-Send-Headers-Routing`))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		if n.Severity != source.SeverityNote {
			t.Errorf("a warning: %v", n)
		}
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	in := p.Select(param.MustParseBinding("10.0.0.1:25"), param.MustParseRange("10.9.9.9").Low(), nil)
	if got, want := in.ACL().Rights(permission.Anonymous()), permission.SetOf(permission.Submit, permission.AcceptAnySender); got != want {
		t.Errorf("anonymous clients hold %v, want %v", got, want)
	}
	for out := range p.Send() {
		if out.Headers(routing.MustParseDomain("example.net"), nil).Keep("Received") {
			t.Error("Received fields are sent, though the old server hid them")
		}
	}
}

func TestDetect(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       export.Form
	}{
		{"x", "\n\nName : a", export.List},
		{"x", "[PS] C:\\>Get-ReceiveConnector | fl\nName : a", export.List},
		{"x", "#TYPE a\n", export.CSV},
		{"x", "\"Name\",\"Bindings\"\n", export.CSV},
		{"x.csv", "Name,Bindings\n", export.CSV},
		{"x", "[{\"Name\": \"a\"}]", export.JSON},
		{"x", "{\"Name\": \"a\"}", export.JSON},
		{"x.json", "{\n  \"Receive\": []}", export.Unknown},
		{"x.json", "{\"Server\": \"HubA\", \"Receive\": []}", export.Unknown},
		{"x.json", "{\"Server\": \"HubA\"}", export.Unknown},
		{"x.json", "{}", export.Unknown},
		{"x.json", "{\"Receive\": [ broken", export.Unknown},
		{"x.json", "{\"Name\": [ broken", export.JSON},
		{"x.json", "{\"Server\": \"HubA\", \"Name\": \"Relay\"}", export.JSON},
		{"x.txt", "\xff\xfe<\x00O\x00", export.CLIXML},
		{"x.ps1", "\"text\" | Write-Host", export.Unknown},
		{"x.ps1", "New-ReceiveConnector", export.Unknown},
	} {
		if got := export.Detect(test.name, []byte(test.text)); got != test.want {
			t.Errorf("%s %q: %v, want %v", test.name, test.text, got, test.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Ext(name), data)
	}
	f.Fuzz(func(t *testing.T, ext string, data []byte) {
		e, err := export.Read("a"+ext, data)
		if (e == nil) == (err == nil) {
			t.Fatalf("%v %v", e, err)
		}
		if err != nil {
			return
		}
		var cfg connector.Config
		if _, err := export.Merge(&cfg, nil, e); err == nil {
			_, _ = connector.Compile(cfg)
		}
	})
}

// TestServiceAndRemote reads how servers deliver, and what senders elsewhere are
// told, as 2010 lists them.
func TestServiceAndRemote(t *testing.T) {
	service, err := export.Read("s.txt", []byte("Name : EX01\nTransientFailureRetryCount : 3\nMessageExpirationTimeout : 1.00:00:00\n"+
		"MaxPerDomainOutboundConnections : 20\nMaxOutboundConnections : Unlimited\nPoisonThreshold : 2\nIdentity : EX01\n"))
	if err != nil || len(service.Warnings) != 1 {
		t.Fatal(err, service)
	}
	remote, err := export.Read("r.txt", []byte("DomainName : *\nAllowedOOFType : External\nNDREnabled : False\nDeliveryReportEnabled : True\nName : Default\nIdentity : Default\n"))
	if err != nil || len(remote.Warnings) != 1 {
		t.Fatal(err, remote)
	}
	cfg := connector.Config{Server: "EX01", Services: []connector.Service{{Name: "ex01", MaxOutboundConnections: 5, MessageRetryInterval: time.Minute}}}
	before := cfg.Services[0]
	first, origins := cfg, source.Map{}
	if _, err := export.Merge(&cfg, origins, service, remote); err != nil {
		t.Fatal(err)
	}
	want := []connector.Service{{Name: "ex01", MaxOutboundConnections: param.Unlimited, MaxPerDomainOutboundConnections: 20,
		TransientFailureRetryCount: param.Value(3), MessageExpirationTimeout: 24 * time.Hour, MessageRetryInterval: time.Minute}}
	if !reflect.DeepEqual(cfg.Services, want) || !reflect.DeepEqual(first.Services[0], before) || origins[`Services["EX01"].TransientFailureRetryCount`].Line != 2 {
		t.Errorf("%+v %v", cfg.Services, origins)
	}
	if len(cfg.Remote) != 1 || cfg.Remote[0].NDREnabled != param.Value(false) || cfg.Remote[0].DomainName != "*" {
		t.Errorf("%+v", cfg.Remote)
	}
	if p, err := connector.Compile(cfg); err != nil || p.Service().MessageRetryInterval != time.Minute {
		t.Error(err)
	}
}

// TestLogPaths: no path is no log, a directory of Exchange's installation is the default, and
// other paths stay.
func TestLogPaths(t *testing.T) {
	e, err := export.Read("a.txt", []byte(`Identity : EX01
MessageExpirationTimeout : 2.00:00:00
MaxPerDomainOutboundConnections : 20
ReceiveProtocolLogPath : C:\Program Files\Microsoft\Exchange Server\V15\TransportRoles\Logs\Hub\ProtocolLog\SmtpReceive
SendProtocolLogPath :
ConnectivityLogPath : D:\Logs\Connectivity
ConnectivityLogEnabled : False
`))
	if err != nil {
		t.Fatal(err)
	}
	s := e.Config.Services[0]
	if s.ReceiveProtocolLogPath != (param.Setting[string]{}) || s.SendProtocolLogPath != param.Value("") ||
		s.ConnectivityLogPath != param.Value(`D:\Logs\Connectivity`) || s.MessageTrackingLogPath != (param.Setting[string]{}) {
		t.Errorf("%+v", s)
	}
}
