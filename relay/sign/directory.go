package sign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/routing"
)

// Keys has the keys of domains. It is used by many deliveries at once, for each message, so it should have the
// keys ready.
type Keys interface {
	// Keys returns the keys of a domain, also those that don't sign yet; none if the domain has none. The error
	// means that the domain has keys that can't be used now: its messages wait.
	Keys(ctx context.Context, domain routing.Domain) ([]Key, error)
}

// Directory has the keys that ReadDirectory found. It doesn't change and is safe for concurrent use. The zero
// Directory has no keys.
type Directory struct {
	domains  map[routing.Domain]*domainKeys
	problems source.Diagnostics
	files    []string
}

// domainKeys are the keys of a domain, or the reason why they can't be used.
type domainKeys struct {
	keys []Key
	err  error
}

// suffix is the end of the names of keys' files.
const suffix = ".pem"

// maxKeyFile bounds the size of a key's file, in bytes.
const maxKeyFile = 64 << 10

// ReadDirectory reads the keys in the files DIR/DOMAIN/SELECTOR.pem. Other files don't count, nor do names that
// begin with a dot. A file that can't be used is one of the Problems, and its domain can't sign then. The error
// says why dir itself can't be read.
func ReadDirectory(dir string) (*Directory, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, source.FileError(dir, err)
	}
	d := &Directory{domains: make(map[routing.Domain]*domainKeys)}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); strings.HasPrefix(e.Name(), ".") || err == nil && !info.IsDir() {
			continue
		}
		domain, err := routing.ParseDomain(e.Name())
		if err != nil {
			d.problem(path, fmt.Errorf("%q is not a domain; a directory with keys has the name of their domain", e.Name()))
			continue
		}
		d.readDomain(path, domain)
	}
	return d, nil
}

// readDomain reads the keys of a domain.
func (d *Directory) readDomain(dir string, domain routing.Domain) {
	of := d.domains[domain]
	if of == nil {
		of = new(domainKeys)
		d.domains[domain] = of
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		of.err = source.FileError(dir, err)
		d.problem(dir, source.FileReason(err))
		return
	}
	for _, f := range files {
		selector, ok := strings.CutSuffix(f.Name(), suffix)
		if !ok || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, f.Name())
		d.files = append(d.files, path)
		key, err := readKey(path, domain, selector)
		if err != nil {
			of.err = fmt.Errorf("%s: %w", path, err)
			d.problem(path, err)
			continue
		}
		key.File = path
		of.keys = append(of.keys, key)
	}
}

// readKey reads one key.
func readKey(path string, domain routing.Domain, selector string) (Key, error) {
	if info, err := os.Stat(path); err != nil {
		return Key{}, source.FileReason(err)
	} else if !info.Mode().IsRegular() { // a pipe would never end
		return Key{}, errors.New("it is not a file with a key")
	}
	text, err := readlimit.File(path, maxKeyFile)
	if err != nil {
		return Key{}, source.FileReason(err)
	}
	return ParsePEM(domain, selector, text)
}

// problem keeps what is wrong with a file.
func (d *Directory) problem(path string, err error) {
	d.problems = append(d.problems, source.Diagnostic{
		Severity: source.SeverityError, Position: source.Position{File: path}, Code: source.CodeDkimKeyUnusable,
		Detail: "the DKIM key can't be used: " + err.Error(), Err: err,
	})
}

// Problems returns the files and directories that can't be used, in the order of their names.
func (d *Directory) Problems() source.Diagnostics { return d.problems }

// Files returns the paths of the keys, which should be readable by the gateway alone.
func (d *Directory) Files() []string { return d.files }

// Domains returns the domains that have keys, or files of keys that can't be used, sorted.
func (d *Directory) Domains() iter.Seq[routing.Domain] {
	return slices.Values(slices.SortedFunc(maps.Keys(d.domains), routing.Domain.Compare))
}

// Keys implements Keys.
func (d *Directory) Keys(_ context.Context, domain routing.Domain) ([]Key, error) {
	of := d.domains[domain]
	switch {
	case of == nil:
		return nil, nil
	case of.err != nil:
		return nil, of.err
	}
	return of.keys, nil
}

// Save writes the key to the file DIR/DOMAIN/SELECTOR.pem, with mode 0600, and returns its path. A file that
// exists is an error. Directories that are absent are made, with mode 0700; all have the owner of the one above
// them, so that root can make keys for a gateway that runs as another user.
func (k Key) Save(dir string) (path string, err error) {
	text, err := k.MarshalPEM()
	if err != nil {
		return "", err
	}
	of := filepath.Join(dir, k.Domain.String())
	path = filepath.Join(of, k.Selector+suffix)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return "", fmt.Errorf("%s: %w; give another selector", path, source.FileReason(err))
	}
	for _, d := range []string{dir, of} {
		if err := atomicfile.MakeDir(d); err != nil {
			return "", err
		}
	}
	return path, atomicfile.Write(path, bytes.NewReader(text), of)
}
