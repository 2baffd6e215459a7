package guide

import (
	"embed"
	"fmt"
	"os"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell"
)

// Variable names the environment variable with the path of the guide's text.
const Variable = "INTERCHANGE_GUIDE"

// Scenario is one of the guide's procedures that has commands.
type Scenario string

// The scenarios. RelayConsole is anonymous relay by way of the console, whose
// last step is a command all the same.
const (
	Basic        Scenario = "basic"
	Secured      Scenario = "secured"
	Relay        Scenario = "relay"
	RelayConsole Scenario = "relay-console"
)

// headings are the lines of the guide that procedures begin with.
var headings = map[string]Scenario{
	"To use the Exchange Management Shell to establish Internet mail flow between a Hub Transport server and an external SMTP gateway by using Basic authentication":    Basic,
	"To use the Exchange Management Shell to establish Internet mail flow between a Hub Transport server and an external SMTP gateway by using external authentication": Secured,
	"To use the Exchange Management Shell to establish Internet mail flow between a Hub Transport server and an external SMTP gateway by using anonymous relay":         Relay,
	"To use the Exchange Management Console to establish Internet mail flow between a Hub Transport server and an external SMTP gateway by using anonymous relay":       RelayConsole,
}

//go:embed scripts testdata
var scripts embed.FS

// Script returns the commands of a scenario, one per line. They are taken from
// the guide's text if Variable names it: the error says so if the text can't be
// read, or has other commands than the copy that is kept here.
func Script(s Scenario) ([]byte, error) {
	kept, err := scripts.ReadFile("scripts/" + string(s) + ".ps1")
	if err != nil {
		return nil, err
	}
	name := os.Getenv(Variable)
	if name == "" {
		return kept, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Variable, err)
	}
	taken := Extract(string(text))[s]
	if taken != string(kept) {
		return nil, fmt.Errorf("%s has these commands for %s:\n%s\nkept are:\n%s", name, s, taken, kept)
	}
	return []byte(taken), nil
}

// Files returns all that makes a policy of a scenario, to be run in order on a
// fresh organisation: Script as it stands, and around it, in files of their own,
// the commands for what the guide leaves open.
func Files(s Scenario) ([]shell.File, error) {
	var files []shell.File
	for _, part := range []string{"-before", "", "-after"} {
		name := string(s) + part + ".ps1"
		if part == "" {
			data, err := Script(s)
			if err != nil {
				return nil, err
			}
			files = append(files, shell.File{Name: name, Data: data})
		} else if data, err := scripts.ReadFile("testdata/" + name); err == nil {
			files = append(files, shell.File{Name: name, Data: data})
		}
	}
	return files, nil
}

// Extract takes the commands out of the guide's text. A command is the line
// after one that announces "the following command"; of it nothing but the
// indentation is left out.
func Extract(text string) map[Scenario]string {
	found := map[Scenario]string{}
	var current Scenario
	announced := false
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " ")
		switch {
		case line == "":
		case strings.HasPrefix(line, "To use the Exchange Management "):
			current = headings[line]
		case announced:
			found[current] += line + "\n"
			announced = false
		case current != "":
			announced = strings.HasSuffix(line, ":") && strings.Contains(strings.ToLower(line), "run the following command")
		}
	}
	return found
}
