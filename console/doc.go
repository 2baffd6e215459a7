// Package console shows a policy and a gateway in a browser, with the wizards, words and pages of Exchange's
// Management Console.
//
//	page, err := console.New(console.Options{Files: []string{"policy.ps1"}, ...})
//	http.Handle("/", page)
//
// Every change is a list of shell commands. Before one is applied, its page shows the commands, what may happen
// afterwards that could not before, the findings that appear and vanish, and the map with the change marked. Applied,
// the commands are appended to the policy's own script, and the text before stays as an earlier version.
//
// Users have roles: View sees all pages, Operate also acts on the queue, Change also changes the policy. There is no
// page without a logon. Passwords are never sent back to the browser.
//
// The pages need no script. They may be mounted in another program's server; see Options.Base.
package console
