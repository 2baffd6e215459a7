package policyfiles

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/later"
)

// Version is the files at one time, and the policy that they make. It is safe for concurrent use; its
// fields must not be changed.
type Version struct {
	// ID names the names and contents of all files, those with passwords included. It is a hash with a key
	// that each Files draws, so it tells no one about a password, and means nothing to another Files.
	ID   string
	Read time.Time // when they were read

	// Mistakes are those that the files have; nil if they have no mistake. With Mistakes, Loaded and Config are those
	// of the last version without mistakes.
	Mistakes source.Diagnostics

	Loaded *load.Loaded     // the compiled policy; nil if no version without mistakes was read yet
	Config connector.Config // that of Loaded

	files *Files
	seen  *seen
	draft *load.Draft // before passwords were read from their places; nil with Mistakes

	mu       sync.Mutex // guards what follows
	findings *later.Value[[]analysis.Finding]
	asked    time.Time // when they were first asked for
}

// findingsAge is the time for which findings hold: those about certificates come with time.
const findingsAge = time.Hour

// Findings returns the findings about the policy, as load.Loaded.Findings does. They are computed when they are
// first asked for, and again after an hour; the error is that of ctx, if it ends before. The computing goes on
// then. The result must not be changed.
func (v *Version) Findings(ctx context.Context) ([]analysis.Finding, error) {
	return v.laterFindings().Get(ctx)
}

// Ready reports whether Findings would return at once. If not, it begins to compute them.
func (v *Version) Ready() bool { return v.laterFindings().Ready() }

// laterFindings returns the computation of the findings.
func (v *Version) laterFindings() *later.Value[[]analysis.Finding] {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.files.opts.Now()
	if v.findings == nil || now.Sub(v.asked) > findingsAge {
		v.asked = now
		v.findings = later.New(func() []analysis.Finding {
			if v.Loaded == nil {
				return nil
			}
			return v.files.findings(v.Loaded)
		})
	}
	return v.findings
}

// Size returns the bytes of the files.
func (v *Version) Size() int { return v.seen.size() }

// Mentions reports whether a variable, given without the $, may occur in one of the files, the one of credentials
// included. A new credential gets a variable for which it is false.
func (v *Version) Mentions(variable string) bool { return v.seen.contains(strings.ToLower(variable)) }

// read reads the files, with other texts in place of those of some. The error is about something else
// than the files.
func (f *Files) read(ctx context.Context, overlay map[string][]byte) (*Version, error) {
	v := &Version{Read: f.opts.Now(), files: f, seen: &seen{overlay: overlay, optional: f.opts.Load.Credentials}}
	opts := f.opts.Load
	opts.ReadFile, opts.Imported = v.seen.read, v.seen.imported
	draft, err := load.Read(ctx, opts, f.opts.Names...)
	if err == nil {
		v.Loaded, err = compile(draft)
	}
	if stopped := ctx.Err(); stopped != nil {
		return nil, stopped
	}
	if err != nil && !errors.As(err, &v.Mistakes) {
		return nil, err
	}
	if v.Loaded != nil {
		v.draft, v.Config = draft, v.Loaded.Config()
	}
	v.seen.close()
	v.ID = v.seen.id(f.key[:])
	return v, nil
}

// compile reads the passwords of a draft, which stays as it is, and compiles it.
func compile(draft *load.Draft) (*load.Loaded, error) {
	asked := *draft
	if err := asked.AskPasswords(); err != nil {
		return nil, err
	}
	return asked.Compile()
}

// findings returns the findings about a policy and what it is run with.
func (f *Files) findings(p *load.Loaded) []analysis.Finding {
	return p.Findings(f.opts.Findings(), f.opts.Surroundings(p)...)
}
