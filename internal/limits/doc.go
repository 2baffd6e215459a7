// Package limits counts what a server must count across connections: connections
// ([Connections]), messages per minute ([MessageRate]), wrong passwords ([Guesses]), open
// transactions and the memory that they hold ([Transactions]). A client is counted by
// network.Source, so that one IPv6 network is one client. The counters know no session
// and no socket; they outlive policies.
package limits
