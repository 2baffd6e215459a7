package main

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
)

// codeAuthExternalMissing is the code of the finding that no user can log on with a certificate.
const codeAuthExternalMissing source.Code = "auth-external-missing"

// externalLacks returns the flags that are missing for AUTH EXTERNAL: only a users file says whose
// a certificate is, and any public authority could issue one with a user's name.
func externalLacks(users userSource, clientCA string) (flags []string) {
	if users.usersFile() == nil {
		flags = append(flags, "-users")
	}
	if clientCA == "" {
		flags = append(flags, "-client-ca")
	}
	return flags
}

// externalFindings returns the connectors with ClientCertificate on which no user can log on with a
// certificate.
func (l *loaded) externalFindings(m material) (missing source.Diagnostics) {
	lacks := externalLacks(m.users, m.clientCA)
	if len(lacks) == 0 {
		return nil
	}
	for _, in := range l.logonConnectors(func(m auth.Mechanism) bool { return m.Has(auth.ClientCertificate) }) {
		missing = append(missing, source.Diagnostic{
			Severity: m.missing(), Path: source.Named("Receive", in.Name()).Field("AuthMechanism"), Code: codeAuthExternalMissing,
			Detail: "EXTERNAL is not offered, so no user can log on with a certificate: give " + strings.Join(lacks, " and "),
		})
	}
	return missing
}
