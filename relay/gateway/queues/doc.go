// Package queues shows the queue of a gateway, and changes it, in the words of Exchange's cmdlets about queues: with
// the names, delivery types and statuses that Get-Queue and Get-Message print. gateway shell and the console use it.
package queues
