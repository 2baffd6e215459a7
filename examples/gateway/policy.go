package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// policyFlags are the flags of every command that works on a policy.
type policyFlags struct {
	files       list
	demo        bool // the built-in demonstration, in place of files
	server      string
	profile     string
	credentials string
	certs       list
	keys        list
	usesCerts   bool // the command uses the certificates, and says what is wrong with them
	json        bool
	fqdn        string // of the machine, for a server that nothing names
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, " ") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func (p *policyFlags) register(fs *flag.FlagSet) {
	p.registerFiles(fs)
	fs.BoolVar(&p.demo, "demo", false, "use the built-in demonstration in place of files")
}

// registerFiles is register without the demonstration.
func (p *policyFlags) registerFiles(fs *flag.FlagSet) {
	fs.Var(&p.files, "config", "read the policy from `FILE`: Exchange commands (.ps1), an export of Exchange (.txt .csv .json .xml), JSON (.json),\nPostfix's main.cf (.cf) or the MetaBase.xml of IIS; may be repeated: read in order, lists add up, later settings win")
	p.registerReading(fs)
	p.registerJSON(fs)
}

// registerReading registers how files are read, for commands that name the files
// themselves.
func (p *policyFlags) registerReading(fs *flag.FlagSet) {
	fs.StringVar(&p.server, "server", "", "this server's `NAME` or FQDN in the policy; if the policy lists no servers, give the FQDN, as in ex01.contoso.com")
	fs.StringVar(&p.profile, "profile", "", "`EDITION` of Exchange: current or exchange2007 (default: the policy's)")
	fs.StringVar(&p.credentials, "credentials", "", "answer Get-Credential with `FILE`, lines of variable=user:password\n(or with the environment: "+load.CredentialEnv("variable")+"=user:password;\ndefault: the last file of the policy with .credentials after its name, where the console stores passwords, if that exists)")
	fs.Var(&p.certs, "cert", "PEM `FILE` with a certificate and its chain, which Get-ExchangeCertificate shows; or a directory with several and their keys,\nas NAME.pem and NAME.key, or NAME/fullchain.pem and NAME/privkey.pem; may be repeated")
}

// registerJSON registers the flag of commands whose output has a form for machines, too.
func (p *policyFlags) registerJSON(fs *flag.FlagSet) {
	fs.BoolVar(&p.json, "json", false, "print for machines")
}

// registerKeys registers the flag of commands that use the certificates.
func (p *policyFlags) registerKeys(fs *flag.FlagSet, usage string) {
	p.usesCerts = true
	fs.Var(&p.keys, "key", usage)
}

// loaded is a policy and what it was read from.
type loaded struct{ *load.Loaded }

// advised adds to errors of the gateway about the policy where it says so and, if that is known, what to do.
func (d *loaded) advised(err error) error {
	var list source.Diagnostics
	if !errors.As(err, &list) {
		return err
	}
	copy(list, d.Locate(list))
	for i := range list {
		switch {
		case list[i].Code == source.CodeCertificateMissing:
			list[i].Fix = "give -cert and -key, or -acme, or remove the bindings that begin with TLS and RequireTLS"
		case list[i].Code == source.CodeBindingUnavailable && errors.Is(list[i].Err, fs.ErrPermission):
			list[i].Fix = "let root start the gateway, with -user USER, or on Linux give it the capability: by AmbientCapabilities=CAP_NET_BIND_SERVICE in its unit, or by setcap cap_net_bind_service=+ep PROGRAM"
		}
	}
	return err
}

// load reads and compiles the policy, or the demonstration. The error is
// source.Diagnostics where the policy is to blame.
func (p *policyFlags) load(c *cli) (*loaded, error) {
	d, err := p.read(c)
	if err == nil {
		err = d.AskPasswords()
	}
	if err != nil {
		return nil, err
	}
	policy, err := d.Compile()
	return &loaded{policy}, err
}

// read reads the configuration from its files, or returns the demonstration's.
func (p *policyFlags) read(c *cli) (*load.Draft, error) {
	if err := p.named(); err != nil {
		return nil, err
	}
	opts, err := p.options(c)
	if err != nil {
		return nil, err
	}
	if p.demo {
		opts.Config = demonstration()
	}
	d, err := load.Read(context.Background(), opts, p.files...)
	return d, p.advised(err)
}

