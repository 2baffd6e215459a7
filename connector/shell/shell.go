package shell

import (
	"context"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Options describe a fresh organisation and what scripts can reach outside of it. The
// zero Options means the current edition on a server named localhost, without files,
// environment, output, or a user to ask.
type Options struct {
	Profile connector.Profile
	Server  routing.Server // this server; without a name: localhost

	// Servers are the others. Without any, a server is taken in when a command
	// names it first; with some, an unlisted one is an error.
	Servers []routing.Server

	// Domain is the first accepted domain. Empty: the FQDN of Server without its first
	// label, if it has more than one.
	Domain string

	// Bare leaves out what setup makes.
	Bare bool

	// Credential answers Get-Credential. Nil: the cmdlet fails.
	Credential func(Request) (param.Credential, error)

	// Certificates are the certificates that Get-ExchangeCertificate shows.
	Certificates []Certificate

	// Queues answer Get-Queue, Get-Message and the other cmdlets about the queue of a
	// running server. Nil: such cmdlets fail and say that they need one.
	Queues operations.Queues

	// Tracking is the log that Get-MessageTrackingLog searches. Nil: the cmdlet fails and
	// says that it needs one.
	Tracking operations.TrackingLog

	// Save answers Save-Policy: it writes the organisation, which [Interpreter.Config] returns,
	// to a file, "" if the command names none, and with passwords if the command asks for
	// them. The warning, if there is one, is printed. Nil: the cmdlet fails.
	Save func(file string, passwords bool) (warning string, err error)

	// Confirm answers a question of -Confirm and of cmdlets that ask by
	// themselves, such as the Remove cmdlets. Nil: there is no user to ask;
	// such cmdlets go on, -Confirm is an error.
	Confirm func(question string) (bool, error)

	// Ask answers for a mandatory parameter that a command left out, or a script
	// (then cmdlet is "param"); false: it stays out. Nil: it always stays out.
	Ask func(cmdlet, parameter string) (string, bool)

	// Answer answers Read-Host. Nil: the cmdlet fails.
	Answer func(Question) (auth.Secret, error)

	// Now is the clock of Get-Date. Nil: the cmdlet fails.
	Now func() time.Time

	// Env answers $env:NAME. COMPUTERNAME is the name of Server if Env doesn't know
	// it. Nil: every other variable is empty.
	Env func(name string) (string, bool)

	// FS is where Import-Csv, Export-Clixml and the like find files. Nil: every
	// such cmdlet fails.
	FS FS

	// Out gets what scripts print. Nil: nothing is printed.
	Out io.Writer

	// Warn gets warnings with their places. Nil: they are printed to Out.
	Warn func(at source.Position, text string)

	// Places has where the parts of the configuration of Open were set. Nil: it isn't known.
	Places source.Map

	Limits Limits
	Width  int // columns of the output; zero: 120
}

// Certificate is a certificate that the server is run with.
type Certificate struct {
	Thumbprint          string   // its SHA-1 in hexadecimal, in capitals
	Issuer, Subject     string   // as TlsCertificateName writes them
	Domains             []string // the names that it is for
	NotBefore, NotAfter time.Time
}

// FS is the files that scripts may read and write. Names are as the script wrote
// them.
type FS interface {
	ReadFile(name string) ([]byte, error)
	WriteFile(name string, data []byte) error
}

// Limits bounds one Run. A zero field is its default, which is enough for scripts
// of a hundred thousand commands.
type Limits struct {
	Steps  int64 // expressions evaluated and objects moved
	Depth  int   // expressions and script blocks within each other
	Calls  int   // functions within each other
	Output int64 // bytes printed, warnings included
	Memory int64 // bytes of all strings and lists built, kept or not
	String int   // bytes of one string
	List   int   // elements of one list
	Errors int   // errors after which the script ends
}

// Request is a request of Get-Credential.
type Request struct {
	Variable string // that the answer is assigned to, without the $; "" if to none
	UserName string // that the command names; "" if none
	Message  string // that the command shows; "" if none
	Position source.Position
}

// Question is a question of Read-Host.
type Question struct {
	Variable string // that the answer is assigned to, without the $; "" if to none
	Prompt   string // "" if none
	Secret   bool   // -AsSecureString: don't show the answer
	Position source.Position
}

// Interpreter runs scripts on an organisation. Variables and the organisation
// live on from one script to the next. It is not safe for concurrent use. The zero
// Interpreter is that of New(Options{}).
type Interpreter struct {
	org     *exchange.Org
	interp  *interp.Interp
	origins source.Map // of the merged configurations
}

// New returns an interpreter with a fresh organisation.
func New(opts Options) *Interpreter {
	return newInterpreter(exchange.NewOrg(exchange.Options{
		Profile: opts.Profile, Server: opts.Server, Servers: opts.Servers, Domain: opts.Domain, Bare: opts.Bare,
	}), opts)
}

// init makes the zero Interpreter usable.
func (in *Interpreter) init() {
	if in.org == nil {
		*in = *New(Options{})
	}
}

// Open returns an interpreter with the organisation that cfg describes. Profile,
// Server, Servers, Domain and Bare of opts are not looked at. The error is
// source.Diagnostics with the names that are missing or occur twice; all else is for
// connector.Compile.
func Open(cfg connector.Config, opts Options) (*Interpreter, error) {
	org, err := exchange.FromConfig(cfg)
	if err != nil {
		return nil, err
	}
	in := newInterpreter(org, opts)
	in.addOrigins(opts.Places, nil)
	return in, nil
}

func newInterpreter(org *exchange.Org, opts Options) *Interpreter {
	if ask := opts.Ask; ask != nil {
		org.Ask = func(cmdlet, parameter string) (object.Value, bool) {
			answer, ok := ask(cmdlet, parameter)
			return answer, ok
		}
	}
	for _, c := range opts.Certificates {
		org.Certificates = append(org.Certificates, exchange.Certificate(c))
	}
	org.Queues, org.Tracking, org.FS, org.Save = opts.Queues, opts.Tracking, opts.FS, opts.Save
	in := &Interpreter{org: org, origins: source.Map{}}
	options := interp.Options{
		Commands: org.Commands(credentials(opts.Credential)),
		Env:      environment(org, opts.Env),
		Ask:      opts.Ask,
		Now:      opts.Now,
		FS:       opts.FS,
		Out:      opts.Out,
		Confirm:  opts.Confirm,
		Warn:     opts.Warn,
		Limits:   interp.Limits(opts.Limits),
		Width:    opts.Width,
	}
	if answer := opts.Answer; answer != nil {
		options.Answer = func(q interp.Question) (auth.Secret, error) {
			return answer(Question{Variable: q.Variable, Prompt: q.Prompt, Secret: q.Secret, Position: q.Pos})
		}
	}
	in.interp = interp.New(options)
	return in
}

// environment answers COMPUTERNAME where env doesn't: systems other than Windows
// have no such variable.
func environment(org *exchange.Org, env func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if env != nil {
			if s, ok := env(name); ok {
				return s, true
			}
		}
		if strings.EqualFold(name, "COMPUTERNAME") {
			return org.LocalName(), true
		}
		return "", false
	}
}

