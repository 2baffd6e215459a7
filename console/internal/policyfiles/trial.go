package policyfiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/later"
)

// Script names the commands of a change in the positions of Mistakes, Warnings and findings.
const Script = "commands"

// Bounds of trials. They leave room for a change of each of a hundred thousand connectors.
const (
	maxCommands = 1 << 20   // bytes
	maxOutput   = 1 << 20   // bytes
	maxSteps    = 5_000_000 // expressions evaluated and objects moved
	maxMemory   = 256 << 20 // bytes of strings and lists built
	maxTrying   = 2         // at the same time
)

// Change is a change of the policy that an administrator asks for.
type Change struct {
	Title    string // what it is for, in a few words
	Commands string // in the shell language; Get-Credential stands for passwords

	// Credentials answer Get-Credential and Read-Host -AsSecureString by the name of the variable, without
	// the $ and in any letter case, that the command assigns the answer to.
	Credentials map[string]param.Credential
}

// Asked is a credential that commands ask for by Get-Credential.
type Asked struct {
	Variable string // to which they assign it, without the $
	UserName string // the user that they name; "": none
}

// Trial is a change that was tried on a version. It is safe for concurrent use; its fields must not be changed.
type Trial struct {
	Before *Version
	Change Change
	Undoes *Entry // the entry that the trial of TryUndo undoes; nil for others

	// After is the policy after the change; nil if there are Mistakes. The places of settings that the
	// commands make have the file Script and the line in Commands.
	After    *load.Loaded
	Mistakes source.Diagnostics // of the commands, and of the policy that they make
	Warnings source.Diagnostics // of the commands
	Output   string             // what the commands print, cut off after 1 MB
	Asked    []Asked            // the credentials that the commands ask for and that nothing answers

	text       []byte                       // the file after an undo; nil: of other changes
	set        map[string]*param.Credential // what Apply writes to the credentials file
	comparison *later.Value[analysis.Comparison]
	findings   *later.Value[findingChanges]
	unproved   *later.Value[source.Diagnostics]
}

// Try runs commands on a copy of the policy and compiles the result. Nothing is written; the commands reach no
// files and no environment, and mustn't contain a password. Mistakes are in the Trial. It is an error if the
// files have mistakes already, or the change is larger than 1 MB. Two trials run at the same time; ctx ends the
// waiting, and the trial itself.
func (v *Version) Try(ctx context.Context, c Change) (*Trial, error) {
	t, err := v.trial(c)
	if err != nil {
		return nil, err
	}
	if t.Mistakes = passwordsIn(c.Commands); len(t.Mistakes) == 0 {
		if err := t.run(ctx); err != nil && !errors.As(err, &t.Mistakes) {
			return nil, err
		}
	}
	t.prepare()
	return t, nil
}

// Query runs commands as Try does, and returns their output, cut off after 1 MB. It takes less time, because it
// compiles nothing: it is for commands that change nothing. Mistakes in them are source.Diagnostics.
func (v *Version) Query(ctx context.Context, commands string) (string, error) {
	t, err := v.trial(Change{Commands: commands})
	if err != nil {
		return "", err
	}
	end, err := v.files.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	_, err = t.interpret(ctx)
	t.placeCommands(err)
	return t.Output, err
}

