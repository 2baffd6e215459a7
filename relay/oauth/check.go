package oauth

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// The codes of mistakes in settings of tokens, and of what is doubtful there.
const (
	CodeSettings         source.Code = "oauth-settings"          // something is missing, or has no meaning for the grant
	CodeMissing          source.Code = "oauth-missing"           // a Send connector uses OAuth and has no settings for a smart host
	CodeUnused           source.Code = "oauth-unused"            // settings for no smart host of a connector that uses OAuth
	CodeForeignHost      source.Code = "oauth-foreign-host"      // a smart host gets tokens, and isn't known as one of their provider
	CodeSecretUnreadable source.Code = "oauth-secret-unreadable" // a secret or a certificate can't be read
	CodeSecretInline     source.Code = "oauth-secret-inline"     // a secret stands in the settings
	CodeSecretExpires    source.Code = "oauth-secret-expires"    // a secret or a certificate has expired, or expires within 30 days
	CodeLogonNeeded      source.Code = "oauth-logon-needed"      // a person must log on once
)

// warnBefore is how long before the end of a secret a warning comes.
const warnBefore = 30 * 24 * time.Hour

// validate returns the mistakes that show without a policy and without other files. It passes
// over connectors that could not be read as a whole.
func (s *Settings) validate(unread source.Diagnostics) source.Diagnostics {
	var list source.Diagnostics
	for i := range s.Connectors {
		c := &s.Connectors[i]
		v := validator{config: c, path: s.path(i)}
		switch twice := c.Name != "" && slices.ContainsFunc(s.Connectors[:i], c.sameHosts); {
		case twice && c.SmartHost.IsValid():
			v.bad("SmartHost", source.CodeNameDuplicate, "connector %q has settings for %v already; keep one", c.Name, c.SmartHost)
		case twice:
			v.bad("Name", source.CodeNameDuplicate, "connector %q has settings already; keep one, or give each the SmartHost that gets its tokens", c.Name)
		}
		if !slices.ContainsFunc(unread, func(d source.Diagnostic) bool { return d.Path.Within(v.path) }) {
			v.all()
		}
		for _, d := range v.found {
			list = append(list, s.located(d))
		}
	}
	return list
}

// sameHosts reports whether o is for the same smart hosts as c.
func (c *Config) sameHosts(o Config) bool {
	return strings.EqualFold(o.Name, c.Name) && o.SmartHost == c.SmartHost
}

// validator collects the mistakes of one Config.
type validator struct {
	config *Config
	path   source.Path
	found  source.Diagnostics
}

func (v *validator) bad(field source.Path, code source.Code, format string, args ...any) {
	v.found = append(v.found, source.Mistake(v.path.Field(field), code, format, args...))
}

// uses are the fields that a grant needs, and those that it may have. Certificate and its key
// stand for the secret, too.
var uses = map[Grant]struct{ needs, may []string }{
	ClientCredentials: {[]string{"ClientID"}, []string{"Tenant", "ClientSecret", "SecretExpires", "Certificate", "CertificateKey", "Scopes", "Resource"}},
	DeviceCode:        {[]string{"ClientID"}, []string{"Tenant", "ClientSecret", "SecretExpires", "Certificate", "CertificateKey", "DeviceURL", "Scopes", "Resource"}},
	RefreshToken:      {[]string{"ClientID", "RefreshToken"}, []string{"Tenant", "ClientSecret", "SecretExpires", "Certificate", "CertificateKey", "Scopes", "Resource"}},
	ServiceAccount:    {[]string{"ServiceAccount"}, []string{"Subject", "Scopes"}},
	Command:           {[]string{"Command"}, nil},
}

// given returns the names of the fields that are set, apart from those that all grants use.
func (c *Config) given() []string {
	var names []string
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"Tenant", c.Tenant != ""}, {"ClientID", c.ClientID != ""}, {"ClientSecret", !c.ClientSecret.IsZero()},
		{"SecretExpires", !c.SecretExpires.IsZero()}, {"Certificate", c.Certificate != ""}, {"CertificateKey", c.CertificateKey != ""},
		{"RefreshToken", !c.RefreshToken.IsZero()}, {"ServiceAccount", !c.ServiceAccount.IsZero()}, {"Subject", c.Subject != ""},
		{"Command", len(c.Command) > 0}, {"DeviceURL", c.DeviceURL != ""}, {"Scopes", len(c.Scopes) > 0}, {"Resource", c.Resource != ""},
	} {
		if f.set {
			names = append(names, f.name)
		}
	}
	return names
}

