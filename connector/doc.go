// Package connector compiles Receive and Send connectors into an immutable
// Policy and answers what a session may do.
package connector
