package connector

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// checkCredential: Basic authentication needs a credential for each smart host, and should protect
// it; OAuth needs a user name.
func (c *sendCheck) checkCredential() {
	m, cred := c.s.SmartHostAuthMechanism, c.s.AuthenticationCredential
	if !c.s.LogsOn() {
		if c.s.LogonWithoutCertificateCheck {
			c.doubt("LogonWithoutCertificateCheck", CodeCredentialUnchecked, "it has no effect, because SmartHostAuthMechanism isn't BasicAuth, BasicAuthRequireTLS or OAuth")
		}
		if cred != nil {
			c.doubt("AuthenticationCredential", CodeCredentialUnused, "%s", neverUsed)
		}
		return
	}
	switch {
	case cred != nil:
		c.credential("AuthenticationCredential", cred)
		if m != auth.OAuth && len(c.s.SmartHosts) > 0 && !slices.ContainsFunc(c.s.SmartHosts, func(h param.SmartHost) bool { return c.s.CredentialFor(h) == cred }) {
			c.doubt("AuthenticationCredential", CodeCredentialUnused, "it is never used, because each of SmartHosts has a credential in SmartHostCredentials")
		}
	case m == auth.OAuth:
		c.bad("AuthenticationCredential", CodeCredentialMissing, "OAuth needs a UserName, the mailbox that sends")
	case len(c.s.SmartHostCredentials) == 0:
		c.bad("AuthenticationCredential", CodeCredentialMissing, "Basic authentication needs a user name and a password")
	default:
		for _, h := range c.s.SmartHosts {
			if c.s.CredentialFor(h) == nil {
				c.bad("AuthenticationCredential", CodeCredentialMissing, "SmartHostCredentials has no credential for %v; give it one there, or a credential for all others here", h)
			}
		}
	}
	if m&(auth.BasicAuthRequireTLS|auth.OAuth) != 0 && c.s.IgnoreSTARTTLS {
		c.bad("IgnoreSTARTTLS", CodeIgnoreSTARTTLS, "SmartHostAuthMechanism %v needs STARTTLS, so it must be false", m)
	}
	if c.s.LogonWithoutCertificateCheck {
		c.doubt("LogonWithoutCertificateCheck", CodeCredentialUnchecked, "an attacker who takes the smart host's place gets the credentials; let the smart host have a valid certificate for its name")
	}
	if m == auth.BasicAuth && !c.s.RequireTLS && !c.implicitTLS() {
		c.doubt("SmartHostAuthMechanism", CodeCredentialClear, "the password may cross the network unprotected; give BasicAuthRequireTLS or RequireTLS")
	}
}

// neverUsed says why a credential is CodeCredentialUnused.
const neverUsed = "it is never used, because SmartHostAuthMechanism isn't BasicAuth, BasicAuthRequireTLS or OAuth"

// checkSmartHostCredentials: each is for another one of the smart hosts, and whole.
func (c *sendCheck) checkSmartHostCredentials() {
	seen := map[param.SmartHost]bool{}
	for i := range c.s.SmartHostCredentials {
		h := &c.s.SmartHostCredentials[i]
		path := source.Named("SmartHostCredentials", h.Host.String())
		switch {
		case !h.Host.IsValid():
			c.bad(source.Path("SmartHostCredentials").Index(i), CodeSmartHostInvalid, "its Host is the zero SmartHost, which names no host")
		case seen[h.Host]:
			c.bad(path, CodeSmartHostInvalid, "%v has a credential already; leave one out", h.Host)
		case !slices.Contains(c.s.SmartHosts, h.Host):
			c.bad(path, CodeSmartHostInvalid, "%v is not one of SmartHosts; %s", h.Host, oneOf(c.s.SmartHosts))
		case c.s.LogsOn():
			c.credential(path, &h.Credential)
		}
		seen[h.Host] = true
	}
	if len(c.s.SmartHostCredentials) > 0 && !c.s.LogsOn() {
		c.doubt("SmartHostCredentials", CodeCredentialUnused, "%s", neverUsed)
	}
}

// oneOf says which smart hosts there are.
func oneOf(hosts []param.SmartHost) string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.String()
	}
	switch len(names) {
	case 0:
		return "the connector has none"
	case 1:
		return "it has only " + names[0]
	}
	return "give one of " + strings.Join(names, ", ")
}

// credential checks one credential of a connector that logs on.
func (c *sendCheck) credential(path source.Path, cred *param.Credential) {
	from := path.Field("PasswordFrom")
	switch oauth := c.s.SmartHostAuthMechanism == auth.OAuth; {
	case !cred.PasswordFrom.IsZero() && !cred.PasswordFrom.IsValid():
		c.bad(from, source.CodeValueInvalid, "give only one of File, Environment and Credential")
	case !cred.PasswordFrom.IsZero() && cred.Password != "":
		c.bad(from, source.CodeValueInvalid, "Password is given, too; leave one of them out")
	case oauth && cred.UserName == "":
		c.bad(path, CodeCredentialMissing, "OAuth needs a UserName, the mailbox that sends")
	case oauth && cred.Password != "":
		c.doubt(path, CodeCredentialUnused, "its Password is never used, because SmartHostAuthMechanism is OAuth")
	case oauth:
	case cred.UserName != "" && !cred.PasswordFrom.IsZero():
		c.bad(from, CodeCredentialMissing, "the password in %v has not been read", cred.PasswordFrom)
	case cred.UserName == "" || cred.Password == "":
		c.bad(path, CodeCredentialMissing, "both UserName and Password must be given")
	case strings.ContainsRune(cred.UserName+string(cred.Password), 0): // RFC 4616 section 2
		c.bad(path, CodeCredentialMissing, "neither UserName nor Password may hold a NUL character")
	}
}
