// Package e2e holds end-to-end tests: the gateway program as the transport
// server HubA, a real Postfix as the external SMTP gateway in both
// directions, and swaks as the other clients, each in its own network
// namespace with the addresses of the administrator's guide.
//
// The tests need Linux, root, Postfix with Cyrus SASL, Dovecot, swaks and iproute2, so
// they run only with INTERCHANGE_E2E=1; a missing tool is a failure then.
package e2e
