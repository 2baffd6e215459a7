// Package interp runs scripts of the shell language: it walks the tree of
// package syntax, keeps the variables, binds the parameters of cmdlets and moves
// objects through pipelines one at a time. The caller gives the cmdlets of Exchange
// as object.Command; the cmdlets of PowerShell for choosing, ordering and printing
// objects are here.
//
// # Where things are
//
// exec.go runs statements, flow.go and try.go those that jump, function.go calls
// functions, eval.go evaluates expressions, operator.go chooses the operator, and
// pipeline.go moves objects. bind.go gives the arguments of a command to its
// parameters; external.go runs the commands of the caller. A cmdlet of PowerShell is a
// row in the file that is named for what it does: choosing, ordering, measuring,
// making, changing, printing, formatting, converting, searching, asking, helping;
// builtins, in builtin.go, puts the files together. Code that takes time or memory
// charges the meter first; must ends the script if the meter refuses.
//
// # Errors
//
// Run returns every error of the script, each with the place and the text underlined:
// after a cmdlet fails on one object the others are still tried, but a script with an
// error counts as failed. Errors that the author silenced with -ErrorAction
// SilentlyContinue or 2>$null, or caught, aren't returned. After a command that isn't
// there or can't be called that way, the next statement still runs, so that one run
// reports all mistakes. Any other error of an expression ends the script, because
// whatever uses a wrong value is wrong, too.
//
// # Departures from PowerShell
//
//   - A property that isn't there is an error, except for $null and hashtables. In the
//     columns of Select-Object, Sort-Object and the Format cmdlets it counts as
//     $null, as a variable does that was never set; for both there is a warning.
//   - Within try every error of a cmdlet goes to the catch, not only those that end
//     a pipeline, unless -ErrorAction says otherwise.
//   - break and continue without a loop around them are errors. PowerShell ends
//     the script.
//   - A parameter that its type converted isn't bound to the type any more.
//   - A $null that stands first in a pipeline sends nothing into it. PowerShell
//     does that only for the $null of a cmdlet without output, not for a written one;
//     here a pipeline such as $found | Remove-ReceiveConnector is safe with both.
//   - -match, -replace and -split use RE2: there is no look-around and no
//     back-reference. Each look at a text is paid for by what it looked at.
//   - Export-Csv writes no #TYPE line unless asked to, Export-Clixml goes two levels
//     deep, and both end lines as Windows does. Format-Table always sizes its
//     columns; -Wrap cuts nothing instead of breaking cells. Output has no colours.
//   - A cmdlet that asks before it acts goes on if there is no user to ask, unless
//     the author wrote -Confirm.
//
// # Hostile scripts
//
// Steps, nesting, output, the length of strings and lists and the bytes of all values
// that a script builds are bounded by Limits; the meter is charged before memory is
// allocated: readers of files ask first, and the matcher of patterns is charged while
// it looks. The context ends a script between two steps, and within a long one. There
// is no network and no program to run; clock, files and the environment are those that
// the caller gives.
package interp
