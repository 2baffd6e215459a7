// Package viewer reads the state of a running gateway for many viewers at once: its status, its queues and the
// messages in them, filtered, sorted and in pages, as Exchange's Queue Viewer shows them. [Snapshots] asks the gateway
// once for all viewers who want the same thing within a second, and never holds more messages than a page has. A
// [Query] is the filter, the order and the page that a viewer has chosen. It knows no HTTP.
package viewer
