package oauth

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// Config has the settings by which one Send connector gets its tokens, for one of its smart hosts
// or for several. Name and Grant must be set; the Grant decides which other fields must be, and
// [Settings.Check] says so.
type Config struct {
	Name      string          // of the Send connector
	SmartHost param.SmartHost `json:",omitzero"` // the only host that gets the tokens; zero: all hosts of the connector without a Config of their own
	Provider  Provider        // fills in what isn't given of TokenURL, DeviceURL and Scopes
	Grant     Grant

	Tenant   string // of Microsoft 365: its domain or its id; for a person's logon organizations if it isn't given
	ClientID string // the application's id

	ClientSecret   Secret // the application's secret
	SecretExpires  Date   // when it stops working, so that a warning comes before
	Certificate    string // in place of the secret: a PEM file of the application's certificate
	CertificateKey string // a PEM file with its key; the file of the Certificate if it isn't given

	RefreshToken   Secret   // for the grant RefreshToken
	ServiceAccount Secret   // for the grant ServiceAccount: the key file of Google
	Subject        string   // the mailbox that the service account acts for; the connector's user if it isn't given
	Command        []string // for the grant Command: a program and its arguments, without a shell

	TokenURL  string   // of the token server
	DeviceURL string   // of its page that gives device codes
	Scopes    []string // the rights to ask for
	Resource  string   // what the token is for, if the token server asks for that; without Scopes it gets no scopes then
}

// Date is a day, as in 2027-05-31. The zero Date is not a day.
type Date struct{ time.Time }

// MarshalText returns the day, "" for the zero Date. Its error is always nil.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.Format(time.DateOnly)), nil
}

// UnmarshalText reads a day.
func (d *Date) UnmarshalText(text []byte) error {
	day, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%.40q is not a day; the form is 2027-05-31", text)
	}
	d.Time = day
	return nil
}

// Settings are the Configs of a file. The zero Settings have none.
type Settings struct {
	Connectors []Config

	places source.Map // of the values in the file
}

// maxSettings bounds a file of settings, in bytes.
const maxSettings = 1 << 20

// Load reads a file of settings. See Parse.
func Load(name string) (*Settings, error) {
	data, err := readlimit.File(name, maxSettings)
	switch {
	case errors.Is(err, readlimit.ErrTooLarge):
		return nil, source.Diagnostics{tooLarge(name)}
	case err != nil:
		return nil, source.Diagnostics{source.Unreadable(name, err)}
	}
	return Parse(name, data)
}

// Parse reads settings: a JSON object whose key Connectors has a list of objects with the
// fields of Config. name is the file's name, for messages; relative paths of other files, and of a
// Command's program, begin at its directory. The error is source.Diagnostics
// with every mistake that shows without a policy.
func Parse(name string, data []byte) (*Settings, error) {
	if len(data) > maxSettings {
		return nil, source.Diagnostics{tooLarge(name)}
	}
	var file struct{ Connectors []Config }
	places, err := jsonconfig.Decode(name, data, &file)
	s := &Settings{Connectors: file.Connectors, places: places}
	for i := range s.Connectors {
		s.Connectors[i].resolve(name)
	}
	var unread source.Diagnostics
	if errors.As(err, &unread) && places == nil {
		return nil, err
	}
	all := append(unread, s.validate(unread)...)
	slices.SortStableFunc(all, func(a, b source.Diagnostic) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	if len(all) > 0 {
		return nil, all
	}
	return s, nil
}

// resolve makes the relative paths in c begin at the directory of the settings' file, name.
func (c *Config) resolve(name string) {
	for _, path := range []*string{&c.ClientSecret.File, &c.RefreshToken.File, &c.ServiceAccount.File, &c.Certificate, &c.CertificateKey} {
		*path = source.Beside(name, *path)
	}
	if len(c.Command) == 0 || c.Command[0] == filepath.Base(c.Command[0]) { // the PATH has it
		return
	}
	program := source.Beside(name, c.Command[0])
	if program == filepath.Base(program) {
		program = "." + string(filepath.Separator) + program
	}
	c.Command[0] = program
}

// tooLarge is the mistake of a text that Parse doesn't read.
func tooLarge(name string) source.Diagnostic {
	d := source.Mistake("", source.CodeLimitExceeded, "settings have at most %d bytes", maxSettings)
	d.File = name
	return d
}

// Files returns the names of the files with secrets: those of Secret fields and of keys, and
// name, the file of s, if a secret stands in it.
func (s *Settings) Files(name string) []string {
	if s == nil {
		return nil
	}
	var list []string
	for _, c := range s.Connectors {
		for _, secret := range []Secret{c.ClientSecret, c.RefreshToken, c.ServiceAccount} {
			switch {
			case secret.File != "":
				list = append(list, secret.File)
			case secret.Value != "":
				list = append(list, name)
			}
		}
		if key := cmp.Or(c.CertificateKey, c.Certificate); key != "" {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Find returns the Config by which a connector, in any letter case of its name, gets tokens for a
// smart host: the host's own, else the one without SmartHost; nil if s has neither. For the zero
// host it is the one without SmartHost.
func (s *Settings) Find(connector string, host param.SmartHost) *Config {
	if s == nil {
		return nil
	}
	var shared *Config
	for i := range s.Connectors {
		switch c := &s.Connectors[i]; {
		case !strings.EqualFold(c.Name, connector):
		case c.SmartHost == host:
			return c
		case !c.SmartHost.IsValid():
			shared = c
		}
	}
	return shared
}

// path returns the path of Config i as the text has it: by name, unless an earlier one has that name.
func (s *Settings) path(i int) source.Path {
	name := s.Connectors[i].Name
	if slices.ContainsFunc(s.Connectors[:i], func(o Config) bool { return o.Name == name }) {
		name = ""
	}
	return source.Element("Connectors", i, name)
}

// located gives d the position of its path.
func (s *Settings) located(d source.Diagnostic) source.Diagnostic {
	if at, ok := s.places.Find(d.Path); ok {
		d.Position = at
	}
	return d
}
