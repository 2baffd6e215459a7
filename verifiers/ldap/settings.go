package ldap

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/internal/secretplace"
)

// settings are the fields of a Verifier in a file, with files in place of password and authorities.
type settings struct {
	URLs             []string
	Authorities      string
	BindDN           string
	BindPasswordFrom param.SecretPlace
	BaseDN           string
	GroupBaseDN      string
	ActiveDirectory  bool
	Filter           string
	NameAttribute    string
	MailAttributes   []string
	GroupFilter      string
	GroupAttribute   string
	Domain           string
}

// Bounds of the files, in bytes.
const (
	maxSettings    = 64 << 10
	maxAuthorities = 1 << 20
)

// Load reads a file of settings, whose form the package documentation describes, and the files
// that it names. secrets are the files with secrets, which only the program should be able to
// read. The error is source.Diagnostics with every mistake, or says that the file can't be read.
func Load(name string) (v *Verifier, secrets []string, err error) {
	text, err := readlimit.File(name, maxSettings)
	switch {
	case errors.Is(err, readlimit.ErrTooLarge):
		d := source.Mistake("", source.CodeLimitExceeded, "too large; give at most %d bytes", maxSettings)
		d.Position.File = name
		return nil, nil, source.Diagnostics{d}
	case err != nil:
		return nil, nil, source.FileError(name, err)
	}
	var s settings
	places, err := jsonconfig.Decode(name, text, &s)
	r := reader{name: name, places: places}
	if errors.As(err, &r.mistakes) && places == nil {
		return nil, nil, err
	}
	s.BindPasswordFrom.File, s.Authorities = source.Beside(name, s.BindPasswordFrom.File), source.Beside(name, s.Authorities)
	v = r.verifier(&s)
	var unfit source.Diagnostics
	if errors.As(v.Check(), &unfit) {
		for _, d := range unfit {
			if d.Path == "BindPassword" {
				d.Path = "BindPasswordFrom"
			}
			r.note(d)
		}
	}
	if len(r.mistakes) > 0 {
		slices.SortStableFunc(r.mistakes, func(a, b source.Diagnostic) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
		return nil, nil, r.mistakes
	}
	if file := s.BindPasswordFrom.File; file != "" {
		secrets = append(secrets, file)
	}
	return v, secrets, nil
}

// reader reads the settings of a file and collects the mistakes.
type reader struct {
	name     string
	places   source.Map
	mistakes source.Diagnostics
}

// note adds a mistake, unless it follows from another one.
func (r *reader) note(d source.Diagnostic) {
	if slices.ContainsFunc(r.mistakes, func(m source.Diagnostic) bool { return m.Path != "" && m.Path.Within(d.Path) }) {
		return
	}
	var ok bool
	if d.Position, ok = r.places.Find(d.Path); !ok {
		d.Position = source.Position{File: r.name}
	}
	r.mistakes = append(r.mistakes, d)
}

// verifier returns the Verifier of the settings with its password and authorities.
func (r *reader) verifier(s *settings) *Verifier {
	v := &Verifier{
		URLs: s.URLs, BindDN: s.BindDN, BaseDN: s.BaseDN, GroupBaseDN: s.GroupBaseDN, ActiveDirectory: s.ActiveDirectory,
		Filter: s.Filter, NameAttribute: s.NameAttribute, MailAttributes: s.MailAttributes,
		GroupFilter: s.GroupFilter, GroupAttribute: s.GroupAttribute, Domain: s.Domain,
	}
	var err error
	switch place := s.BindPasswordFrom; {
	case place.IsZero():
	case !place.IsValid():
		r.note(source.Mistake("BindPasswordFrom", source.CodeValueInvalid, "give only one of File, Environment and Credential"))
	default:
		if v.BindPassword, err = (secretplace.Reader{}).Read(place); err != nil {
			r.note(source.Wrap("BindPasswordFrom", source.CodeFileUnreadable, err))
		}
	}
	if s.Authorities != "" {
		v.TLS = &tls.Config{}
		if v.TLS.RootCAs, err = readAuthorities(s.Authorities); err != nil {
			r.note(source.Wrap("Authorities", source.CodeFileUnreadable, err))
		}
	}
	return v
}

// readAuthorities reads a PEM file of authorities.
func readAuthorities(name string) (*x509.CertPool, error) {
	text, err := readlimit.File(name, maxAuthorities)
	if err != nil {
		return nil, source.FileError(name, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: the file has no PEM certificate", name)
	}
	return pool, nil
}
