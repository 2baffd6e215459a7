// Package diagram draws a policy: which clients connect to which bindings, the
// Receive connector that serves them and the rights of its sessions, the accepted
// and other domains, the Send connectors and the next hops.
//
// Paths for mail to domains that aren't accepted stand out: most where a client
// needs no login for it, less where it does.
//
// [New] makes a Drawing of a policy; it prints as SVG, which browsers show, as DOT
// for Graphviz, as Mermaid, which many wikis and forges show in Markdown, and as text.
// [Drawing.Table] has its content for people who don't see it. The same policy and options
// always give the same text.
//
// With Options.Before the drawing marks what differs from another policy, by words, signs
// and outlines, not by colour.
//
// A drawing counts what it leaves out: disabled connectors, and connectors and
// lines beyond Options.MaxConnectors and Options.MaxLines. Too many connectors
// with the same rights are first joined; of the others, those that allow more are
// drawn.
package diagram
