// Package e2e holds end-to-end tests: the gateway program as the transport
// server HubA, a real Postfix as the external SMTP gateway in both
// directions, and swaks as everybody else, each in a network namespace of its
// own with the addresses of the administrator's guide.
//
// The tests need Linux, root, Postfix with Cyrus SASL, swaks and iproute2, so
// they run only with INTERCHANGE_E2E=1; then a tool that is missing is a
// failure.
package e2e
