// Package load reads a policy from files: Exchange commands (.ps1), what Exchange
// exported (.txt, .csv, .json, .xml), JSON documents, and the configuration of Postfix (.cf)
// and of the SMTP service of IIS (MetaBase.xml), in any number and mixture.
//
//	policy, err := load.Files(ctx, load.Options{}, "receive.xml", "relay.ps1")
//
// Files are read in order: lists add up, later settings win, and a script changes what
// the files before it made. Every mistake in the files and in the policy that they make
// is reported at once, as source.Diagnostics with file and line.
//
// [Names] returns the files of an argument that a user gave: a file, several separated by
// commas, or a directory.
//
// Scripts ask for passwords with Get-Credential, and exports can't contain the passwords
// of Send connectors. [Options] says where they come from: a credentials file, the
// environment, or a function that asks a user.
//
// [Loaded.Findings] lists who may relay by the policy and what is doubtful in it, with
// files and lines.
//
// [Read] reads the files without compiling the policy, for callers that change the
// configuration first or need it even where a policy can't be made of it.
package load
