package policyfiles

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/later"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// Options say which files make the policy, and what happens when they change.
type Options struct {
	Names []string // the files, in the order of reading; empty: the policy of Load.Config, which can't be changed

	// Load says how they are read. ReadFile and Imported must be nil: the files are read where they are
	// written.
	Load load.Options

	Findings func() analysis.Options // the facts for findings; nil: the time alone

	// Surroundings returns the findings about what a policy is run with. Nil: there are no such findings.
	Surroundings func(p *load.Loaded) []source.Diagnostic

	Reload func(ctx context.Context) error // makes the gateway read the files again; nil: no gateway runs

	// Versions is the directory for the texts of the changed file before each change. "": FILE.versions
	// beside the file, or beside the one that a symbolic link leads to: all names of a file have one directory.
	Versions string

	Now func() time.Time // nil: time.Now
}

// Files are the files of a policy. All methods are safe for concurrent use.
type Files struct {
	opts   Options
	target target                               // the file that changes; its zero value: none can
	key    [32]byte                             // of the IDs
	busy   chan struct{}                        // has an element while a change is applied
	trying chan struct{}                        // has an element for each trial that runs
	write  func(name string, text []byte) error // replaced by tests

	mu      sync.Mutex            // guards what follows
	now     *Version              // that was read last; nil: none yet
	recent  []*Version            // the last first
	reading *later.Value[reading] // that goes on; nil: none
}

// Open returns the files of o. It reads nothing yet.
func Open(o Options) (*Files, error) {
	if o.Load.ReadFile != nil || o.Load.Imported != nil {
		return nil, errors.New("the policy's files are read where they are written, so Load.ReadFile and Load.Imported must be nil")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Findings == nil {
		now := o.Now
		o.Findings = func() analysis.Options { return analysis.Options{Now: now()} }
	}
	if o.Surroundings == nil {
		o.Surroundings = func(*load.Loaded) []source.Diagnostic { return nil }
	}
	f := &Files{opts: o, busy: make(chan struct{}, 1), trying: make(chan struct{}, maxTrying)}
	f.write = f.replaceFile
	if _, err := rand.Read(f.key[:]); err != nil {
		return nil, err
	}
	if n := len(o.Names); n > 0 {
		f.target = target{name: o.Names[n-1], script: shell.IsScript(o.Names[n-1])}
		f.target.document = n == 1 && strings.EqualFold(filepath.Ext(f.target.name), ".json")
		if f.opts.Versions == "" {
			f.opts.Versions = atomicfile.Target(f.target.name) + ".versions"
		}
	}
	return f, nil
}

// Current returns the files as they are now. It reads them again only if one of them has changed, and
// concurrent callers share one reading. Where the files have
// mistakes now, the Version says so and has the last policy without mistakes; the error is about
// something else, such as ctx.
func (f *Files) Current(ctx context.Context) (*Version, error) {
	if v := f.fresh(); v != nil {
		return v, nil
	}
	f.mu.Lock()
	if f.reading == nil {
		f.reading = later.New(f.readForAll)
	}
	r := f.reading
	f.mu.Unlock()
	read, err := r.Get(ctx)
	if err != nil {
		return nil, err
	}
	return read.version, read.err
}

// fresh returns the version that was read last if the files are still as they were then; otherwise nil.
func (f *Files) fresh() *Version {
	f.mu.Lock()
	v := f.now
	f.mu.Unlock()
	if v == nil || !v.seen.unchanged() {
		return nil
	}
	return v
}

// Version returns one of the versions that were read lately, by its ID; nil if it isn't kept any more.
func (f *Files) Version(id string) *Version {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range f.recent {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// reading is the result of a reading of the files that several callers wait for.
type reading struct {
	version *Version
	err     error
}

// readForAll reads the files for all that wait for f.reading.
func (f *Files) readForAll() (r reading) {
	defer func() {
		f.mu.Lock()
		f.reading = nil
		f.mu.Unlock()
	}()
	r.version, r.err = f.readNow(context.Background())
	return r
}

// readNow reads the files and makes them the present version.
func (f *Files) readNow(ctx context.Context) (*Version, error) {
	v, err := f.read(ctx, nil)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	v = f.remember(v)
	f.mu.Unlock()
	v.Ready() // most pages need the findings
	return v, nil
}

// The bounds of the versions that are kept in memory.
const (
	maxRecent     = 16
	maxRecentText = 1 << 20 // bytes of their files, beyond the last two; a policy takes about 35 times as much memory
)

// remember makes v the present version. The caller holds f.mu.
func (f *Files) remember(v *Version) *Version {
	if f.now != nil && f.now.ID == v.ID {
		f.now.seen.replace(v.seen)
		return f.now
	}
	if v.Loaded == nil && f.now != nil {
		v.Loaded, v.Config = f.now.Loaded, f.now.Config
	}
	f.now = v
	f.recent = append([]*Version{v}, f.recent...)
	size := 0
	for i, r := range f.recent {
		size += r.seen.size()
		if i >= maxRecent || i > 1 && size > maxRecentText {
			f.recent = f.recent[:i:i]
			break
		}
	}
	return v
}
