package connector

import "strings"

// Problem is one mistake in a Config, or something legal but doubtful.
type Problem struct {
	Path   string // Receive["FromInternetGateway"].Bindings[0]
	Code   string // stable: one of the Code constants
	Detail string // what is wrong and what would be right
}

// String returns "path: detail (code)".
func (p Problem) String() string {
	if p.Path == "" {
		return p.Detail + " (" + p.Code + ")"
	}
	return p.Path + ": " + p.Detail + " (" + p.Code + ")"
}

// Problems are all mistakes of a Config, in the order in which a reader of it
// meets them.
type Problems []Problem

// Error implements error with one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}
