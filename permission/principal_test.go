package permission_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

func TestParseSID(t *testing.T) {
	fifteen := "S-1-5" + strings.Repeat("-4294967295", 15)
	tests := []struct{ in, want string }{
		{"S-1-5-7", "S-1-5-7"},
		{"s-1-5-7", "S-1-5-7"},
		{"S-1-0-0", "S-1-0-0"},
		{"S-1-5-21-1004336348-1177238915-682003330-512", "S-1-5-21-1004336348-1177238915-682003330-512"},
		{string(permission.SIDEdgeServers), string(permission.SIDEdgeServers)},
		{fifteen, fifteen},
		{"S-1-0xFFFFFFFFFFFF-1", "S-1-0xffffffffffff-1"},
		{"S-1-0x00000000000f-1", ""}, // fits decimal, so it has to be decimal
		{fifteen + "-1", ""},
		{"", ""},
		{"S-1-", ""},
		{"S-1-5", ""},
		{"S-1-5-", ""},
		{"S-1-5--7", ""},
		{"S-2-5-7", ""},
		{"S-1-5-07", ""},
		{"S-1-05-7", ""},
		{"S-1-5-+7", ""},
		{"S-1-5-4294967296", ""},
		{"S-1-4294967296-1", ""},
		{"S-1-5-7 ", ""},
		{"S-1-5-x", ""},
		{strings.Repeat("S-1-5-7", 1000), ""},
	}
	for _, tt := range tests {
		got, err := permission.ParseSID(tt.in)
		if string(got) != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("ParseSID(%.60q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if permission.SID(tt.in).IsValid() != (tt.want != "" && tt.in == tt.want) {
			t.Errorf("SID(%.60q).IsValid() = %v", tt.in, permission.SID(tt.in).IsValid())
		}
	}
}

