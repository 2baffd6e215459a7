package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/permission"
)

// policyFlags are the flags of every command that works on a policy.
type policyFlags struct {
	files   list
	server  string
	profile string
	json    bool
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
	fs.Var(&p.files, "config", "read the policy from JSON `FILE`; may be repeated: lists add up, later settings win\n(default: the built-in demonstration)")
	fs.StringVar(&p.server, "server", "", "`NAME` of the server of the policy that we are")
	fs.StringVar(&p.profile, "profile", "", "edition of Exchange: current or exchange2007 (default: the policy's)")
	fs.BoolVar(&p.json, "json", false, "print for machines")
}

// finding is a mistake in the policy, or something doubtful, with its place.
type finding struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Path   string `json:"path,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// String returns file:line: path: detail.
func (f finding) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&b, "%d:", f.Line)
		}
		b.WriteByte(' ')
	}
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	return b.String() + f.Detail
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
}

// load reads and compiles the policy. The error is findings where the policy
// is to blame, and lists all of them: those of the text and those of the policy
// that could be read from it.
func (p *policyFlags) load() (*loaded, error) {
	l, cfg, mistakes, err := p.read()
	if err != nil {
		return nil, err
	}
	if p.server != "" {
		cfg.Server = p.server
	}
	if p.profile != "" {
		if cfg.Profile, err = permission.ParseProfile(p.profile); err != nil {
			return nil, fmt.Errorf("-profile: %w", err)
		}
	}
	l.Policy, err = connector.Compile(cfg)
	var problems connector.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	problems = slices.DeleteFunc(problems, mistakes.Explains)
	if len(problems)+len(mistakes) > 0 {
		return nil, l.findings(mistakes, problems)
	}
	return l, nil
}

// read reads the configuration from its files, and what is wrong with their
// texts. The error is about a file that can't be read at all.
func (p *policyFlags) read() (*loaded, connector.Config, jsonconfig.Errors, error) {
	if len(p.files) == 0 {
		return new(loaded), demonstration(), nil, nil
	}
	l := &loaded{files: p.files}
	var cfg connector.Config
	var mistakes jsonconfig.Errors
	whole := true
	for _, file := range p.files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, cfg, nil, err
		}
		doc, wrong := jsonconfig.Draft(file, data)
		mistakes = append(mistakes, wrong...)
		if doc == nil {
			whole = false
			continue
		}
		l.documents = append(l.documents, doc)
		connector.Merge(&cfg, doc.Config)
	}
	if !whole { // nobody knows what the rest would refer to
		return nil, cfg, nil, l.findings(mistakes, nil)
	}
	return l, cfg, mistakes, nil
}

// findings lists the mistakes of texts and the problems of the policy in the
// order of the files.
func (l *loaded) findings(mistakes jsonconfig.Errors, problems connector.Problems) findings {
	found := make(findings, 0, len(mistakes)+len(problems))
	for _, m := range mistakes {
		found = append(found, finding{File: m.File, Line: m.Line, Path: m.Path, Code: "json", Detail: m.Detail})
	}
	found = append(found, l.locate(problems)...)
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(slices.Index(l.files, a.File)-slices.Index(l.files, b.File), a.Line-b.Line)
	})
	return found
}

// locate finds the places of problems in the files.
func (l *loaded) locate(problems connector.Problems) findings {
	found := make(findings, len(problems))
	for i, p := range problems {
		found[i] = finding{Path: p.Path, Code: p.Code, Detail: p.Detail}
		if at, ok := jsonconfig.Locate(p.Path, l.documents...); ok {
			found[i].File, found[i].Line = at.File, at.Line
		} else if len(l.files) == 1 {
			found[i].File = l.files[0] // something is missing from it
		}
	}
	return found
}

// policy loads the policy for a command; if that fails it prints why and ok
// is false.
func (c *cli) policy(p *policyFlags) (l *loaded, ok bool) {
	l, err := p.load()
	var bad findings
	switch {
	case errors.As(err, &bad) && p.json:
		c.printJSON(struct {
			Errors findings `json:"errors"`
		}{bad})
	case errors.As(err, &bad):
		fmt.Fprintln(c.stderr, bad)
		fmt.Fprintf(c.stderr, "gateway %s: the policy has %s\n", c.name, count(len(bad), "mistake"))
	case err != nil:
		c.invalid(err)
	}
	return l, err == nil
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
