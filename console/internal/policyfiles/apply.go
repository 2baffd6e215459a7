package policyfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// maxReload is the time that the gateway has to read the files again.
const maxReload = 2 * time.Minute

// lockRetry is the time after which a lock that another process holds is tried again.
const lockRetry = 50 * time.Millisecond

// ConflictError says that the files have changed since a trial began with them. Nothing was written.
type ConflictError struct {
	Base *Version // of the trial
	Now  *Version
}

// Error says so, and what to do.
func (*ConflictError) Error() string {
	return "the policy's files have changed since this change was tried, so it is not applied; try it on the files as they are now"
}

// Apply writes a change into the files, if they still are the Before of the trial; otherwise the error is a
// ConflictError. A script gets the commands appended, under a comment with the time, the user and the title; a
// JSON document is written again. Credentials are written to Load.Credentials first. Then the gateway reads
// the files again; if it refuses them, they are put back. A change after which an assertion of the policy isn't
// proved is refused. After an error the files are as before, or the
// error says which isn't. If the process dies meanwhile, the policy is the old one or the new one.
//
// Changes are applied one after the other, those of other processes with the same directory of versions too.
// ctx ends the waiting for them; a change that is being written isn't stopped.
func (f *Files) Apply(ctx context.Context, t *Trial, by string) (*Entry, error) {
	if err := f.target.writable(); err != nil {
		return nil, err
	}
	if t.After == nil {
		return nil, fmt.Errorf("the change has mistakes, so it can't be applied: %w", t.Mistakes)
	}
	switch unproved, err := t.Unproved(ctx); {
	case err != nil:
		return nil, err
	case len(unproved) > 0:
		return nil, fmt.Errorf("the policy asserts what would not be true after the change: %w", unproved)
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	now := f.fresh() // not Current, which may join a reading that began before another process wrote
	if now == nil {
		if now, err = f.readNow(ctx); err != nil {
			return nil, err
		}
	}
	if now.ID != t.Before.ID {
		return nil, &ConflictError{Base: t.Before, Now: now}
	}
	w, err := f.prepare(ctx, t, now, by)
	if err == nil {
		err = f.check(ctx, t, w)
	}
	if err == nil {
		err = f.store(w)
	}
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if err := f.put(ctx, w); err != nil {
		if !w.stuck {
			f.forget(w.record.Number)
		}
		return nil, err
	}
	f.prune()
	_, err = f.readNow(ctx)
	return &w.record.Entry, err
}

// lock waits until no other change is being applied.
func (f *Files) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case f.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err = atomicfile.MakeDir(f.opts.Versions); err == nil {
		lock := flock.New(filepath.Join(f.opts.Versions, "lock"), flock.SetPermissions(0o600))
		if _, err = lock.TryLockContext(ctx, lockRetry); err == nil {
			return func() { _ = lock.Close(); <-f.busy }, nil
		}
	}
	<-f.busy
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("no earlier version of %s can be kept: %w", f.target.name, source.FileError(f.opts.Versions, err))
}

// put writes the files and has the gateway read them. If one of that fails, the files are put back.
func (f *Files) put(ctx context.Context, w *writing) (err error) {
	if w.credentials != nil {
		if err := f.write(f.opts.Load.Credentials, w.credentials); err != nil {
			return fmt.Errorf("the credentials can't be written: %w", err)
		}
	}
	if err := f.write(f.target.name, w.after); err != nil {
		return errors.Join(fmt.Errorf("the change can't be written: %w", err), f.restoreCredentials(w))
	}
	if err := f.reload(ctx); err != nil {
		err = fmt.Errorf("the gateway refuses the change: %w", err)
		if back := f.write(f.target.name, w.before); back != nil {
			w.stuck = true
			return errors.Join(err, fmt.Errorf("%w; the text before is in %s", back, f.stored(w.record.Number, f.textExt())))
		}
		err = errors.Join(err, f.restoreCredentials(w))
		_ = f.reload(ctx) // it may have taken the change although its answer was lost
		return err
	}
	return nil
}

// reload has the gateway read the files again, if one runs.
func (f *Files) reload(ctx context.Context) error {
	if f.opts.Reload == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, maxReload)
	defer cancel()
	return f.opts.Reload(ctx)
}

// restoreCredentials puts the credentials file back.
func (f *Files) restoreCredentials(w *writing) error {
	var err error
	switch name := f.opts.Load.Credentials; {
	case w.credentials == nil:
		return nil
	case w.oldCredentials == nil:
		err = os.Remove(name)
	default:
		err = f.write(name, w.oldCredentials)
	}
	if err != nil {
		return fmt.Errorf("the credentials file can't be put back: %w", err)
	}
	return nil
}

// replaceFile writes a file so that a reader, or a crash, sees the old text or the new one. A new file is
// accessible to the owner of the policy's files only.
func (f *Files) replaceFile(name string, text []byte) error {
	return atomicfile.Write(name, bytes.NewReader(text), f.target.name)
}