func TestWellKnownNames(t *testing.T) {
	tests := []struct {
		in   string
		want permission.SID
		name string
	}{
		{`NT AUTHORITY\ANONYMOUS LOGON`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`nt authority\anonymous logon`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`ANONYMOUS LOGON`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`NT AUTHORITY\Authenticated Users`, permission.SIDAuthenticatedUsers, `NT AUTHORITY\Authenticated Users`},
		{`MS Exchange\Partner Servers`, permission.SIDPartners, `MS Exchange\Partner Servers`},
		{`MS Exchange\Hub Transport Servers`, permission.SIDHubServers, `MS Exchange\Hub Transport Servers`},
		{`MS Exchange\Edge Transport Servers`, permission.SIDEdgeServers, `MS Exchange\Edge Transport Servers`},
		{`ms exchange\externally secured servers`, permission.SIDExternallySecured, `MS Exchange\Externally Secured Servers`},
		{`MS Exchange\Legacy Exchange Servers`, permission.SIDLegacyServers, `MS Exchange\Legacy Exchange Servers`},
		{`CONTOSO\Exchange Servers`, permission.SIDExchangeServers, `Exchange Servers`},
		{`exchange servers`, permission.SIDExchangeServers, `Exchange Servers`},
		{`FABRIKAM\ExchangeLegacyInterop`, permission.SIDLegacyInterop, `ExchangeLegacyInterop`},
		{`NT-AUTORITÄT\ANONYMOUS-ANMELDUNG`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`nt-autorität\anonymous-anmeldung`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`NT-AUTORITÄT\Authentifizierte Benutzer`, permission.SIDAuthenticatedUsers, `NT AUTHORITY\Authenticated Users`},
		{`AUTORITE NT\ANONYMOUS LOGON`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`AUTORITE NT\Utilisateurs authentifiés`, permission.SIDAuthenticatedUsers, `NT AUTHORITY\Authenticated Users`},
		{`AUTORIDADE NT\LOGON ANÔNIMO`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`ZARZĄDZANIE NT\LOGOWANIE ANONIMOWE`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`NT AUTHORITY\АНОНИМНЫЙ ВХОД`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`NT AUTHORITY\прошедшие проверку`, permission.SIDAuthenticatedUsers, `NT AUTHORITY\Authenticated Users`},
		{`NT AUTHORITY\ANONYMOUS`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`Anonymous-Anmeldung`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`AN`, permission.SIDAnonymous, `NT AUTHORITY\ANONYMOUS LOGON`},
		{`AU`, permission.SIDAuthenticatedUsers, `NT AUTHORITY\Authenticated Users`},
		{`Externally Secured Servers`, permission.SIDExternallySecured, `MS Exchange\Externally Secured Servers`},
		{`NT AUTHORITY\NETWORK SERVICE`, "S-1-5-20", `NT AUTHORITY\NETWORK SERVICE`},
		{`an`, "", ""}, // a user's initials
		{`system`, "", ""},
		{`NT-PROD\ANONYMOUS LOGON`, "", ""}, // a domain
		{`CONTOSO\ANONYMOUS LOGON`, "", ""}, // a user of that name in some domain
		{`MS Exchange\Exchange Servers2`, "", ""},
		{`\Exchange Servers`, "", ""},
		{`\ANONYMOUS LOGON`, "", ""},
		{`Exchange ſervers`, "", ""}, // long s
		{``, "", ""},
	}
	for _, tt := range tests {
		got, ok := permission.LookupSID(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("LookupSID(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
			continue
		}
		if ok && got.Name() != tt.name {
			t.Errorf("%q prints as %q", tt.in, got.Name())
		}
		if ok && !got.IsValid() {
			t.Errorf("%q has the SID %q, which isn't one", tt.in, got)
		}
	}
	if s := permission.SID("S-1-5-21-9").Name(); s != "S-1-5-21-9" {
		t.Errorf("Name of an unknown SID = %q", s)
	}
}

func TestNameSID(t *testing.T) {
	a := permission.NameSID(`CONTOSO\printer`)
	if a != permission.NameSID(`contoso\PRINTER`) {
		t.Error("letter case matters")
	}
	if !a.IsValid() {
		t.Errorf("%q is not a SID", a)
	}
	// Grants in a stored policy name this SID: it must never change.
	if want := permission.SID("S-1-9-850032304-3739439385-2323396511-2866132455-4-1668247156-1869836124-1886546286-1952805376"); a != want {
		t.Errorf("got %q, want %q", a, want)
	}
	for _, pair := range [][2]string{{`CONTOSO\Jürgen`, `contoso\JÜRGEN`}, {"ЖАННА", "жанна"}, {"Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"}, {"ångström", "\u212bNGSTRÖM"}} {
		if permission.NameSID(pair[0]) != permission.NameSID(pair[1]) {
			t.Errorf("%q and %q are two principals", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"\u017fmith", "smith"}, {"\u212arupp", "krupp"}, {"\u0130ren", "iren"}, {"\u0131ren", "iren"}} {
		if permission.NameSID(pair[0]) == permission.NameSID(pair[1]) {
			t.Errorf("%q is taken for %q", pair[0], pair[1])
		}
	}
	long := strings.Repeat("x", 41)
	seen := map[permission.SID]bool{}
	for name, want := range map[string]string{ // "": printed as a SID
		`CONTOSO\printer`: `contoso\printer`, `printer`: `printer`, long[1:]: long[1:], "K": "k", "\u212a": "\u212a", // Kelvin sign
		long: "", long + "x": "", // too long to be spelled
		`printer `: "", "a\x00": "", "a\nb": "", // would print as another, or badly
		`NT AUTHORITY\ANONYMOUS LOGON`: "", `Exchange Servers`: "", "S-1-5-7": "", // are well-known
	} {
		sid := permission.NameSID(name)
		if seen[sid] {
			t.Errorf("%q shares its SID", name)
		}
		seen[sid] = true
		if want == "" {
			want = string(sid)
		}
		if sid.Name() != want || !sid.IsValid() {
			t.Errorf("NameSID(%q) is %q and prints as %q", name, sid, sid.Name())
		}
	}
	if permission.NameSID("") != "" {
		t.Error("the zero Principal has a SID")
	}
}

func TestParsePrincipal(t *testing.T) {
	tests := []struct {
		in   string
		name string
		sid  permission.SID
	}{
		{`S-1-5-7`, `NT AUTHORITY\ANONYMOUS LOGON`, permission.SIDAnonymous},
		{`s-1-5-21-7`, `S-1-5-21-7`, "S-1-5-21-7"},
		{` NT AUTHORITY\ANONYMOUS LOGON `, `NT AUTHORITY\ANONYMOUS LOGON`, permission.SIDAnonymous},
		{`CONTOSO\Exchange Servers`, `CONTOSO\Exchange Servers`, permission.SIDExchangeServers},
		{`CONTOSO\printer`, `CONTOSO\printer`, permission.NameSID(`CONTOSO\printer`)},
		{`ann@contoso.com`, `ann@contoso.com`, permission.NameSID(`ann@contoso.com`)},
	}
	for _, tt := range tests {
		p, err := permission.ParsePrincipal(tt.in)
		if err != nil || p.Name != tt.name || len(p.SIDs) != 1 || p.SIDs[0] != tt.sid {
			t.Errorf("ParsePrincipal(%q) = %+v, %v", tt.in, p, err)
		}
	}
	for in, want := range map[string]string{
		`NT AUTHORITY\ANONYMUS LOGON`:    `NT AUTHORITY\ANONYMOUS LOGON, NT AUTHORITY\Authenticated Users`,
		`NT-AUTORITÄT\Anonymer Benutzer`: `NT AUTHORITY\ANONYMOUS LOGON`,
		`AUTORITATE NT\CINEVA`:           `NT AUTHORITY\ANONYMOUS LOGON`,
		`MS Exchange\Secured Servers`:    `MS Exchange\Externally Secured Servers`,
		`Jeder`:                          `NT AUTHORITY\ANONYMOUS LOGON`,
		`S-1-1-0`:                        `NT AUTHORITY\ANONYMOUS LOGON`,
	} {
		if _, err := permission.ParsePrincipal(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePrincipal(%q): %v, want an error that names %s", in, err, want)
		}
	}
	for _, in := range []string{"", "  ", "S-1-5", "S-nonsense", `a\b\c`, `\a`, `a\`, "a\x00b", "a\nb", "\xff", strings.Repeat("a", 257)} {
		if p, err := permission.ParsePrincipal(in); err == nil || !p.IsZero() {
			t.Errorf("ParsePrincipal(%.40q) = %+v, %v", in, p, err)
		}
	}
}

// TestCheckName: a name from elsewhere is that of a user or group, and of no other principal.
func TestCheckName(t *testing.T) {
	for _, name := range []string{`CONTOSO\printer`, "ann@contoso.com", "Staff"} {
		if err := permission.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"":                              "empty principal",
		`a\b\c`:                         `give DOMAIN\name`,
		" ann":                          "blanks",
		"Exchange Servers":              "well-known principal",
		`CONTOSO\Exchange Servers`:      "well-known principal",
		`NT AUTHORITY\ANONYMOUS LOGON`:  "well-known principal",
		"S-1-5-7":                       "SID",
		"s-1-5-21-7":                    "SID",
		string(permission.NameSID("x")): "SID",
	} {
		if err := permission.CheckName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error with %q", name, err, want)
		}
	}
}

func TestPrincipals(t *testing.T) {
	group := permission.NameSID("staff")
	tests := []struct {
		p    permission.Principal
		is   []permission.SID
		not  []permission.SID
		text string
	}{
		{permission.Anonymous(), []permission.SID{permission.SIDAnonymous}, []permission.SID{permission.SIDAuthenticatedUsers, ""}, `NT AUTHORITY\ANONYMOUS LOGON`},
		{permission.ExternallySecured(), []permission.SID{permission.SIDExternallySecured}, []permission.SID{permission.SIDAnonymous}, `MS Exchange\Externally Secured Servers`},
		{permission.Partner("mail.fabrikam.com"), []permission.SID{permission.SIDPartners}, []permission.SID{permission.SIDAnonymous}, `mail.fabrikam.com`},
		{permission.Partner(""), []permission.SID{permission.SIDPartners}, nil, `MS Exchange\Partner Servers`},
		{permission.Authenticated("ann", group), []permission.SID{permission.NameSID("ANN"), permission.SIDAuthenticatedUsers, group},
			[]permission.SID{permission.SIDAnonymous, ""}, `ann`},
		{permission.Principal{}, nil, []permission.SID{permission.SIDAnonymous, ""}, ""},
		{permission.Principal{SIDs: []permission.SID{""}}, nil, []permission.SID{""}, ""},
		{permission.Principal{SIDs: []permission.SID{permission.SIDPartners}}, []permission.SID{permission.SIDPartners}, nil, `MS Exchange\Partner Servers`},
	}
	for _, tt := range tests {
		for _, sid := range tt.is {
			if !tt.p.Is(sid) {
				t.Errorf("%v isn't %s", tt.p, sid.Name())
			}
		}
		for _, sid := range tt.not {
			if tt.p.Is(sid) {
				t.Errorf("%v is %q", tt.p, sid)
			}
		}
		if tt.p.String() != tt.text {
			t.Errorf("String = %q, want %q", tt.p, tt.text)
		}
	}
}
