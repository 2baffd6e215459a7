package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/relay/gateway/monitor"
)

// command is a subcommand of gateway. Its usage, its manual page and its completion come from these fields and from
// the flags that start registers.
type command struct {
	name     string
	summary  string
	synopsis []string // what follows the name, one line for each form
	note     string   // what else its usage says; "": nothing
	words    string   // what its words are, in capitals; "": it takes none
	actions  []action // the first word is one of them; empty: it has none
	exits    []string // what the exit codes mean, from 0; "": the command doesn't have it
	invalid  int      // the exit code for wrong flags and words; 0: exitInvalid
	start    func(c *cli, fs *flag.FlagSet) runner
	hidden   bool // from usage and manual
}

// runner runs a command whose flags are parsed with the words among them, and returns the exit code.
type runner func(words []string) int

// action is the first word of some commands.
type action struct {
	name    string
	words   string // what the words after it are, in capitals; "": it takes none
	summary string
}

// exitText returns the exit codes with their meanings on one line.
func (cmd *command) exitText() string {
	var all []string
	for code, meaning := range cmd.exits {
		if meaning != "" {
			all = append(all, fmt.Sprintf("%d %s", code, meaning))
		}
	}
	return strings.Join(all, ", ")
}

// action returns the action of that name, or nil.
func (cmd *command) action(name string) *action {
	for i := range cmd.actions {
		if cmd.actions[i].name == name {
			return &cmd.actions[i]
		}
	}
	return nil
}

// findCommand returns the command of that name, or nil.
func findCommand(name string) *command {
	for _, cmd := range commands() {
		if cmd.name == name {
			return &cmd
		}
	}
	return nil
}

// commands returns the commands in the order of the usage.
func commands() []command {
	return append(append(policyCommands(), operatorCommands()...), otherCommands()...)
}

