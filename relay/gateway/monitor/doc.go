// Package monitor judges the status of a gateway: a level as Nagios' plugins have it, what is wrong, and numbers
// to draw. gateway status and the console show its verdict.
package monitor