// credentials hands requests of cmdlets on.
func credentials(ask func(Request) (param.Credential, error)) func(exchange.Request) (param.Credential, error) {
	if ask == nil {
		return nil
	}
	return func(r exchange.Request) (param.Credential, error) {
		return ask(Request{Variable: r.Variable, UserName: r.UserName, Message: r.Message, Position: r.Pos})
	}
}

// Run runs a script; file names it in errors and origins. The script may be UTF-8,
// or UTF-16 with a byte order mark. If its syntax is wrong it isn't begun; after
// the error of a command the next one runs, as in PowerShell, unless
// -ErrorAction or $ErrorActionPreference say Stop. The error is source.Diagnostics
// with all that went wrong. A configuration that isn't to be half loaded is thrown away
// after an error.
func (in *Interpreter) Run(ctx context.Context, file string, src []byte) error {
	in.init()
	return diagnostics(in.interp.Run(ctx, file, src))
}

// Exited returns the value that the last script gave to exit, and whether it ended so.
// An exit with a code other than 0 is an error of Run, too.
func (in *Interpreter) Exited() (code int, ok bool) {
	in.init()
	return in.interp.Exited()
}

// File is a script and its name.
type File struct {
	Name string
	Data []byte
}

// Load runs scripts in order on a fresh organisation and stops after the first
// one with an error, which is source.Diagnostics.
func Load(ctx context.Context, opts Options, scripts ...File) (*Interpreter, error) {
	in := New(opts)
	for _, f := range scripts {
		if err := in.Run(ctx, f.Name, f.Data); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// Config returns the organisation as a configuration for connector.Compile. It shares
// no memory with the interpreter.
func (in *Interpreter) Config() connector.Config {
	in.init()
	return in.org.Config()
}

// Merge adds a configuration to the organisation, as connector.Merge does. origins
// has the positions of its parts, by their paths in cfg; it may be nil. After an error,
// which is as that of [Open], nothing has changed.
func (in *Interpreter) Merge(cfg connector.Config, origins source.Map) error {
	in.init()
	before, set := in.org.Config(), in.org.Places()
	if err := in.org.Merge(cfg); err != nil {
		return err
	}
	whole := in.org.Config()
	maps.Copy(in.origins, set)
	in.addOrigins(origins, whole.MovedPaths(&before, &cfg))
	return nil
}

// addOrigins adds the positions of a configuration, see [source.Map.Add].
func (in *Interpreter) addOrigins(origins source.Map, moved map[source.Path]source.Path) {
	in.origins.Add(origins, moved)
	in.org.TakeMarks(in.origins)
}

// Places returns where each part of the organisation was set last: Receive["Relay"] is
// where the connector was made, Receive["Relay"].Bindings where its bindings were set.
// Parts that no command or configuration set are missing.
func (in *Interpreter) Places() source.Map {
	in.init()
	all := maps.Clone(in.origins)
	maps.Copy(all, in.org.Places())
	return all
}

// Complete returns the completions of the word at the end of a text that is being typed
// (cmdlets, parameters, values, identities, variables), in the form in which they would
// be typed, and the offset at which the word starts.
func (in *Interpreter) Complete(text string) (start int, candidates []string) {
	in.init()
	return in.interp.Complete(text)
}

// IsScript reports whether a file is a script by its name: it ends in .ps1.
func IsScript(name string) bool {
	return len(name) > 4 && strings.EqualFold(name[len(name)-4:], ".ps1")
}
