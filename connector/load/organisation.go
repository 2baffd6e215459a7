package load

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Shell returns the options of the scripts among the files: Options.Shell with the answers
// of the credentials file and the environment, and with the Server and the Profile of
// Options.
func (d *Draft) Shell() shell.Options {
	opts, a := d.opts.Shell, &d.answers
	opts.Credential, opts.Answer, opts.Ask, opts.Env = a.credential, a.answer, a.parameter, a.env
	opts.Server = serverNamed(d.opts.Server)
	opts.Profile, _ = d.opts.Profile.Get()
	return opts
}

// Interpreter returns an interpreter of commands that starts with the draft; opts are the
// options that Shell returns, with changes. A draft that has servers, sites and
// acknowledgements only says what no cmdlet can say before setup: the interpreter then has
// a fresh organisation with the connectors that setup makes, as for a draft that has
// nothing. The error is as that of shell.Open, with the places of the mistakes.
func (d *Draft) Interpreter(opts shell.Options) (*shell.Interpreter, error) {
	cfg := d.Config
	if !d.started {
		return shell.New(opts), nil
	}
	topology := connector.Config{Profile: cfg.Profile, Server: cfg.Server, Servers: cfg.Servers, Links: cfg.Links, Acknowledged: cfg.Acknowledged}
	if len(cfg.Servers) == 0 || !reflect.DeepEqual(cfg, topology) {
		return d.open(opts)
	}
	local := -1
	opts.Servers = nil
	for i, s := range cfg.Servers {
		if local < 0 && (cfg.Server == "" || strings.EqualFold(s.Name, cfg.Server) || strings.EqualFold(s.FQDN, cfg.Server)) {
			local, opts.Server = i, s
			continue
		}
		opts.Servers = append(opts.Servers, s)
	}
	if local < 0 { // Compile says so
		return d.open(opts)
	}
	opts.Profile = cfg.Profile
	in := shell.New(opts)
	return in, in.Merge(connector.Config{Links: cfg.Links, Acknowledged: cfg.Acknowledged}, nil)
}

// Run runs a script on a copy of the draft, and returns the draft that Read would make of the files of the
// draft and the script after them, in a file of that name; its warnings are among the Warnings. opts are
// the options that Shell returns, with changes; Warn is ignored. Variables and functions of the scripts
// among the files aren't known to the script. The error is as that of [Read], or that of ctx. A script
// that ends itself with exit is a mistake, because commands after it in a file wouldn't run.
func (d *Draft) Run(ctx context.Context, opts shell.Options, name string, script []byte) (*Draft, error) {
	after := *d
	after.Files, after.Warnings = append(slices.Clip(d.Files), name), slices.Clip(d.Warnings)
	after.unread = slices.Clone(d.unread)
	opts.Warn = after.warn
	in, err := d.Interpreter(opts)
	if err == nil {
		err = in.Run(ctx, name, script)
	}
	if stopped := ctx.Err(); stopped != nil {
		return nil, stopped
	}
	if err != nil {
		return nil, err
	}
	if _, ended := in.Exited(); ended {
		mistake := source.Mistake("", source.CodeSyntax, "exit ends the script, so that commands after it don't run; leave it out")
		mistake.File = name
		return nil, source.Diagnostics{mistake}
	}
	after.started = true
	after.Config = in.Config()
	after.Places = maps.Clone(d.Places)
	after.Places.Add(in.Places(), nil)
	after.settle()
	return &after, nil
}

// settle gives the draft, when all is read, the server of the options.
func (d *Draft) settle() {
	before := d.Config
	d.opts.apply(&d.Config)
	d.opts.nameServer(&d.Config)
	d.rename(&before)
}

// open returns an interpreter of commands that starts with the whole draft.
func (d *Draft) open(opts shell.Options) (*shell.Interpreter, error) {
	opts.Places = d.Places
	in, err := shell.Open(d.Config, opts)
	if list := (source.Diagnostics)(nil); errors.As(err, &list) {
		return nil, locate(d.Places, d.Document, list)
	}
	return in, err
}

// serverNamed is the server of that name or FQDN.
func serverNamed(name string) routing.Server {
	if short, _, dotted := strings.Cut(name, "."); dotted {
		return routing.Server{Name: short, FQDN: name}
	}
	return routing.Server{Name: name}
}

// unnamed is the name of a server that neither a file nor Options.Server names.
const unnamed = "localhost"

// nameServer gives the unnamed server of cfg the name FQDN for the wire, so that next hops
// aren't greeted as localhost.
func (o *Options) nameServer(cfg *connector.Config) {
	switch {
	case o.FQDN == "" || cfg.Server != "" && !strings.EqualFold(cfg.Server, unnamed):
	case len(cfg.Servers) == 0:
		cfg.Servers = []routing.Server{{Name: unnamed, FQDN: o.FQDN}}
	case strings.EqualFold(cfg.Servers[0].Name, unnamed) && cmp.Or(cfg.Servers[0].FQDN, unnamed) == unnamed:
		cfg.Servers[0].FQDN = o.FQDN
	}
}
