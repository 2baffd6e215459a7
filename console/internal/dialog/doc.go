// Package dialog describes the wizards and property dialogs of the console as data,
// and keeps what administrators enter into them. It knows no HTTP and draws nothing.
//
// [Open] makes a [Dialog] for an object of a configuration: pages with fields, and the
// values that the fields have now. A [Draft] is a dialog that an administrator works on:
// [Draft.Submit] takes a form with the values of a page and does what its button says,
// [Draft.View] says what to show. [Drafts] holds the drafts of all sessions, within
// limits.
//
// A dialog has no rules of its own. Its values become commands of the shell, a [Script],
// and a function that the caller gives tries these on the policy. Each mistake that this
// reports belongs to the field whose parameter it is about.
//
// Passwords stay in the draft: a [View] says only whether there is one.
package dialog
