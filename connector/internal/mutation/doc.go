// Package mutation changes policies for tests of an analysis. An [Operator] changes one
// setting of a configuration, at a random place and to a random value, so that an analysis that
// overlooks a parameter is found out. [NoOps] are those that change only how a configuration
// says the same, which an analysis must not report.
//
// All randomness comes from the source that the caller gives, so a seed repeats a run.
package mutation
