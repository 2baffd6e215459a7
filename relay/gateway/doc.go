// Package gateway puts the parts of a mail gateway together: a relay.Server that
// receives by the Receive connectors of a policy, a queue, a dispatch.Dispatcher that
// works on it, and a delivery.Sender that delivers by the Send connectors. Begin at
// [Gateway]. The example of [Gateway.Run] is a whole program: a gateway with a queue that
// reads its policy again at SIGHUP. The example of the package keeps a message through a
// restart.
//
// The parts work without this package, too. It adds the order in which they must be
// opened, changed and closed:
//
//   - [Gateway.Start] opens the queue, begins to deliver what is on it, opens the
//     operator's socket and then the bindings. No mail is accepted before it can be kept.
//   - [Gateway.Reload] replaces policy, users, certificates and the authorities of clients
//     and next hops together, or keeps all of the previous ones. Sessions that are open
//     end under the configuration that they began with.
//   - [Gateway.Shutdown] closes the listeners and the operator's socket, lets open
//     transactions and delivery attempts end at the same time (a client that waits for
//     its next hop gets its answer that way), and closes the queue last.
//
// [Gateway.Events] learn what happens. [Gateway.Report] adds what happens in parts that the program
// brings along, such as the tokens for smart hosts.
//
// With a data directory ([Gateway.Dir]) the Gateway answers the requests of package
// control, which is how the gateway command lists, retries, suspends and drops messages.
package gateway