// policyCommands are the commands that work on a policy.
func policyCommands() []command {
	return []command{{
		name: "serve", summary: "run the relay", words: "FILE", start: serve,
		synopsis: []string{"[FILE]... [flags]"},
		exits:    []string{"stopped by a signal", "could not serve", "invalid"},
	}, {
		name: "check", summary: "read, validate, list findings", words: "FILE", start: check,
		synopsis: []string{"[FILE]... [-cert FILE -key FILE]... [-acme DIR] [-users FILE | -passwd FILE | -ldap FILE] [-client-ca FILE] [-tokens FILE] [-oauth FILE -data DIR] [-dkim-keys DIR] [-milter ADDRESS]..."},
		exits:    []string{"clean or notes only", "errors or warnings", "invalid"},
	}, {
		name: "explain", summary: "show a session step by step", words: "FILE", start: explainSession,
		synopsis: []string{"[FILE]... -remote IP [-local IP:PORT] [-tls [-cert-name NAME]... | [-client-cert FILE]] [-user NAME] -from ADDRESS -to ADDRESS... [-size N] [-header FIELD]... [-oauth FILE] [-dkim-keys DIR] [-data DIR]"},
		exits:    []string{"accepted", "refused", "invalid"},
	}, {
		name: "route", summary: "show which Send connector a recipient is routed to", words: "FILE", start: route,
		synopsis: []string{"[FILE]... -to ADDRESS [-size N] [-tls] [-oauth FILE] [-dkim-keys DIR -author ADDRESS...]"},
		exits:    []string{"routed", "no route", "invalid"},
	}, {
		name: "diff", summary: "say what changes when a policy replaces another", words: "FILE", start: diff,
		synopsis: []string{"[-widening-only] [-json] OLD NEW"},
		exits:    []string{"same", "differs", "invalid"},
	}, {
		name: "ask", summary: "prove something about all sessions, or show one for which it isn't true", words: "FILE", start: askQuestion,
		synopsis: []string{
			"[FILE]... [-remote RANGES] [-as WHO] [-tls | -clear] [-from SENDERS] [-to RECIPIENTS] [-size SIZE] always|never|sometimes PROPERTY",
			"[FILE]... [-with OTHER] [-connector NAME [-with-connector NAME]] [...] disjoint|implies|equivalent PROPERTY",
		},
		note:  askNote(),
		exits: []string{"true", "not true", "invalid, or about no session"},
	}, {
		name: "prove", summary: "print all that a policy decides, or two policies, as a certificate for verify", words: "FILE", start: prove,
		synopsis: []string{"POLICY", "OLD NEW"},
		note:     "POLICY, OLD and NEW are each a file, files separated by commas, or a directory. The certificate is JSON; that of two policies says how many answers differ",
		exits:    []string{"done", "", "invalid or too large"},
	}, {
		name: "verify", summary: "check that a certificate of prove is true, without the code that made it", words: "FILE", start: verifyProof,
		synopsis: []string{"[-json] CERTIFICATE POLICY", "[-json] CERTIFICATE OLD NEW"},
		note:     "CERTIFICATE is a file with the output of prove. Give the policies that prove had, with the same -server and -profile",
		exits:    []string{"verified", "refused", "invalid"},
	}, {
		name: "replay", summary: "say what would change for the sessions in logs", words: "FILE", start: replayLogs,
		synopsis: []string{"[-config FILE]... LOG..."},
		exits:    []string{"all the same", "something differs or a log can't be judged", "invalid or nothing judged"},
	}, {
		name: "convert", summary: "print the policy as Exchange commands or as JSON", words: "FILE", start: convert,
		synopsis: []string{"[FILE]... -to shell|json"},
		exits:    []string{"done", "something isn't possible (-strict)", "invalid"},
	}, {
		name: "map", summary: "draw the policy as a picture", words: "FILE", start: drawMap,
		synopsis: []string{"[FILE]... -to svg|dot|mermaid|text [-before OLD] [-only NAME]..."},
		exits:    []string{"done", "", "invalid"},
	}, {
		name: "access", summary: "show who may do what on Receive connectors, and why", words: "FILE", start: showAccess,
		synopsis: []string{"[FILE]... [-connector NAME]... [-principal USER]... [-right RIGHT]... [-held] [-csv | -json]"},
		exits:    []string{"done", "no such principal or right", "invalid"},
	}, {
		name: "shell", summary: "run Exchange commands at a prompt, or from standard input", words: "FILE", start: runShell,
		synopsis: []string{"[FILE]..."},
		exits:    []string{"done", "a command failed", "invalid"},
	}, {
		name: "console", summary: "show and change the policy in a browser", words: "FILE", start: runConsole,
		synopsis: []string{"[FILE]... [-listen ADDRESS] [-data DIR] [-console-users FILE]", "-link -data DIR"},
		exits:    []string{"stopped by a signal", "could not serve", "invalid"},
	}}
}

