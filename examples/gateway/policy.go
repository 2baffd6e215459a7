package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// policyFlags are the flags of every command that works on a policy.
type policyFlags struct {
	files       list
	server      string
	profile     string
	credentials string
	cert        string
	key         string // of commands that use the certificate, and say what is wrong with it
	json        bool
	fqdn        string // of the machine, for a server that nothing names
}

// list is a flag that may be given several times.
type list []string

// String implements flag.Value.
func (l *list) String() string { return strings.Join(*l, " ") }

// Set implements flag.Value.
func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func (p *policyFlags) register(fs *flag.FlagSet) {
	fs.Var(&p.files, "config", "read the policy from `FILE`: Exchange commands (.ps1), an export of Exchange (.txt .csv .json .xml) or JSON (.json);\nmay be repeated: read in order, lists add up, later settings win (default: the built-in demonstration)")
	p.registerReading(fs)
}

// registerReading registers how files are read, for commands that name the files
// themselves.
func (p *policyFlags) registerReading(fs *flag.FlagSet) {
	fs.StringVar(&p.server, "server", "", "`NAME` of the server of the policy that we are; where the policy lists no servers, give its FQDN, as in ex01.contoso.com")
	fs.StringVar(&p.profile, "profile", "", "edition of Exchange: current or exchange2007 (default: the policy's)")
	fs.StringVar(&p.credentials, "credentials", "", "answer Get-Credential with `FILE`, lines of variable=user:password\n(or with the environment: "+credentialPrefix+"_variable=user:password)")
	fs.StringVar(&p.cert, "cert", "", "PEM `FILE` with the certificate and its chain, which Get-ExchangeCertificate shows")
	fs.BoolVar(&p.json, "json", false, "print for machines")
}

// finding is a mistake in the policy, or something doubtful, with its place.
type finding struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Path   string `json:"path,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`

	Excerpt   string `json:"excerpt,omitempty"`   // of a script, the mistake underlined
	Supported string `json:"supported,omitempty"` // what to write instead

	note bool // good to know, and nothing to do about
}

// String returns file:line:column: path: detail, and then excerpt and what is
// supported on lines of their own.
func (f finding) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&b, "%d:", f.Line)
		}
		if f.Column > 0 {
			fmt.Fprintf(&b, "%d:", f.Column)
		}
		b.WriteByte(' ')
	}
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Detail)
	if f.Excerpt != "" {
		b.WriteString("\n" + f.Excerpt)
	}
	if f.Supported != "" {
		b.WriteString("\n    supported: " + f.Supported)
	}
	return b.String()
}

// line is String on one line, without the excerpt, for a log.
func (f finding) line() string {
	f.Excerpt, f.Supported = "", strings.ReplaceAll(f.Supported, "\n", " ")
	f.Detail = strings.ReplaceAll(f.Detail, "\n", " ")
	return strings.Replace(f.String(), "\n    supported: ", "; supported: ", 1)
}

// findings are all that is wrong with a policy.
type findings []finding

// Error implements error with one finding per line.
func (f findings) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// loaded is a policy and what it was read from.
type loaded struct {
	*connector.Policy
	files     []string
	documents []*jsonconfig.Document
	origins   map[string]shell.Position // of what scripts and exports set
	receive   []string                  // paths of the Receive connectors
	notes     findings                  // what was said while reading
}

// load reads and compiles the policy. The error is findings where the policy
// is to blame, and lists all of them: those of the text and those of the policy
// that could be read from it.
func (p *policyFlags) load(c *cli) (*loaded, error) {
	l, cfg, mistakes, err := p.read(c)
	if err == nil && len(mistakes) == 0 {
		err = p.credentialsOf(c, l, &cfg)
	}
	if err != nil {
		return nil, err
	}
	if err := l.compile(named(cfg, p.fqdn), mistakes, ""); err != nil {
		return nil, err
	}
	return l, nil
}

