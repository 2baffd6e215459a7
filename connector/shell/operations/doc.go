// Package operations says what the cmdlets about a running server ask of it: its queues, the messages in
// them, and its message tracking log. A program that can reach them implements [Queues] and [TrackingLog] and passes these
// to package shell, in Options. gateway shell -data DIR does.
package operations
