// Package routing decides by which Send connector a recipient leaves.
package routing
