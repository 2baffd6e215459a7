// Package tally counts what each account at a smart host got, for the limits of mail services: a
// [Tally] has the messages of the last minute and the recipients of the last 24 hours. [Format] and
// [Parse] keep the tallies in a file.
//
// Nothing here has a lock; every call brings the time with it.
package tally
