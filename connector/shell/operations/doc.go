// Package operations says what the cmdlets about a running server ask of it: its queues and the messages in
// them. A program that can reach a running server implements [Queues] and passes it to package shell, in
// Options. gateway shell -data DIR does.
package operations
