// Package mxpolicy finds what the owners of mail domains require of TLS with their mail
// exchangers: by DANE, which are TLSA records in signed zones (RFC 7672), and by MTA-STS, which is
// a policy on a web server of the domain (RFC 8461). Begin with [Policies], which is the
// TLSPolicies of a delivery.Sender.
//
// # DANE
//
// DANE needs a name server that validates DNSSEC, and a way to it on which an attacker can't
// change its answers: a [Resolver] believes the AD bit of the servers that it is given.
// [SystemResolver] returns one for the system's name servers if they run on this machine. Without a
// Resolver there is no DANE.
//
// The TLSA records of a mail exchanger count if the MX records of the domain, the addresses of
// the exchanger and the records themselves are signed. If the exchanger's name is an alias, the
// records at the end of the chain of aliases come first, then those at the name itself. If only the
// alias is signed, the records at the name itself count. Usages 2 and 3 are usable (DANE-TA,
// DANE-EE); with other records only, TLS is required and no certificate is checked. An exchanger
// whose records can't be looked up gets no mail until they can.
//
// # MTA-STS
//
// A policy is kept as long as its owner says (max_age), also over a restart if Policies has a
// File. It is fetched again when the owner announces another one, and each day; if that fails, the
// policy that is kept goes on to hold. A domain whose policy can't be fetched the first time is
// treated like one without a policy. Policies remembers 10,000 domains and 64 MiB of policies at most, and
// forgets those first to which no mail went for longest. In the mode "testing" nothing is held back. Policies.Events learn
// of each policy that is fetched or can't be.
//
// # Both
//
// An exchanger with usable TLSA records is held to these alone, as RFC 8461, section 2, says: an
// MTA-STS policy can't make up for a certificate that DANE refuses, and a certificate that DANE
// accepts needn't be one of a public authority. Otherwise the stricter of the two counts.
package mxpolicy
