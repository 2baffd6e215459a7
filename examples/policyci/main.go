// Command policyci is a gate for changes of a policy: it prints everything that the
// proposed policy allows and the approved one doesn't, each with a session that shows it,
// and exits with 1 if there is anything, with 2 if it can't say:
//
//	policyci approved.ps1 connectors.ps1
//
// The tests in policy_test.go are those of a repository with a policy in it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
)

func main() {
	if len(os.Args) != 3 {
		log.Print("usage: policyci APPROVED PROPOSED")
		os.Exit(2)
	}
	wider, err := run(context.Background(), os.Stdout, os.Args[1], os.Args[2])
	switch {
	case err != nil:
		log.Print(err)
		os.Exit(2)
	case wider:
		os.Exit(1)
	}
}

// run reports whether the proposed policy allows anything that the approved one doesn't.
func run(ctx context.Context, out io.Writer, approved, proposed string) (wider bool, err error) {
	before, err := load.Files(ctx, load.Options{}, approved)
	if err != nil {
		return false, err
	}
	after, err := load.Files(ctx, load.Options{}, proposed)
	if err != nil {
		return false, err
	}
	changes := analysis.Compare(before.Policy, after.Policy).Wider()
	if changes.TooLarge != "" {
		return false, errors.New(changes.TooLarge)
	}
	for _, change := range changes.Changes {
		fmt.Fprintln(out, change)
		if change.Shown() {
			fmt.Fprintf(out, "%v\n", change.New())
		}
	}
	return !changes.Same(), nil
}
