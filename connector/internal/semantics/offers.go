package semantics

import "slices"

// Offers returns the offers of EHLO about TLS and logon, sorted: STARTTLS, and "AUTH "
// with the name of a mechanism for each one. SCRAM is left out: it is offered where PLAIN is,
// once every user has keys. EXTERNAL is offered to clients that show a certificate only.
func (r *Receiver) Offers(tls bool) []string {
	var all []string
	for _, mechanism := range r.Logons(tls) {
		all = append(all, "AUTH "+mechanism)
	}
	if r.Mechanisms["Tls"] && !tls {
		all = append(all, "STARTTLS")
	}
	slices.Sort(all)
	return all
}

// Logons returns the mechanisms of AUTH. With RequireTLS, AUTH isn't offered before TLS.
// docs/receive.md "How clients may authenticate".
func (r *Receiver) Logons(tls bool) []string {
	if r.Mechanisms["ExternalAuthoritative"] || r.RequireTLS && !tls {
		return nil
	}
	var all []string
	if r.Mechanisms["BasicAuth"] && (tls || !r.Mechanisms["BasicAuthRequireTLS"]) {
		all = append(all, "LOGIN", "PLAIN")
	}
	if r.Mechanisms["OAuth"] && tls {
		all = append(all, "OAUTHBEARER", "XOAUTH2")
	}
	if r.Mechanisms["ClientCertificate"] && tls {
		all = append(all, "EXTERNAL")
	}
	return all
}
