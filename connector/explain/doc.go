// Package explain puts sessions, and the changes between two policies, into words for people: which decision each
// command meets and which parameter of which file decided it, what would let a refused client in, at which local
// addresses a client has which result.
//
// It computes nothing about policies itself: the decisions are those of connector.Policy.Walk, and the changes those of
// package analysis.
package explain
