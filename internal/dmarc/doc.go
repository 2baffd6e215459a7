// Package dmarc decides by DMARC (RFC 9989) whether a message's author domain is confirmed by
// SPF or DKIM, and what the domain's owner asks to do with the message if it isn't.
//
// [Evaluate] does it. It has no clock and no network: the caller answers its questions to the
// DNS. It finds the organisation that a domain belongs to by walking up the DNS tree, as
// RFC 9989 section 4.10 says, and needs no list of public suffixes.
package dmarc