func (v *validator) all() {
	c := v.config
	if c.Name == "" {
		v.bad("Name", source.CodeNameMissing, "give the name of the Send connector")
	}
	use, ok := uses[c.Grant]
	if !ok {
		v.bad("Grant", CodeSettings, "give one of %s", strings.Join(grantNames, ", "))
		return
	}
	given := c.given()
	for _, name := range use.needs {
		if !slices.Contains(given, name) {
			v.bad(source.Path(name), CodeSettings, "Grant %s needs it", c.Grant)
		}
	}
	for _, name := range given {
		if !slices.Contains(use.needs, name) && !slices.Contains(use.may, name) {
			v.bad(source.Path(name), CodeSettings, "it has no meaning with Grant %s; leave it out", c.Grant)
		}
	}
	for _, s := range []struct {
		field source.Path
		Secret
	}{{"ClientSecret", c.ClientSecret}, {"RefreshToken", c.RefreshToken}, {"ServiceAccount", c.ServiceAccount}} {
		if !s.single() {
			v.bad(s.field, CodeSettings, "give only one of File, Environment, Credential and Value")
		}
	}
	v.application()
	v.addresses()
}

// application checks the settings of the application and its tenant.
func (v *validator) application() {
	c := v.config
	of := c.Provider.provider()
	switch {
	case !c.ClientSecret.IsZero() && c.Certificate != "":
		v.bad("Certificate", CodeSettings, "ClientSecret and Certificate exclude each other; keep one")
	case c.Grant == ClientCredentials && c.ClientSecret.IsZero() && c.Certificate == "":
		v.bad("ClientSecret", CodeSettings, "Grant %s needs it, or a Certificate", c.Grant)
	case c.CertificateKey != "" && c.Certificate == "":
		v.bad("CertificateKey", CodeSettings, "it has no meaning without Certificate")
	}
	switch {
	case c.Tenant != "" && !of.tenants:
		v.bad("Tenant", CodeSettings, "only Microsoft 365 has tenants; leave it out")
	case strings.ContainsAny(c.Tenant, "/?#% \t"):
		v.bad("Tenant", CodeSettings, "%q is not a tenant; give its domain or its id", c.Tenant)
	case c.Grant == ClientCredentials && of.tenants && (c.Tenant == "" || slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(c.Tenant))):
		v.bad("Tenant", CodeSettings, "an application logs on to one tenant: give its domain or its id, as in contoso.onmicrosoft.com")
	case c.Provider == Google && c.Grant == DeviceCode:
		v.bad("Grant", CodeSettings, "Google gives no device codes for mail; use ServiceAccount, or RefreshToken with a token that was got elsewhere")
	case c.Grant == ServiceAccount && c.Provider != Google && c.Provider != "":
		v.bad("Grant", CodeSettings, "only Google has service accounts; use ClientCredentials")
	}
}

// addresses checks the addresses that are given, and that there are the necessary ones.
func (v *validator) addresses() {
	c := v.config
	for _, a := range []struct {
		field   source.Path
		address string
	}{{"TokenURL", c.TokenURL}, {"DeviceURL", c.DeviceURL}} {
		switch {
		case a.address == "":
		case c.Grant == Command:
			v.bad(a.field, CodeSettings, "it has no meaning with Grant %s; leave it out", c.Grant)
		case !safeURL(a.address):
			v.bad(a.field, CodeSettings, "%q is not an address that begins with https://, without a user name", withoutPassword(a.address))
		}
	}
	of := c.Provider.provider()
	if c.TokenURL == "" && of.token == "" && c.Grant != Command && c.Grant != ServiceAccount {
		v.bad("TokenURL", CodeSettings, "give it, or a Provider")
	}
	if c.Grant == DeviceCode && c.DeviceURL == "" && of.device == "" && c.Provider != Google {
		v.bad("DeviceURL", CodeSettings, "give it, or the Provider %s", Microsoft365)
	}
}

// withoutPassword returns an address as an error may show it. A mistake may hide what of it is the
// user: then it shows nothing before the last @.
func withoutPassword(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.Redacted()
	}
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return "xxxxx" + address[at:]
	}
	return address
}

// safeURL reports whether a secret may be sent to address: by HTTPS, or to this machine.
func safeURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && ip.IsLoopback()
}

