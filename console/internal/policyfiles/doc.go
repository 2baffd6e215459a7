// Package policyfiles keeps the files of a policy as versions: it reads them when they change, tries
// commands on them, says what the commands would change, and writes them into the last file.
//
//	files, err := policyfiles.Open(policyfiles.Options{Names: []string{"relay.ps1"}})
//	now, err := files.Current(ctx)
//	trial, err := now.Try(ctx, policyfiles.Change{Title: "Close the relay", Commands: "Set-ReceiveConnector ..."})
//	entry, err := files.Apply(ctx, trial, "anna")
//
// Nothing is written before [Files.Apply], and Apply writes only if the files are still those that the
// trial began with. It keeps the text before, so that [Files.TryUndo] can put it back.
package policyfiles