// advised adds the flag -server to the errors of scripts that name another server.
func (p *policyFlags) advised(err error) error {
	var list source.Diagnostics
	if p.server == "" && errors.As(err, &list) {
		for i, d := range list {
			if d.Fix == "" && d.Excerpt != "" && strings.Contains(d.Detail, "this server is ") {
				list[i].Fix = "-server NAME says which server this is"
			}
		}
	}
	return err
}

// credentialsFile returns the file with the passwords of the policy; "": there is no such file.
func (p *policyFlags) credentialsFile() string {
	if file := p.credentialsPlace(); p.credentials != "" || exists(file) {
		return file
	}
	return ""
}

// credentialsPlace returns where the console stores the passwords of the policy, in a file that may not exist yet.
func (p *policyFlags) credentialsPlace() string {
	if p.credentials != "" || len(p.files) == 0 {
		return p.credentials
	}
	file := p.files[len(p.files)-1]
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target // so that all names of a policy have the same passwords
	}
	return file + ".credentials"
}

// options returns how files are read, by the flags.
func (p *policyFlags) options(c *cli) (load.Options, error) {
	opts := load.Options{Server: p.server, FQDN: p.fqdn, Credentials: p.credentialsFile(), Environ: os.Environ()}
	shown, err := shownCertificates(p.certs)
	if err != nil && !p.usesCerts {
		return opts, err
	}
	opts.Shell = shell.Options{Credential: c.promptOnce, Certificates: shown, Now: time.Now}
	if p.profile != "" {
		profile, err := permission.ParseProfile(p.profile)
		if err != nil {
			return opts, fmt.Errorf("-profile: %w", err)
		}
		opts.Profile = param.Value(profile)
	}
	return opts, nil
}

// logLine returns a diagnostic on one line, without the excerpt.
func logLine(d source.Diagnostic) string {
	text := oneLine(d.Summary())
	if d.Fix != "" {
		text += "; fix: " + strings.ReplaceAll(d.Fix, "\n", " ")
	}
	return text
}

// policy loads the policy for a command. If that fails it prints why and ok
// is false.
func (c *cli) policy(p *policyFlags) (l *loaded, ok bool) {
	l, err := p.load(c)
	if err != nil {
		c.badPolicy(p, err)
	}
	return l, err == nil
}

// named returns an error unless the flags give one policy. A shell variable that is empty gives
// no file, which must not pass for a policy.
func (p *policyFlags) named() error {
	switch {
	case p.demo && len(p.files) > 0:
		return errors.New("-demo works without files")
	case slices.Contains(p.files, ""):
		return errors.New("the name of a file of the policy is empty")
	case !p.demo && len(p.files) == 0:
		return errors.New("no policy: give its FILE, or -demo for the built-in demonstration")
	}
	return nil
}

// flagFile is the file of a flag.
type flagFile struct{ flag, file string }

// owner returns the name in messages of the file with the first mistake in err: of a flag, or
// otherwise the policy.
func owner(err error, flags ...flagFile) string {
	var bad source.Diagnostics
	if errors.As(err, &bad) {
		for _, f := range flags {
			if f.file != "" && f.file == bad[0].File {
				return "the file of " + f.flag
			}
		}
	}
	return "the policy"
}

// badPolicy prints why a policy couldn't be loaded and returns exitInvalid.
func (c *cli) badPolicy(p *policyFlags, err error) int { return c.mistaken(p.json, "the policy", err) }

// mistaken prints what is wrong with the files of something and returns exitInvalid.
func (c *cli) mistaken(json bool, of string, err error) int {
	var bad source.Diagnostics
	switch {
	case errors.As(err, &bad) && json:
		c.printJSON(struct {
			Errors source.Diagnostics `json:"errors"`
		}{bad})
	case errors.As(err, &bad):
		fmt.Fprintln(c.stderr, bad)
		fmt.Fprintf(c.stderr, "gateway %s: %s has %s\n", c.name, of, count(len(bad), "mistake"))
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
