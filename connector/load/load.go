package load

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Options says how files are read. The zero Options reads from the file system, answers
// nothing that scripts ask for, and leaves the choice of server and edition to the files.
type Options struct {
	// Config is the configuration that the files add to and change.
	Config connector.Config

	// Server names this server, by its name in the policy or, where the policy lists
	// no servers, by its FQDN. It overrides what the files say; "" leaves it to them.
	Server string

	// Profile is the edition of Exchange. If it is given, it overrides what the files
	// say.
	Profile param.Setting[permission.Profile]

	// FQDN is the name for the wire of a server that neither Server nor the files name.
	// "": localhost.
	FQDN string

	// ReadFile reads a file. Nil: os.ReadFile.
	ReadFile func(name string) ([]byte, error)

	// Imported gets each file that a script reads, by Import-Csv and the like, or the error. Nil: it isn't
	// needed.
	Imported func(name string, data []byte, err error)

	// Credentials is a file with the passwords of Get-Credential and those that exports
	// can't contain. Each line is variable=user:password, with * in place of the
	// variable for credentials that a script assigns to none; # starts a comment.
	// "": no file.
	Credentials string

	// Environ is the environment as os.Environ returns it. It answers $env:NAME, except
	// for credentials. INTERCHANGE_CREDENTIAL_variable=user:password (see
	// [CredentialEnv]) answers what the credentials file doesn't, and the file variable with
	// user:password in the directory $CREDENTIALS_DIRECTORY, as systemd's LoadCredential
	// gives it, what neither of them does. INTERCHANGE_ANSWER_name=text answers Read-Host and
	// mandatory parameters of scripts. Names of the environment have no case. Nil: no environment.
	Environ []string

	// Shell has the other facts that scripts see. Its Credential, Answer, Ask and Env are
	// asked for what neither the credentials file nor the environment has. Profile,
	// Server, FS and Warn are ignored: scripts see the files in their own directory, and
	// their warnings are in the result.
	Shell shell.Options
}

// apply overrides what files say with the Options.
func (o *Options) apply(cfg *connector.Config) {
	if o.Server != "" {
		cfg.Server = o.Server
	}
	if profile, given := o.Profile.Get(); given {
		cfg.Profile = profile
	}
}

// Loaded is a compiled policy and what it was read from. It is safe for concurrent
// reading.
type Loaded struct {
	*connector.Policy
	Files    []string           // in the order of reading
	Places   source.Map         // where the files set what
	Warnings source.Diagnostics // what the readers of the files warn of

	PasswordFiles []string // the files that PasswordFrom names, which hold passwords of Send connectors

	Document string // the only one of Files, if it is a JSON document; otherwise ""
}

