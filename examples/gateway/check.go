package main

import "fmt"

// check lists what is doubtful about a policy that is valid.
func check(c *cli, args []string) int {
	fs := c.flags("[-config FILE]...")
	var p policyFlags
	p.register(fs)
	if code, done := c.parse(fs, args); done {
		return code
	}
	l, ok := c.policy(&p)
	if !ok {
		return exitInvalid
	}
	warnings := l.warnings()
	if p.json {
		c.printJSON(struct {
			Warnings findings `json:"warnings"`
		}{warnings})
	} else {
		for _, w := range warnings {
			fmt.Fprintln(c.stdout, w)
		}
		fmt.Fprintln(c.stdout, count(len(warnings), "finding"))
	}
	if len(warnings) > 0 {
		return exitNo
	}
	return exitOK
}
