package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// writeManual writes the manual pages of the program and of its commands to dir.
func (c *cli) writeManual(dir string) error {
	pages := map[string]string{"gateway.1": manualOfProgram()}
	for _, cmd := range commands() {
		if !cmd.hidden {
			pages["gateway-"+cmd.name+".1"] = cmd.manual(c.flagsOf(&cmd))
		}
	}
	for name, page := range pages {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			return fmt.Errorf("-man %w", source.FileError(path, err))
		}
	}
	return nil
}

// manualOfProgram returns gateway(1).
func manualOfProgram() string {
	var r roff
	r.title("gateway", "run and examine an SMTP relay with Exchange's connectors")
	r.section("SYNOPSIS")
	r.line(".B gateway")
	r.line(".I COMMAND")
	r.text("[flags]")
	r.section("DESCRIPTION")
	r.text("gateway is an SMTP relay whose policy is Exchange's: Receive connectors decide who may send what, and Send connectors where it goes. " +
		"Its commands also check, explain and compare policies, and manage the queue of a running gateway.")
	r.section("COMMANDS")
	for _, cmd := range commands() {
		if !cmd.hidden {
			r.item("gateway-"+cmd.name+"(1)", cmd.summary)
		}
	}
	r.section("EXIT STATUS")
	r.text("The page of each command lists what its exit status means. For wrong flags it is 2, except that of status, where it is 3.")
	r.section("SIGNALS")
	r.item("SIGTERM, SIGINT", "shut down: transactions and attempts at delivery may end, and messages stay on the queue; a second signal stops the gateway immediately")
	r.item("SIGHUP", "read the files again, as gateway reload does")
	r.section("ENVIRONMENT")
	r.item("INTERCHANGE_CREDENTIAL_variable", "user:password, the answer to Get-Credential for that variable")
	r.item("INTERCHANGE_ANSWER_name", "the answer to Read-Host, and the value of a mandatory parameter of a script")
	r.item("GOMEMLIMIT", "the memory that the gateway may use, as in 400MiB; it refuses mail at three quarters of it")
	r.item("SSL_CERT_FILE", "the authorities by which certificates of next hops are checked, in place of the system's")
	return r.String()
}

// manual returns the page of a command with the flags in fs.
func (cmd *command) manual(fs *flag.FlagSet) string {
	var r roff
	r.title("gateway-"+cmd.name, cmd.summary)
	r.section("SYNOPSIS")
	for i, form := range cmd.synopsis {
		if i > 0 {
			r.line(".br")
		}
		r.line(".B gateway " + roffEscape(cmd.name))
		if form != "" {
			r.text(form)
		}
	}
	if cmd.note != "" {
		r.section("DESCRIPTION")
		r.text(cmd.note + ".")
	}
	if cmd.actions != nil {
		r.section("ACTIONS")
		for _, a := range cmd.actions {
			r.item(strings.TrimSpace(a.name+" "+a.words), a.summary)
		}
	}
	if flags := flagsIn(fs); flags != nil {
		r.section("OPTIONS")
		r.text("Flags may stand before and after words.")
		for _, f := range flags {
			value, usage := flag.UnquoteUsage(f)
			if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && !strings.Contains(usage, "(default") {
				usage += " (default " + f.DefValue + ")"
			}
			r.item(strings.TrimSpace("-"+f.Name+" "+value), usage)
		}
	}
	r.section("EXIT STATUS")
	for code, meaning := range cmd.exits {
		if meaning != "" {
			r.item(fmt.Sprint(code), meaning)
		}
	}
	r.section("SEE ALSO")
	r.text("gateway(1)")
	return r.String()
}

// flagsIn returns the flags of a set in the order of their names.
func flagsIn(fs *flag.FlagSet) (all []*flag.Flag) {
	fs.VisitAll(func(f *flag.Flag) { all = append(all, f) })
	return all
}

// roff is a manual page in the making.
type roff struct{ strings.Builder }

func (r *roff) line(s string) { r.WriteString(s + "\n") }

// title begins the page.
func (r *roff) title(name, summary string) {
	r.line(fmt.Sprintf(".TH %s 1 \"\" \"Interchange\" \"Interchange\"", strings.ToUpper(roffEscape(name))))
	r.line(".nh")
	r.section("NAME")
	r.line(roffEscape(name) + ` \- ` + roffEscape(summary))
}

func (r *roff) section(name string) { r.line(".SH " + name) }

// text adds a paragraph. A line of the input is no line of the page, but a control line only begins with a dot or a quote.
func (r *roff) text(s string) {
	s = roffEscape(strings.ReplaceAll(s, "\n", " "))
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	r.line(s)
}

// item adds a term and what it means.
func (r *roff) item(term, meaning string) {
	r.line(".TP")
	r.line(`\fB` + roffEscape(term) + `\fR`)
	r.text(meaning)
}

// roffEscape returns s as roff prints it unchanged.
func roffEscape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`, "\n", " ").Replace(s)
}