// Files reads the files, asks for the passwords that exports can't contain, compiles
// the policy and proves its assertions. Where the files are to blame, the error is source.Diagnostics with all
// mistakes in the order of the files: those in the text, and those in the policy that
// the rest of the text makes. A file that can't be read is such a mistake, too, and the
// only one.
//
// Without names there is no policy to read, which is an error too.
func Files(ctx context.Context, opts Options, names ...string) (*Loaded, error) {
	if len(names) == 0 {
		return nil, errors.New("no files are given to read the policy from; give scripts, exports or a JSON document")
	}
	d, err := Read(ctx, opts, names...)
	if err == nil {
		err = d.AskPasswords()
	}
	if err != nil {
		return nil, err
	}
	l, err := d.Compile()
	if err == nil {
		err = l.CheckAssertions()
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Draft is a configuration that was read from files and isn't compiled yet. The methods of a copy leave
// the original as it is.
type Draft struct {
	Config   connector.Config
	Files    []string           // in the order of reading
	Places   source.Map         // where the files set what
	Warnings source.Diagnostics // what the readers of the files warn of

	// Account says what became of each setting of files of other mail servers. Its warnings are
	// among Warnings, too.
	Account source.Diagnostics

	Document string // the only one of Files, if it is a JSON document; otherwise ""

	// Mistakes are those in JSON documents of which the rest was read. Compile
	// reports them, too.
	Mistakes source.Diagnostics

	opts    Options
	answers answers
	unread  []source.Path // the parameters that have the Mistakes
	exports []string      // those of Files that Exchange exported
	secrets []string      // the files with passwords that were read
	started bool          // files have set Config
}

// AskPasswords reads the passwords of Send connectors from the places that PasswordFrom names. It gives the
// Send connectors that come from exports, which can't contain passwords, those that answer
// $variable = Get-Credential for shell.CredentialVariable. The error is source.Diagnostics; a place that can't
// be read is one of the Mistakes instead.
func (d *Draft) AskPasswords() error {
	d.Config.Send = slices.Clone(d.Config.Send)
	d.Mistakes, d.unread, d.secrets = slices.Clip(d.Mistakes), slices.Clip(d.unread), slices.Clip(d.secrets)
	d.readPasswords()
	if len(d.Mistakes) > 0 {
		return nil
	}
	var failed source.Diagnostics
	paths := d.Config.ElementPaths("Send")
	for i := range d.Config.Send {
		s := &d.Config.Send[i]
		path := paths[i] + ".AuthenticationCredential"
		at, exported := d.Places.Find(path)
		if given := s.AuthenticationCredential; !exported || !slices.Contains(d.exports, at.File) || given == nil || given.Password != "" {
			continue
		}
		found, err := d.answers.credential(shell.Request{
			Variable: shell.CredentialVariable(s.Name), UserName: s.AuthenticationCredential.UserName,
			Message: `Credentials of the Send connector "` + s.Name + `"`, Position: at,
		})
		if err != nil {
			at.Column = 0
			missing := source.Wrap(path, connector.CodeCredentialMissing, err)
			missing.Position = at
			failed = append(failed, missing)
			continue
		}
		s.AuthenticationCredential = &found
	}
	return failed.Err()
}

// readPasswords reads the passwords of all credentials with a valid PasswordFrom. A relative path begins at the
// directory of the file that sets it. A place that can't be read becomes a mistake.
func (d *Draft) readPasswords() {
	read := func(path source.Path, c *param.Credential) {
		if c == nil || c.Password != "" || !c.PasswordFrom.IsValid() {
			return
		}
		path = path.Field("PasswordFrom")
		at, _ := d.Places.Find(path)
		place := c.PasswordFrom
		place.File = source.Beside(at.File, place.File)
		password, err := d.answers.secrets.Read(place)
		if err == nil {
			if place.File != "" && !slices.Contains(d.secrets, place.File) {
				d.secrets = append(d.secrets, place.File)
			}
			c.Password, c.PasswordFrom = password, param.SecretPlace{}
			return
		}
		mistake := source.Wrap(path, connector.CodeCredentialMissing, err)
		mistake.Position = at
		d.Mistakes, d.unread = append(d.Mistakes, mistake), append(d.unread, path)
	}
	paths := d.Config.ElementPaths("Send")
	for i := range d.Config.Send {
		d.Config.Send[i] = d.Config.Send[i].Clone() // the caller's own may be in Options
		s := &d.Config.Send[i]
		read(paths[i].Field("AuthenticationCredential"), s.AuthenticationCredential)
		for j := range s.SmartHostCredentials {
			c := &s.SmartHostCredentials[j]
			read(source.Named(paths[i].Field("SmartHostCredentials"), c.Host.String()), &c.Credential)
		}
	}
}

// rename gives the elements that before had the paths that they have in the Config now:
// of connectors with one name, another may be this server's.
func (d *Draft) rename(before *connector.Config) {
	moved := d.Config.MovedPaths(&connector.Config{}, before)
	for from, to := range moved {
		if from == to {
			delete(moved, from)
		}
	}
	if len(moved) == 0 {
		return
	}
	old := d.Places
	d.Places = source.Map{}
	d.Places.Add(old, moved)
	for i, path := range d.unread {
		d.unread[i] = path.Moved(moved)
	}
}

// Compile compiles the configuration, and doesn't prove its assertions: [Loaded.CheckAssertions] does. The
// error is as that of [Files]. Diagnostics
// with one of the codes in forgiven are left out; where no others remain, both
// results are nil.
func (d *Draft) Compile(forgiven ...source.Code) (*Loaded, error) {
	policy, err := connector.Compile(d.Config)
	var problems source.Diagnostics
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	problems = append(problems, unreadableAssertions(&d.Config)...)
	problems = slices.DeleteFunc(problems, func(p source.Diagnostic) bool {
		return jsonconfig.Follows(p, d.unread) || slices.Contains(forgiven, p.Code)
	})
	if len(problems)+len(d.Mistakes) > 0 {
		return nil, d.located(append(slices.Clone(d.Mistakes), locate(d.Places, d.Document, problems)...))
	}
	if policy == nil {
		return nil, nil
	}
	return &Loaded{Policy: policy, Files: d.Files, Places: d.Places, Warnings: d.Warnings, PasswordFiles: d.secrets, Document: d.Document}, nil
}

// located sorts diagnostics in the order of the files.
func (d *Draft) located(list source.Diagnostics) source.Diagnostics {
	slices.SortStableFunc(list, func(a, b source.Diagnostic) int {
		return cmp.Or(slices.Index(d.Files, a.File)-slices.Index(d.Files, b.File), a.Line-b.Line)
	})
	return list
}

// Locate enters files and lines into diagnostics about the policy that have no file. One
// that is about a missing part of a single document has its file alone.
func (l *Loaded) Locate(list source.Diagnostics) source.Diagnostics {
	return locate(l.Places, l.Document, list)
}

func locate(places source.Map, document string, list source.Diagnostics) source.Diagnostics {
	list = slices.Clone(list)
	for i := range list {
		at, ok := places.Find(list[i].Path)
		switch {
		case list[i].File != "":
		case ok:
			list[i].Position = source.Position{File: at.File, Line: at.Line}
		case !list[i].Path.Within("Certificates"): // which no document has
			list[i].File = document
		}
	}
	return list
}
