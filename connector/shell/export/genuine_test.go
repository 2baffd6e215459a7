package export_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// TestKnownWithoutMeaning: properties that servers write beside the parameters are
// known and mean nothing here. A warning still names an unknown property.
func TestKnownWithoutMeaning(t *testing.T) {
	cfg, warnings := readAll(t, map[string]string{
		"send.csv": `"Name","AddressSpaces","SmartHosts","SmartHostAuthMechanism","Enabled","RequireTLS","MaxMessageSize","CertificateSubject","IsSmtpConnector","SerializationData"
"Out","SMTP:*;1","mail.example.net","None","True","False","Unlimited","CN=mail","True","System.Byte[]"`,
		"accepted.csv": `"Name","DomainName","DomainType","MailFlowPartner","OutboundOnly","PerimeterDuplicateDetected","IsDefaultFederatedDomain","EnableNego2Authentication","InitialDomain"
"contoso","contoso.com","Authoritative","","False","False","True","False","True"`,
		"receive.csv": `"Name","Server","Bindings","RemoteIPRanges","AuthMechanism","PermissionGroups","Enabled","RequireTLS","MaxMessageSize","SerializationData","BareLinefeedRejectionEnabled","BrandNew","Unset"
"In","EX01","0.0.0.0:25","10.0.0.0/8","Tls","AnonymousUsers","True","False","36 MB (37,748,736 bytes)","System.Byte[]","False","True",""`,
	})
	if len(cfg.Send)+len(cfg.Accepted)+len(cfg.Receive) != 3 {
		t.Errorf("read %+v", cfg)
	}
	var named []string
	for _, w := range warnings {
		if w.Severity != source.SeverityNote {
			named = append(named, w.Path.Base())
		}
	}
	if len(named) != 1 || named[0] != "BrandNew" {
		t.Errorf("warnings of %q, want BrandNew alone", named)
	}
}

// A well-known principal counts by its SID, whatever its name in whatever language.
func TestTrusteeBySID(t *testing.T) {
	const receive = `[{"Name":"In","Server":"EX01","Bindings":["0.0.0.0:25"],"RemoteIPRanges":["10.0.0.0/8"],"AuthMechanism":"Tls","PermissionGroups":"Custom","Enabled":true,"RequireTLS":false,"MaxMessageSize":"36MB"}]`
	entry := func(user string) string {
		return `[{"Identity":"EX01\\In","ExtendedRights":["ms-Exch-SMTP-Submit"],"Deny":false,` + user + `}]`
	}
	for name, user := range map[string]string{
		"inside":  `"User":{"RawIdentity":"XY\\Namenlos","SecurityIdentifier":{"BinaryLength":12,"Value":"S-1-5-7"}}`,
		"beside":  `"User":"XY\\Namenlos","Sid":"S-1-5-7"`,
		"by name": `"User":"NT-AUTORITÄT\\ANONYMOUS-ANMELDUNG"`,
		"as such": `"User":"S-1-5-7"`,
	} {
		cfg, _ := readAll(t, map[string]string{"receive.json": receive, "permissions.json": entry(user)})
		if got := cfg.Receive[0].Permissions; len(got) != 1 || got[0].To != permission.SIDAnonymous {
			t.Errorf("%s: %v", name, got)
		}
	}
	cfg, _ := readAll(t, map[string]string{"receive.json": receive, "permissions.json": entry(`"User":"CONTOSO\\scanner","Sid":"S-1-5-21-1-2-3-1105"`)})
	if got := cfg.Receive[0].Permissions; len(got) != 1 || got[0].To != permission.NameSID(`contoso\scanner`) {
		t.Errorf("a user of the domain: %v", got)
	}
	_, err := export.Read("permissions.json", []byte(entry(`"User":"NT-AUTORITÄT\\Wer auch immer"`)))
	if err == nil || !strings.Contains(err.Error(), `NT AUTHORITY\ANONYMOUS LOGON`) {
		t.Errorf("an unknown name of the NT authority: %v", err)
	}
}

// readAll reads and merges files.
func readAll(t *testing.T, files map[string]string) (connector.Config, source.Diagnostics) {
	t.Helper()
	var cfg connector.Config
	var exports []*export.Export
	for name, text := range files {
		e, err := export.Read(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		exports = append(exports, e)
	}
	warnings, err := export.Merge(&cfg, nil, exports...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, warnings
}

// What Format-Table wrote is told from other texts, and the way named.
func TestTable(t *testing.T) {
	for _, text := range []string{
		"\r\nIdentity                       Bindings                  Enabled\r\n--------                       --------                  -------\r\nEX01\\Default EX01              {0.0.0.0:2525, [::]:2525} True\r\n",
		"Name PermissionGroups\n---- ----------------\nRelay AnonymousUsers, Cus...\n",
	} {
		_, err := export.Read("receive.txt", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "this is a table") || !strings.Contains(err.Error(), "Format-List *") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Numbers of enumerations are read where it is known what they stand for, and a size
// without a unit is told which unit is likely.
func TestNumbers(t *testing.T) {
	cfg, _ := readAll(t, map[string]string{"receive.json": `[{"Name":"In","Server":"EX01","Bindings":["0.0.0.0:25"],"RemoteIPRanges":["10.0.0.0/8"],"AuthMechanism":5,
		"PermissionGroups":33,"TransportRole":16384,"SizeEnabled":1,"Enabled":true,"RequireTLS":false,"MaxMessageSize":"36MB","ProtocolLoggingLevel":1}]`})
	r := cfg.Receive[0]
	if r.AuthMechanism.Or(0).String() != "Tls, BasicAuth" || r.PermissionGroups.Or(0) != permission.AnonymousUsers|permission.Custom ||
		r.TransportRole != param.FrontendTransport || r.ProtocolLoggingLevel != param.LoggingVerbose {
		t.Errorf("read %v %v %v %v", r.AuthMechanism, r.PermissionGroups, r.TransportRole, r.ProtocolLoggingLevel)
	}
	for property, unit := range map[string]string{"MaxHeaderSize": "256KB", "MaxMessageSize": "256MB"} {
		_, err := export.Read("receive.json", []byte(`[{"Name":"In","RemoteIPRanges":[],"`+property+`":"256"}]`))
		if err == nil || !strings.Contains(err.Error(), "write "+unit) {
			t.Errorf("%s: %v, want one that says %s", property, err, unit)
		}
	}
}
