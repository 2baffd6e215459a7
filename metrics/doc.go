// Package metrics shows Prometheus the state of a gateway. It is a module of its own, so that
// only programs that have metrics get its dependencies.
//
//	interchange_certificate_expiry_timestamp_seconds{direction, connector}
//
// is when the certificate that a connector shows expires, in seconds since 1970. direction is
// receive or send, connector the connector's name. There is one for each connector that shows a
// certificate, so that their number is bounded by the policy. An alert two weeks before:
//
//	interchange_certificate_expiry_timestamp_seconds - time() < 14 * 86400
package metrics
