package permission

import (
	"fmt"
	"slices"
	"strings"
)

// principal is a principal with a fixed SID.
type principal struct {
	sid       SID
	authority authority
	names     []string // the printed name first, then the names in other languages
}

// authority is the part before the backslash in the name of a principal.
type authority uint8

const (
	ofNT       authority = iota // NT AUTHORITY, in any language
	ofExchange                  // MS Exchange
	ofDomain                    // a group of the Windows domain, in any domain
	ofNTOnly                    // NT AUTHORITY, which may not be left out: the name may be a user's, too
)

// wellKnown lists the principals that have a fixed SID. Windows translates the
// names of its principals; the names of Exchange's are the same everywhere.
var wellKnown = []principal{
	{SIDAnonymous, ofNT, []string{
		"ANONYMOUS LOGON", "ANONYMOUS", "ANONYMOUS-ANMELDUNG", "ANONYME ANMELDUNG", "OUVERTURE DE SESSION ANONYME", "CONNEXION ANONYME",
		"INICIO DE SESIÓN ANÓNIMO", "ACCESSO ANONIMO", "LOGON ANÔNIMO", "LOGON ANÓNIMO", "INÍCIO DE SESSÃO ANÓNIMO", "ANONIEME AANMELDING",
		"LOGOWANIE ANONIMOWE", "ANONYMNÍ PŘIHLÁŠENÍ", "ANONYM INLOGGNING", "ANONYMT LOGON", "ANONYM PÅLOGGING", "ANONYYMI SISÄÄNKIRJAUTUMINEN",
		"ANONYYMI KIRJAUTUMINEN", "NÉVTELEN BEJELENTKEZÉS", "АНОНИМНЫЙ ВХОД", "ANONİM OTURUM AÇMA", "ΑΝΩΝΥΜΗ ΣΥΝΔΕΣΗ", "CONECTARE ANONIMĂ",
		"匿名ログオン", "匿名登录", "匿名登入", "익명 로그온",
	}},
	{SIDAuthenticatedUsers, ofNT, []string{
		"Authenticated Users", "Authentifizierte Benutzer", "Utilisateurs authentifiés", "Usuarios autentificados", "Usuarios autenticados",
		"Utenti autenticati", "Usuários autenticados", "Utilizadores autenticados", "Geverifieerde gebruikers", "Użytkownicy uwierzytelnieni",
		"Ověření uživatelé", "Autentiserade användare", "Godkendte brugere", "Godkjente brukere", "Todennetut käyttäjät",
		"Hitelesített felhasználók", "Прошедшие проверку", "Kimliği Doğrulanmış Kullanıcılar", "Χρήστες με έλεγχο ταυτότητας",
		"Utilizatori autentificați", "認証されたユーザー", "经过身份验证的用户", "已驗證的使用者", "인증된 사용자",
	}},
	{SIDPartners, ofExchange, []string{"Partner Servers"}},
	{SIDHubServers, ofExchange, []string{"Hub Transport Servers", "Mailbox Servers"}},
	{SIDEdgeServers, ofExchange, []string{"Edge Transport Servers"}},
	{SIDExternallySecured, ofExchange, []string{"Externally Secured Servers"}},
	{SIDLegacyServers, ofExchange, []string{"Legacy Exchange Servers"}},
	{SIDExchangeServers, ofDomain, []string{"Exchange Servers"}},
	{SIDLegacyInterop, ofDomain, []string{"ExchangeLegacyInterop"}},

	// Accounts that no session of a connector has, but access lists name.
	{"S-1-5-18", ofNTOnly, []string{"SYSTEM", "Système", "SISTEMA", "СИСТЕМА"}},
	{"S-1-5-19", ofNTOnly, []string{"LOCAL SERVICE", "Lokaler Dienst", "SERVICE LOCAL", "SERVICIO LOCAL", "SERVIZIO LOCALE", "USŁUGA LOKALNA"}},
	{"S-1-5-20", ofNTOnly, []string{"NETWORK SERVICE", "Netzwerkdienst", "SERVICE RÉSEAU", "Servicio de red", "SERVIZIO DI RETE", "USŁUGA SIECIOWA"}},
	{"S-1-5-2", ofNTOnly, []string{"NETWORK", "NETZWERK", "RÉSEAU"}},
	{"S-1-5-4", ofNTOnly, []string{"INTERACTIVE", "INTERAKTIV", "INTERACTIF"}},
	{"S-1-5-9", ofNTOnly, []string{"ENTERPRISE DOMAIN CONTROLLERS"}},
	{"S-1-5-10", ofNTOnly, []string{"SELF", "SELBST"}},
}