// Check lists the mistakes and doubts about s for a policy, with the places in the file of
// s: connectors without settings, settings that no connector uses, smart hosts that would see the
// tokens of another service, secrets that can't be read, stand in the file or end soon, and logons
// that are needed. dir has the stored refresh
// tokens; "" means that they have no directory. A nil s has no settings.
func (s *Settings) Check(p *connector.Policy, dir string, now time.Time) source.Diagnostics {
	var list source.Diagnostics
	users := map[string]*connector.Outbound{}
	for out := range p.Send() {
		if !usesOAuth(out) {
			continue
		}
		users[strings.ToLower(out.Name())] = out
		list = append(list, s.missing(out)...)
	}
	if s == nil {
		return list
	}
	for i := range s.Connectors {
		c := &s.Connectors[i]
		k := checker{config: c, path: s.path(i), now: now}
		out := users[strings.ToLower(c.Name)]
		if k.used(out, s.hosts(c, out)) {
			k.all(dir)
		}
		for _, d := range k.found {
			list = append(list, s.located(d))
		}
	}
	return list
}

// usesOAuth reports whether out logs on with tokens.
func usesOAuth(out *connector.Outbound) bool {
	set := out.Settings()
	return out.Local() && set.Enabled.Or(true) && set.SmartHostAuthMechanism.Has(auth.OAuth)
}

// checker collects what is doubtful in one Config that is used.
type checker struct {
	config *Config
	path   source.Path
	now    time.Time
	found  source.Diagnostics
}

func (k *checker) warn(field source.Path, code source.Code, format string, args ...any) {
	d := source.Mistake(k.path.Field(field), code, format, args...)
	d.Severity = source.SeverityWarning
	k.found = append(k.found, d)
}

func (k *checker) all(dir string) {
	c := k.config
	k.secret("ClientSecret", c.ClientSecret)
	k.secret("RefreshToken", c.RefreshToken)
	if k.secret("ServiceAccount", c.ServiceAccount) && c.Grant == ServiceAccount {
		if _, err := readServiceAccount(c.ServiceAccount); err != nil {
			k.bad("ServiceAccount", err)
		}
	}
	if !c.SecretExpires.IsZero() {
		k.expiry("SecretExpires", "the client secret", c.SecretExpires.Time)
	}
	if c.Certificate != "" {
		k.certificate()
	}
	if !c.Grant.stores() {
		return
	}
	switch at, err := stored(dir, c); {
	case dir == "":
		k.warn("Grant", CodeSettings, "the refresh token can't be kept; give -data or -oauth-tokens")
	case err != nil:
		k.bad("Grant", err)
	case c.Grant == DeviceCode && at == nil:
		k.warn("Grant", CodeLogonNeeded, "no logon is stored, so mail waits; run gateway oauth login %s", c.flags())
	}
}

// secret reports whether a secret is given and can be read.
func (k *checker) secret(field source.Path, s Secret) bool {
	if s.IsZero() {
		return false
	}
	if s.Value != "" {
		k.warn(field, CodeSecretInline, "the secret stands in the settings, where everyone who reads the file sees it; give File, Environment or Credential")
	}
	if _, err := s.Read(); err != nil {
		k.bad(field, err)
		return false
	}
	return true
}

// bad adds an error about a file.
func (k *checker) bad(field source.Path, err error) {
	k.found = append(k.found, source.Wrap(k.path.Field(field), CodeSecretUnreadable, err))
}

// certificate checks the certificate and its key.
func (k *checker) certificate() {
	cert, err := loadCertificate(k.config)
	if err != nil {
		k.bad("Certificate", err)
		return
	}
	switch key := cert.PrivateKey.(type) {
	case *rsa.PrivateKey:
	case *ecdsa.PrivateKey:
		if k.config.Provider.provider().tenants {
			k.bad("Certificate", fmt.Errorf("%s: Microsoft takes certificates with RSA keys only", k.config.Certificate))
		}
	default:
		k.bad("Certificate", fmt.Errorf("%s: the key is neither RSA nor ECDSA (%T)", k.config.Certificate, key))
	}
	k.expiry("Certificate", "the certificate", cert.Leaf.NotAfter)
}

// expiry warns of a secret that ends soon, and reports one that has ended as an error.
func (k *checker) expiry(field source.Path, secret string, end time.Time) {
	switch left := end.Sub(k.now); {
	case left <= 0:
		k.warn(field, CodeSecretExpires, "%s has expired on %s, so there are no more tokens", secret, end.Format(time.DateOnly))
		k.found[len(k.found)-1].Severity = source.SeverityError
	case left <= warnBefore:
		k.warn(field, CodeSecretExpires, "%s expires in %s, on %s; then mail waits", secret, days(left), end.Format(time.DateOnly))
	default:
		return
	}
	k.found[len(k.found)-1].Fix = "make a new one at the provider, put it in its place, and correct SecretExpires if it is given"
}

// days returns a number of days in words.
func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}
