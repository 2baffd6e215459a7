// Package shell runs Exchange's own commands: the cmdlets that administrators
// have in guides, change tickets and scripts, and the PowerShell that people
// write around them. They make a connector.Config.
//
//	in := shell.New(shell.Options{Server: routing.Server{Name: "HubA"}})
//	err := in.Run(ctx, "relay.ps1", script)
//	policy, err := connector.Compile(in.Config())
//
// # The organisation
//
// Commands work on an organisation. A fresh one has the objects that Exchange's setup
// makes for the edition and the role of the server: the default Receive connectors,
// one accepted domain, the limits. Open starts from a configuration instead, and
// Merge adds one. Config returns the organisation as a configuration;
// connector.Compile checks it as a whole. Places returns the place of the command
// that set each parameter.
//
// # The language
//
// Comments, variables, arrays, hashtables, strings with variables in them,
// operators, conditions, loops, functions, try, pipelines, the cmdlets for filtering,
// sorting, printing and converting; docs/scripts.md describes it. Get-Command lists
// all cmdlets, Get-Help describes one. Anything else is refused, with the place, the
// offending text underlined and what to write instead.
//
// After a command that fails the next one runs, but a wrong value, such as a property
// that isn't there, ends the script.
//
// # What a script can do
//
// A script computes, and changes the organisation in memory. It runs no program
// and has no network; it sees files, environment, clock and users only through what
// Options hands in. Its steps, depth, memory and output are bounded, so that a
// hostile one ends with an error. Passwords are kept as secrets: they don't
// reach output, errors or warnings.
package shell