// sidEveryone is refused: a setting of Windows decides whether it includes
// anonymous clients.
const sidEveryone SID = "S-1-1-0"

var everyoneNames = []string{"Everyone", "Jeder", "Tout le monde", "Todos", "Tutti", "Iedereen", "Wszyscy", "Все"}

// wellKnownNames are the SIDs of wellKnown by authority and folded name.
var wellKnownNames = func() map[authority]map[string]SID {
	m := map[authority]map[string]SID{ofNT: {}, ofExchange: {}, ofDomain: {}, ofNTOnly: {}}
	for _, p := range wellKnown {
		for _, name := range p.names {
			m[p.authority][foldName(name)] = p.sid
		}
	}
	return m
}()

// abbreviated are the principals of connectors as security descriptors write them,
// in upper case only: a user may be called "an" or "Au".
var abbreviated = map[string]SID{"AN": SIDAnonymous, "AU": SIDAuthenticatedUsers}

// hyphenated are the translations of NT AUTHORITY without a blank, which a domain
// could be called, too.
var hyphenated = []string{"nt-autorität", "nt-autoritaet", "nt-myndighed", "nt-myndighet", "nt-instans", "nt-hallinta"}

// authorityOf returns the authority that domain, the part before the backslash, means.
// No Windows domain has a blank in its name, so a name of several words of which one is
// NT is that authority in some language.
func authorityOf(domain string) authority {
	domain = foldName(strings.TrimSpace(domain))
	words := strings.Fields(domain)
	switch {
	case domain == "ms exchange":
		return ofExchange
	case len(words) > 1 && slices.Contains(words, "nt"), slices.Contains(hyphenated, domain):
		return ofNT
	}
	return ofDomain
}

// LookupSID returns the SID of a well-known principal by its name, in any letter
// case and language of Windows: `NT AUTHORITY\ANONYMOUS LOGON`,
// `NT-AUTORITÄT\ANONYMOUS-ANMELDUNG`, `MS Exchange\Partner Servers`, AN and AU, with
// or without the part before the backslash. Exchange Servers and
// ExchangeLegacyInterop are known in every domain.
func LookupSID(name string) (SID, bool) {
	name = strings.TrimSpace(name)
	domain, rest, qualified := strings.Cut(name, `\`)
	if !qualified {
		if sid, ok := abbreviated[name]; ok {
			return sid, true
		}
		for _, from := range []authority{ofNT, ofExchange, ofDomain} {
			if sid, ok := wellKnownNames[from][foldName(name)]; ok {
				return sid, true
			}
		}
		return "", false
	}
	from, rest := authorityOf(domain), foldName(strings.TrimSpace(rest))
	sid, ok := wellKnownNames[from][rest]
	if !ok && from == ofNT {
		sid, ok = wellKnownNames[ofNTOnly][rest]
	}
	if domain == "" {
		return "", false
	}
	return sid, ok
}

// checkUnknown refuses names under NT AUTHORITY or MS Exchange that aren't known:
// a grant to them would have no effect.
func checkUnknown(name string) error {
	domain, _, qualified := strings.Cut(name, `\`)
	if !qualified {
		if slices.ContainsFunc(everyoneNames, func(s string) bool { return foldName(s) == foldName(name) }) {
			return everyoneError()
		}
		return nil
	}
	from := authorityOf(domain)
	if from == ofDomain {
		return nil
	}
	var known []string
	for _, p := range wellKnown {
		if p.authority == from {
			known = append(known, p.sid.Name())
		}
	}
	return fmt.Errorf("%q names no account that clients of a connector can have: give %s, or the SID", clip(name), strings.Join(known, ", "))
}

func everyoneError() error {
	return fmt.Errorf("rights on a connector can't be granted to Everyone: give %s for clients that don't log on, %s for clients that do",
		SIDAnonymous.Name(), SIDAuthenticatedUsers.Name())
}

// wellKnownName returns the name that a SID of wellKnown prints as.
func wellKnownName(sid SID) (string, bool) {
	for _, p := range wellKnown {
		if p.sid != sid {
			continue
		}
		switch p.authority {
		case ofDomain:
			return p.names[0], true
		case ofExchange:
			return `MS Exchange\` + p.names[0], true
		}
		return `NT AUTHORITY\` + p.names[0], true
	}
	return "", false
}

// IsWellKnown reports whether s is the fixed SID of a principal that every
// organisation has.
func (s SID) IsWellKnown() bool {
	_, ok := wellKnownName(s)
	return ok
}