// begin waits until commands may run.
func (f *Files) begin(ctx context.Context) (end func(), err error) {
	select {
	case f.trying <- struct{}{}:
		return func() { <-f.trying }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// trial returns the trial of a change, before it runs.
func (v *Version) trial(c Change) (*Trial, error) {
	if v.draft == nil {
		return nil, fmt.Errorf("the policy's files have mistakes, so nothing can be tried on them: %w", v.Mistakes)
	}
	if len(c.Commands) > maxCommands {
		return nil, fmt.Errorf("the commands have %d bytes; at most %d are taken at once", len(c.Commands), maxCommands)
	}
	c.Commands = strings.ReplaceAll(c.Commands, "\r\n", "\n") // as browsers send them
	t := &Trial{Before: v, Change: c, set: map[string]*param.Credential{}}
	for name, credential := range c.Credentials {
		t.set[strings.ToLower(name)] = &credential
	}
	return t, nil
}

// run runs the commands and compiles the policy. Mistakes are source.Diagnostics.
func (t *Trial) run(ctx context.Context) error {
	end, err := t.Before.files.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	draft, err := t.interpret(ctx)
	if err == nil {
		t.Warnings = draft.Warnings[len(t.Before.draft.Warnings):]
		t.After, err = compile(draft)
	}
	t.placeCommands(err)
	return err
}

// interpret runs the commands, and returns the configuration that they make.
func (t *Trial) interpret(ctx context.Context) (*load.Draft, error) {
	var out output
	draft, err := t.runOn(ctx, t.Before.draft, &out)
	t.Output = out.String()
	return draft, err
}

// runOn runs the commands on a copy of a draft. They print to out.
func (t *Trial) runOn(ctx context.Context, d *load.Draft, out io.Writer) (*load.Draft, error) {
	f := t.Before.files
	sh := d.Shell()
	sh.Out, sh.FS, sh.Queues, sh.Tracking, sh.Save, sh.Env = out, nil, nil, nil, nil, nil
	sh.Credential, sh.Answer = t.credential(sh.Credential), t.answer(sh.Answer)
	sh.Limits.Steps, sh.Limits.Memory = lower(sh.Limits.Steps, maxSteps), lower(sh.Limits.Memory, maxMemory)
	commands := encodingOf(t.Before.seen.text(f.target.name)).lines(t.Change.Commands)
	return d.Run(ctx, sh, f.script(), []byte(commands))
}

// lower returns the lower one of a limit, which may be 0 for its default, and another.
func lower(limit, other int64) int64 {
	if limit == 0 {
		return other
	}
	return min(limit, other)
}

// script is the name under which commands run: beside the file that gets them, so that the relative names of
// files with passwords begin there.
func (f *Files) script() string { return filepath.Join(filepath.Dir(f.target.name), Script) }

// placeCommands shortens the name of the script where people see it: in the mistakes in err, the warnings, and
// the places of the policy.
func (t *Trial) placeCommands(err error) {
	long := t.Before.files.script()
	shorten := func(list source.Diagnostics) {
		for i := range list {
			if list[i].File == long {
				list[i].File = Script
			}
		}
	}
	var mistakes source.Diagnostics
	if errors.As(err, &mistakes) {
		shorten(mistakes)
	}
	shorten(t.Warnings)
	if t.After == nil {
		return
	}
	t.After.Files[len(t.After.Files)-1] = Script
	for path, at := range t.After.Places {
		if at.File == long {
			at.File = Script
			t.After.Places[path] = at
		}
	}
}

// passwordsIn returns a mistake for each line of commands that makes a password of a text: the text would be
// readable in the file and in the history.
func passwordsIn(commands string) (mistakes source.Diagnostics) {
	number := 0
	for line := range strings.Lines(commands) {
		number++
		if strings.Contains(strings.ToLower(line), "convertto-securestring") {
			d := source.Mistake("", connector.CodeCredentialMissing, "a password in a command could be read in the policy's file and in the history; write Get-Credential or Get-Credential USER -PasswordFrom @{File = '...'}")
			d.Position = source.Position{File: Script, Line: number}
			mistakes = append(mistakes, d)
		}
	}
	return mistakes
}

// Changes reports whether the change makes another policy: other than Policy.Fingerprint, it looks at passwords and
// comments too. With Mistakes it makes none.
func (t *Trial) Changes() bool {
	if t.After == nil {
		return false
	}
	same, err := equal(t.Before.Config, t.After.Config())
	return err != nil || !same
}

// prepare makes the comparisons that are computed later.
func (t *Trial) prepare() {
	before, after := t.Before, t.After
	t.comparison = later.New(func() analysis.Comparison {
		if after == nil {
			return analysis.Comparison{}
		}
		return analysis.Compare(before.Loaded.Policy, after.Policy)
	})
	t.findings = later.New(func() (changes findingChanges) {
		if after == nil {
			return changes
		}
		now := before.files.findings(after)
		old, _ := before.Findings(context.Background())
		return findingChanges{added: without(now, old), gone: without(old, now)}
	})
	t.unproved = later.New(func() (unproved source.Diagnostics) {
		if after != nil {
			errors.As(after.CheckAssertions(), &unproved)
		}
		return unproved
	})
}

// Comparison says what the policy does differently after the change. It is computed once, when it is first
// asked for; the error is that of ctx, if it ends before. With Mistakes there are no differences.
func (t *Trial) Comparison(ctx context.Context) (analysis.Comparison, error) {
	return t.comparison.Get(ctx)
}

// Findings returns the findings that the change adds and those that are gone after it, matched by code, path
// and extent, wherever they stand. They are computed as Comparison is. With Mistakes both are nil.
func (t *Trial) Findings(ctx context.Context) (added, gone []analysis.Finding, err error) {
	changes, err := t.findings.Get(ctx)
	return changes.added, changes.gone, err
}

// Unproved returns the assertions of the policy that aren't proved after the change: Apply refuses it if there
// are any. They are computed as Comparison is.
func (t *Trial) Unproved(ctx context.Context) (source.Diagnostics, error) { return t.unproved.Get(ctx) }

// Ready reports whether Comparison, Findings and Unproved would return at once. If not, it begins to compute them.
func (t *Trial) Ready() bool {
	compared, found, proved := t.comparison.Ready(), t.findings.Ready(), t.unproved.Ready()
	return compared && found && proved
}

// findingChanges are the findings that differ between two policies.
type findingChanges struct{ added, gone []analysis.Finding }

// without returns those of all that others don't have.
func without(all, others []analysis.Finding) (rest []analysis.Finding) {
	type key struct {
		code         source.Code
		path         source.Path
		extent       string
		acknowledged bool
	}
	keyOf := func(f analysis.Finding) key { return key{f.Code, f.Path, f.Extent(), f.Acknowledged != ""} }
	times := map[key]int{}
	for _, f := range others {
		times[keyOf(f)]++
	}
	for _, f := range all {
		if k := keyOf(f); times[k] > 0 {
			times[k]--
		} else {
			rest = append(rest, f)
		}
	}
	return rest
}

// credential answers Get-Credential by the change's credentials, and otherwise as the files' scripts are
// answered.
func (t *Trial) credential(otherwise func(shell.Request) (param.Credential, error)) func(shell.Request) (param.Credential, error) {
	return func(r shell.Request) (param.Credential, error) {
		given := t.given(r.Variable)
		switch {
		case given == nil:
			answer, err := otherwise(r)
			if asked := (Asked{r.Variable, r.UserName}); err != nil && r.Variable != "" && !slices.Contains(t.Asked, asked) {
				t.Asked = append(t.Asked, asked)
			}
			return answer, err
		case r.UserName != "" && !strings.EqualFold(r.UserName, given.UserName):
			return param.Credential{}, fmt.Errorf("the command asks for the user %q, but the credential that was entered is for %q", r.UserName, given.UserName)
		}
		return *given, nil
	}
}

// answer answers Read-Host -AsSecureString likewise.
func (t *Trial) answer(otherwise func(shell.Question) (auth.Secret, error)) func(shell.Question) (auth.Secret, error) {
	return func(q shell.Question) (auth.Secret, error) {
		if given := t.given(q.Variable); given != nil && q.Secret {
			return given.Password, nil
		}
		return otherwise(q)
	}
}

// given returns the credential of the change for a variable; nil if it has no such one.
func (t *Trial) given(variable string) *param.Credential {
	if variable == "" {
		variable = "*" // in a credentials file
	}
	return t.set[strings.ToLower(variable)]
}

// output keeps the beginning of a text.
type output struct {
	text []byte
	cut  bool
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-len(o.text))
	o.text = append(o.text, p[:room]...)
	o.cut = o.cut || room < len(p)
	return len(p), nil
}

// String returns the text, and says if the rest is missing.
func (o *output) String() string {
	if !o.cut {
		return string(o.text)
	}
	return strings.ToValidUTF8(string(o.text), "") + "\n… (the rest is left out)\n"
}
