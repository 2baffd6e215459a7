package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
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
// is to blame, and lists all of them.
func (p *policyFlags) load() (*loaded, error) {
	l, cfg, err := p.read()
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
	switch {
	case errors.As(err, &problems):
		return nil, l.locate(problems)
	case err != nil:
		return nil, err
	}
	return l, nil
}

// read reads the configuration from its files.
func (p *policyFlags) read() (*loaded, connector.Config, error) {
	if len(p.files) == 0 {
		return new(loaded), demonstration(), nil
	}
	l := &loaded{files: p.files}
	var cfg connector.Config
	var bad findings
	for _, file := range p.files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, cfg, err
		}
		doc, err := jsonconfig.ParseDocument(file, data)
		var mistakes jsonconfig.Errors
		switch {
		case errors.As(err, &mistakes):
			for _, m := range mistakes {
				bad = append(bad, finding{File: m.File, Line: m.Line, Path: m.Path, Code: "json", Detail: m.Detail})
			}
			continue
		case err != nil:
			return nil, cfg, err
		}
		l.documents = append(l.documents, doc)
		connector.Merge(&cfg, doc.Config)
	}
	if len(bad) > 0 {
		return nil, cfg, bad
	}
	return l, cfg, nil
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
