// Package metrics shows Prometheus what a gateway does and how it is: connections, logons, messages,
// deliveries, limits that were reached, the queue, the disk and certificates. It is a module of its
// own, so that only programs that have metrics get its dependencies. Begin at [New].
//
// Every metric is in docs/metrics.md, with its labels and the counter of Exchange that it stands
// for; the files of metrics/prometheus and metrics/grafana are alert rules and a dashboard, and
// docs/alerts.md says what to do about each alert.
//
// # Labels
//
// No label has text of a client or of another host: an address, a user, a name in EHLO, a reply. A
// value is a constant of this module or of packages event and reply, a connector of the policy, or
// a smart host of such a connector. So clients can't make series; a test attacks that. Series of
// connectors that a reload has removed are left out from the next scrape on.
package metrics