// operatorCommands are the commands about a running gateway.
func operatorCommands() []command {
	return []command{{
		name: "queue", summary: "manage the queue of a gateway", start: runQueue,
		synopsis: []string{
			"list|show|retry|resubmit|suspend|resume|redirect|drop|export -data DIR [flags] [ID]...",
			"import -data DIR FILE|DIR...",
			"hops [suspend|resume|retry|resubmit|redirect NAME] -data DIR",
		},
		actions: []action{
			{"list", "ID", "list messages, oldest first: age, size, sender, and the state of each recipient with the cause"},
			{"show", "ID", "print everything that the queue knows about messages"},
			{"retry", "ID", "try messages and their next hops now"},
			{"resubmit", "ID", "route messages again by the policy, and try them now"},
			{"suspend", "ID", "suspend delivery of messages"},
			{"resume", "ID", "resume delivery of messages"},
			{"redirect", "ID", "send messages by the Send connector of -to"},
			{"drop", "ID", "give up the recipients that are still waiting"},
			{"export", "ID", "write messages and their envelopes to files in the directory of -output"},
			{"import", "FILE", "put messages on the queue from the files that export wrote, or from all in a directory"},
			{"hops", "HOP", "show the queue by next hop, or suspend, resume, retry, resubmit or redirect a next hop"},
		},
		exits: []string{"done", "no such message or not all done", "invalid or no gateway running"},
	}, {
		name: "trace", summary: "tell what became of messages, by the message tracking log", words: "FILE", start: runTrace,
		synopsis: []string{"[-from ADDRESS] [-to ADDRESS] [-subject TEXT] [-id ID] [-since TIME] [-until TIME] [-data DIR] [LOG]..."},
		note:     "LOG is a file or a directory of message tracking logs, Exchange's too",
		exits:    []string{"found", "no such message", "invalid"},
	}, {
		name: "reload", summary: "make a running gateway read its files again", start: runReload,
		synopsis: []string{"-data DIR"},
		exits:    []string{"reloaded", "", "something is wrong with the files, invalid, or no gateway running"},
	}, {
		name: "status", summary: "show the state of a running gateway, also for Nagios", start: runStatus,
		synopsis: []string{"-data DIR [-json | -nagios]"},
		exits:    []string{"OK", "warning", "critical or no gateway running", "unknown"},
		invalid:  int(monitor.Unknown),
	}, {
		name: "top", summary: "show sessions, next hops, rates and refusals of a running gateway", start: runTop,
		synopsis: []string{"-data DIR [flags]"},
		exits:    []string{"done", "", "invalid or no gateway running"},
	}, {
		name: "health", summary: "say whether a running gateway can serve clients, for Docker", start: runHealth,
		synopsis: []string{"-data DIR | -metrics ADDRESS"},
		exits:    []string{"ready", "not ready", "invalid"},
	}}
}

// otherCommands are the commands about keys and users, and about the program.
func otherCommands() []command {
	return []command{{
		name: "dkim", summary: "make keys that sign mail, and check their DNS records", start: runDKIM,
		synopsis: []string{"new DOMAIN -keys DIR [-selector S] [-algorithm rsa|ed25519] [-from TIME]", "check [DOMAIN]... -keys DIR [-dns ADDR] [-json]"},
		actions: []action{
			{"new", "DOMAIN", "make the keys of a domain and print their DNS records"},
			{"check", "DOMAIN", "look up the records of the keys, and say whether they fit"},
		},
		exits: []string{"done", "a record doesn't fit", "invalid"},
	}, {
		name: "oauth", summary: "log on for a Send connector, or test its logon at the smart host", start: runOAuth,
		synopsis: []string{"login|test -connector NAME [-host HOST] -config FILE -oauth FILE -data DIR"},
		actions: []action{
			{"login", "", "let a person log on for a Send connector"},
			{"test", "", "log on at the smart hosts of a Send connector, and say why if that fails"},
		},
		exits: []string{"logged on", "refused", "invalid"},
	}, {
		name: "user", summary: "maintain the users file of Basic authentication", start: user,
		synopsis: []string{"add|passwd|remove|list -file FILE [NAME] [-group GROUP]... [-address ADDRESS]... [-no-password]"},
		actions: []action{
			{"add", "NAME", "add a user"},
			{"passwd", "NAME", "change the password of a user"},
			{"remove", "NAME", "remove a user"},
			{"list", "", "list the users"},
		},
		exits: []string{"done", "no such user", "invalid"},
	}, {
		name: "version", summary: "print the version of the program", start: runVersion,
		synopsis: []string{""},
		exits:    []string{"done", "", "invalid"},
	}, {
		name: "help", summary: "print the usage of a command, or write the manual pages", words: "COMMAND", start: runHelp,
		synopsis: []string{"[COMMAND]", "-man DIR"},
		exits:    []string{"done", "", "invalid"},
	}, {
		name: "completion", summary: "print a script that lets a shell complete commands, flags and names", words: "SHELL", start: runCompletion,
		synopsis: []string{"bash|zsh|fish"},
		exits:    []string{"done", "", "invalid"},
	}, {
		name: "__complete", summary: "print candidates for the last of some words", words: "WORD", start: runComplete, hidden: true,
		synopsis: []string{"-- WORD..."},
		exits:    []string{"done", "", "invalid"},
	}}
}
