package oauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// Logon is a stored refresh token, without the token.
type Logon struct {
	User string    `json:"user,omitempty"` // the account that logged on; "" if the token server doesn't say
	Time time.Time `json:"time"`           // when it logged on
}

// record is the file of a refresh token.
type record struct {
	Logon
	ClientID string `json:"client_id"`
	TokenURL string `json:"token_url"`
	Seed     string `json:"seed,omitempty"` // a hash of the RefreshToken in the settings that it descends from
	Token    string `json:"refresh_token"`
}

// store is the directory of the refresh tokens.
type store struct{ dir string }

// lockWait is how long a process waits for another one that uses a refresh token, and
// lockPoll how often it looks. A request to a token server takes less.
const (
	lockWait = 2 * requestTimeout
	lockPoll = 100 * time.Millisecond
)

// maxRecord bounds the file of a refresh token, in bytes.
const maxRecord = 1 << 20

// maxFileName bounds the part of a file's name that is the connector's and the smart host's, in bytes. Systems take
// 255, and a temporary file has a longer name.
const maxFileName = 160

// path returns the name of the file of c: that of the connector, and of the SmartHost if c has one. Names of
// connectors may have characters that names of files can't have, and letter case doesn't distinguish them.
func (s *store) path(c *Config) string {
	id := strings.ToLower(c.Name)
	name := escaped(id)
	if c.SmartHost.IsValid() {
		host := c.SmartHost.String()
		id, name = id+"\x00"+host, name+","+escaped(host) // escaped names have no comma
	}
	if len(name) > maxFileName {
		sum := sha256.Sum256([]byte(id))
		name = name[:maxFileName-2*len(sum)] + hex.EncodeToString(sum[:])
	}
	return filepath.Join(s.dir, name+".json")
}

// escaped returns a name as part of the name of a file.
func escaped(name string) string {
	return strings.NewReplacer(".", "%2E", "*", "%2A", ":", "%3A").Replace(url.PathEscape(name))
}

// lock makes the directory if it is absent, and waits until no other process uses the refresh
// token of c.
func (s *store) lock(ctx context.Context, c *Config) (unlock func(), err error) {
	name := strings.TrimSuffix(s.path(c), ".json") + ".lock"
	if err := errors.Join(atomicfile.MakeDir(s.dir), atomicfile.MakeEmpty(name)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock := flock.New(name)
	if ok, err := lock.TryLockContext(ctx, lockPoll); !ok {
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("another process has locked it")
		}
		return nil, source.FileError(lock.Path(), err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// load returns the record of c, nil if no file is there.
func (s *store) load(c *Config) (*record, error) {
	name := s.path(c)
	text, err := readlimit.File(name, maxRecord)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, source.FileError(name, err)
	}
	r := &record{}
	err = json.Unmarshal(text, r)
	if _, odd := r.Time.MarshalJSON(); err != nil || odd != nil || r.Token == "" { // a time that save can't write
		return nil, fmt.Errorf("%s: it is damaged; %s", name, cureLogon)
	}
	return r, nil
}

// save stores the record of c. A new file belongs to the owner of the directory, so
// that root can log on for a gateway that runs as another user. Whatever the mode of the file
// was, it is 0600 then.
func (s *store) save(c *Config, r *record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	name := s.path(c)
	if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) { // Write keeps the mode
		return source.FileError(name, err)
	}
	return atomicfile.Write(name, bytes.NewReader(append(text, '\n')), s.dir)
}

// stored returns the logon that dir has for c, nil if nothing is stored.
func stored(dir string, c *Config) (*Logon, error) {
	if dir == "" {
		return nil, nil
	}
	r, err := (&store{dir}).load(c)
	if r == nil {
		return nil, err
	}
	return &r.Logon, nil
}
