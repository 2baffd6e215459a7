// Package diagram draws a policy: who connects and where, which Receive
// connector takes it and what its sessions may do, for which recipients, by
// which Send connector and to which next hop.
//
// Paths on which mail for other people's domains may go stand out: most where
// nobody has to log in for it, less where somebody has.
//
// [New] makes a Drawing of a policy; it prints as SVG, which needs no other
// program to be looked at, as DOT for Graphviz, and as Mermaid, which many
// wikis and forges show in Markdown. A drawing depends on nothing but the
// policy and the options: the same policy always gives the same text.
//
// What a drawing leaves out, it says: disabled connectors, and beyond
// Options.MaxConnectors and Options.MaxLines connectors and lines. Too many
// connectors are first joined where they do the same, and of what is left then
// those are kept on which more is allowed.
package diagram
