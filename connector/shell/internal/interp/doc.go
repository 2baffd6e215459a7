// Package interp runs scripts of the shell language: it walks the tree of
// package syntax, keeps the variables, binds the parameters of cmdlets and moves
// objects through pipelines one at a time. The cmdlets of Exchange come in as
// object.Command; those that PowerShell itself has for choosing, ordering and
// printing objects are here.
//
// # Where things are
//
// exec.go runs statements, eval.go evaluates expressions, operator.go chooses the
// operator, and pipeline.go moves objects. bind.go gives the arguments of a
// command to its parameters; external.go runs the commands that came in. A cmdlet of PowerShell's own is a row in the file of what it does:
// choosing, ordering, measuring, making, printing, formatting, converting,
// helping; builtins, in builtin.go, puts the files together. Whatever takes time
// or memory pays the meter first.
//
// # Errors
//
// Run returns every error of the script, each with the place and the text
// underlined: a cmdlet that fails on one object doesn't keep the others from
// being tried, but a script that had an error never counts as done. What the
// author silenced with -ErrorAction SilentlyContinue or 2>$null isn't returned.
// A name that isn't known, a parameter that isn't there and a value that has no
// such method can't be silenced, as in PowerShell.
//
// # Departures from PowerShell
//
//   - There is one scope. The language has no functions.
//   - A variable that was never set is $null, and a property that isn't there
//     too, but both are warned of: in a configuration they are typing errors.
//   - A $null that stands first in a pipeline sends nothing into it. PowerShell
//     tells the $null of a cmdlet without output from the one that was written;
//     here a pipeline such as $found | Remove-ReceiveConnector is safe with both.
//   - -match, -replace and -split use RE2: there is no look-around and no
//     back-reference, and time is linear.
//   - Export-Csv writes no #TYPE line unless asked to, Export-Clixml goes two levels
//     deep, and both end lines as Windows does. Format-Table always sizes its
//     columns; -Wrap cuts nothing instead of breaking cells. Output has no colours.
//   - A cmdlet that asks before it acts goes on if nobody is there to ask, unless
//     the author wrote -Confirm.
//
// # Hostile scripts
//
// Steps, nesting, output, the length of strings and lists and the bytes of all
// values that a script builds are bounded by Limits; nothing is allocated before
// it is paid for. The context ends a script between two steps. There is no clock,
// no network and no program to run; files and the environment are what the caller
// hands in.
package interp