// compile makes the policy. The error is findings: mistakes of the text, and
// problems other than those of the forgiven code.
func (l *loaded) compile(cfg connector.Config, mistakes jsonconfig.Errors, forgiven string) error {
	l.receive = cfg.ReceivePaths()
	var err error
	l.Policy, err = connector.Compile(cfg)
	var problems connector.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	problems = slices.DeleteFunc(problems, func(p connector.Problem) bool { return mistakes.Explains(p) || p.Code == forgiven })
	if len(problems)+len(mistakes) > 0 {
		return l.findings(mistakes, problems)
	}
	return nil
}

// findings lists the mistakes of texts and the problems of the policy in the
// order of the files.
func (l *loaded) findings(mistakes jsonconfig.Errors, problems connector.Problems) findings {
	found := append(misread(mistakes), l.locate(problems)...)
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(slices.Index(l.files, a.File)-slices.Index(l.files, b.File), a.Line-b.Line)
	})
	return found
}

// misread makes findings of mistakes in JSON.
func misread(mistakes jsonconfig.Errors) findings {
	found := make(findings, len(mistakes))
	for i, m := range mistakes {
		found[i] = finding{File: m.File, Line: m.Line, Path: m.Path, Code: "json", Detail: m.Detail}
	}
	return found
}

// locate finds the places of problems in the files.
func (l *loaded) locate(problems connector.Problems) findings {
	found := make(findings, len(problems))
	for i, p := range problems {
		found[i] = finding{Path: p.Path, Code: p.Code, Detail: p.Detail}
		if file, line, ok := l.whence(p.Path); ok {
			found[i].File, found[i].Line = file, line
		} else if len(l.files) == 1 && len(l.documents) == 1 {
			found[i].File = l.files[0] // something is missing from it
		}
	}
	return found
}

// whence tells the file and line that a path was set in.
func (l *loaded) whence(path string) (file string, line int, ok bool) {
	if at, ok := shell.Locate(l.origins, path); ok {
		return at.File, at.Line, true
	}
	if len(l.origins) == 0 { // documents alone: several may have the name, and the index is theirs
		for i, name := range l.receive {
			if rest, is := strings.CutPrefix(path, name); is {
				path = fmt.Sprintf("Receive[%d]%s", i, rest)
				break
			}
		}
	}
	at, ok := jsonconfig.Locate(path, l.documents...)
	return at.File, at.Line, ok
}

// demonstrated says that the policy is none of the administrator's: a variable that
// is empty gives no -config.
const demonstrated = "no -config: this is the built-in demonstration"

// policy loads the policy for a command. If that fails it prints why and ok
// is false.
func (c *cli) policy(p *policyFlags) (l *loaded, ok bool) {
	c.demonstrates(p)
	l, err := p.load(c)
	if err != nil {
		c.badPolicy(p, err)
	}
	return l, err == nil
}

// demonstrates says so if no file of a policy was given.
func (c *cli) demonstrates(p *policyFlags) {
	if len(p.files) == 0 {
		fmt.Fprintf(c.stderr, "gateway %s: %s\n", c.name, demonstrated)
	}
}

// badPolicy prints why a policy couldn't be loaded and returns exitInvalid.
func (c *cli) badPolicy(p *policyFlags, err error) int {
	var bad findings
	switch {
	case errors.As(err, &bad) && p.json:
		c.printJSON(struct {
			Errors findings `json:"errors"`
		}{bad})
	case errors.As(err, &bad):
		fmt.Fprintln(c.stderr, bad)
		fmt.Fprintf(c.stderr, "gateway %s: the policy has %s\n", c.name, count(len(bad), "mistake"))
	default:
		c.invalid(err)
	}
	return exitInvalid
}

// count prints n things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// printJSON prints v for machines.
func (c *cli) printJSON(v any) { writeJSON(c.stdout, v) }

func writeJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	enc.Encode(v)
}
