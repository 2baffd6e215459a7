package guide

import (
	"regexp"
	"strings"
)

// Step is a numbered step of a procedure in the console. The number has two parts, as in 2.4, if the guide
// has steps within steps.
type Step struct{ Number, Text string }

// numbered is a line that begins a step.
var numbered = regexp.MustCompile(`^( {2,4})(\d+)\. (.*)$`)

// Steps takes out of the guide's text the steps in the Exchange Management Console, by the scenario of the shell
// commands that do the same. It leaves out steps that only announce other steps.
func Steps(text string) map[Scenario][]Step {
	found := map[Scenario][]Step{}
	var current Scenario
	var outer string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "To use the Exchange Management ") {
			current = ""
			if shell := strings.Replace(line, "Management Console", "Management Shell", 1); shell != line {
				current = headings[shell]
			}
			continue
		}
		m := numbered.FindStringSubmatch(line)
		switch {
		case current == "" || m == nil:
		case strings.HasSuffix(m[3], "by following these steps:"):
			outer = m[2] + "."
		case len(m[1]) == 2:
			found[current] = append(found[current], Step{m[2], m[3]})
		default:
			found[current] = append(found[current], Step{outer + m[2], m[3]})
		}
	}
	return found
}
