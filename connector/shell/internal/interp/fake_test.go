package interp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// secret is what must never come out of an interpreter.
const secret = "hunter2-hunter2"

// fakeCommand is a cmdlet made of a function.
type fakeCommand struct {
	name     string
	params   []object.Parameter
	run      func(*object.Call) error
	confirms bool
}

func (c *fakeCommand) Name() string                   { return c.name }
func (c *fakeCommand) Parameters() []object.Parameter { return c.params }
func (c *fakeCommand) Run(call *object.Call) error    { return c.run(call) }
func (c *fakeCommand) ConfirmsByDefault() bool        { return c.confirms }

// thing is what the fake store holds.
type thing struct {
	name    string
	size    param.Size
	limit   object.Value
	ranges  []string
	enabled bool
}

// store is a fake store with cmdlets for its things.
type store struct {
	things []*thing
}

func (s *store) find(name string) *thing {
	for _, t := range s.things {
		if strings.EqualFold(t.name, name) {
			return t
		}
	}
	return nil
}

func (t *thing) object() *object.Object {
	o := object.NewObject("Thing", 7)
	o.Ref, o.Text, o.Columns = t, `EX01\`+t.name, []string{"Identity", "Ranges", "Enabled"}
	o.Set("Name", t.name)
	o.Set("Identity", object.Scalar{Type: "ThingId", Text: `EX01\` + t.name})
	o.Set("MaxSize", object.Size(t.size))
	o.Set("Limit", unlimited{t.limit})
	o.Set("Timeout", object.Span(10*time.Minute))
	o.Set("Auth", object.Flags{Type: "AuthMechanisms", Text: "Tls, BasicAuth"})
	l := new(object.List)
	for _, r := range t.ranges {
		l.Items = append(l.Items, object.Scalar{Type: "IPRange", Text: r})
	}
	o.Set("Ranges", l)
	o.Set("Enabled", t.enabled)
	return o
}

func (s *store) identify(v object.Value) (*thing, error) {
	if o, ok := v.(*object.Object); ok {
		if t, ok := o.Ref.(*thing); ok {
			return t, nil
		}
	}
	if t := s.find(object.Text(v)); t != nil {
		return t, nil
	}
	return nil, &object.ArgumentError{Parameter: "Identity", Err: fmt.Errorf("no thing %q", object.Text(v))}
}

func (s *store) change(t *thing, call *object.Call) error {
	for name, v := range call.Args {
		switch name {
		case "MaxSize":
			size, err := param.ParseSize(object.Text(v))
			if err != nil {
				return &object.ArgumentError{Parameter: name, Err: err}
			}
			t.size = size
		case "Ranges":
			t.ranges = nil
			for _, item := range object.Items(v) {
				t.ranges = append(t.ranges, object.Text(item))
			}
		case "Enabled":
			t.enabled = object.Truth(v)
		}
	}
	return nil
}

func settings() []object.Parameter {
	return []object.Parameter{
		{Name: "MaxSize", Type: "ByteQuantifiedSize", Position: object.Named, PipelineByName: true},
		{Name: "Ranges", Type: "MultiValuedProperty", Position: object.Named, PipelineByName: true},
		{Name: "Enabled", Type: "Boolean", Position: object.Named},
		{Name: "EnableExtras", Type: "Boolean", Position: object.Named},
		{Name: "Server", Type: "String", Position: object.Named},
	}
}

// commands are the cmdlets of the store.
func (s *store) commands() []object.Command {
	identity := object.Parameter{Name: "Identity", Aliases: []string{"Id"}, Type: "ThingId", Position: 0, Pipeline: true, PipelineByName: true, Mandatory: true}
	anyIdentity := identity
	anyIdentity.Mandatory = false
	name := object.Parameter{Name: "Name", Type: "String", Position: 0, Mandatory: true, PipelineByName: true}
	return []object.Command{
		&fakeCommand{name: "New-Thing", params: append(settings(), name, object.Parameter{Name: "Custom", Switch: true, Position: object.Named}), run: func(call *object.Call) error {
			t := &thing{name: object.Text(call.Args["Name"]), enabled: true, size: 10 * param.MB}
			if s.find(t.name) != nil {
				return &object.ArgumentError{Parameter: "Name", Err: errors.New("there is one of that name already")}
			}
			if ok, err := call.Confirm("New-Thing", t.name); !ok || err != nil {
				return err
			}
			if err := s.change(t, call); err != nil {
				return err
			}
			s.things = append(s.things, t)
			return call.Emit(t.object())
		}},
		&fakeCommand{name: "Get-Thing", params: []object.Parameter{anyIdentity, {Name: "Server", Type: "String", Position: object.Named}}, run: func(call *object.Call) error {
			if id, ok := call.Args["Identity"]; ok {
				t, err := s.identify(id)
				if err != nil {
					return err
				}
				return call.Emit(t.object())
			}
			for _, t := range slices.Clone(s.things) {
				if err := call.Emit(t.object()); err != nil {
					return err
				}
			}
			return nil
		}},
		&fakeCommand{name: "Set-Thing", params: append(settings(), identity), run: func(call *object.Call) error {
			t, err := s.identify(call.Args["Identity"])
			if err != nil {
				return err
			}
			if ok, err := call.Confirm("Set-Thing", t.name); !ok || err != nil {
				return err
			}
			call.Verbose("changing " + t.name)
			return s.change(t, call)
		}},
		&fakeCommand{name: "Remove-Thing", confirms: true, params: []object.Parameter{identity}, run: func(call *object.Call) error {
			t, err := s.identify(call.Args["Identity"])
			if err != nil {
				return err
			}
			if ok, err := call.Confirm("Remove-Thing", t.name); !ok || err != nil {
				return err
			}
			s.things = slices.DeleteFunc(s.things, func(x *thing) bool { return x == t })
			return nil
		}},
		&fakeCommand{name: "Get-Credential", params: []object.Parameter{{Name: "Credential", Type: "String", Position: 0}}, run: func(call *object.Call) error {
			return call.Emit(object.NewCredential("for "+call.Target, object.NewSecure(auth.Secret(secret))))
		}},
		&fakeCommand{name: "Show-Args", run: showArgs, params: []object.Parameter{
			{Name: "Text", Type: "String", Position: 0}, {Name: "Number", Type: "Int32", Position: 1},
			{Name: "Any", Type: "Object", Position: object.Named, Aliases: []string{"Whatever"}},
			{Name: "Force", Switch: true, Position: object.Named}, {Name: "Credential", Type: "PSCredential", Position: object.Named},
		}},
	}
}

// showArgs emits what was bound, in alphabetical order.
func showArgs(call *object.Call) error {
	var parts []string
	for name, v := range call.Args {
		parts = append(parts, fmt.Sprintf("%s=%s:%s", name, object.TypeName(v), object.Text(v)))
	}
	slices.Sort(parts)
	return call.Emit(strings.Join(parts, " "))
}

// files is a file system in memory.
type files map[string][]byte

func (f files) ReadFile(name string) ([]byte, error) {
	data, ok := f[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func (f files) WriteFile(name string, data []byte) error {
	f[name] = bytes.Clone(data)
	return nil
}

// options are those of most tests.
func options(s *store, out *bytes.Buffer) interp.Options {
	return interp.Options{
		Commands: s.commands(),
		Env: func(name string) (string, bool) {
			return "HubA", strings.EqualFold(name, "COMPUTERNAME")
		},
		FS:  files{},
		Now: func() time.Time { return time.Date(2026, 11, 28, 20, 41, 35, 0, time.UTC) },
		Answer: func(q interp.Question) (auth.Secret, error) {
			if q.Secret {
				return secret, nil
			}
			return auth.Secret("answer to " + q.Prompt), nil
		},
		Out:   out,
		Width: 100,
	}
}

// unlimited is a value that may be without a limit, which nil is.
type unlimited struct{ value object.Value }

func (unlimited) TypeName() string { return "Unlimited`1" }

func (u unlimited) String() string {
	if u.value == nil {
		return "Unlimited"
	}
	return object.Text(u.value)
}

// Compare puts Unlimited above all else.
func (u unlimited) Compare(v object.Value) (int, bool) {
	if o, ok := v.(unlimited); ok {
		v = o.value
	} else if s, ok := v.(string); ok && strings.EqualFold(s, "unlimited") {
		v = nil
	}
	switch {
	case u.value == nil && v == nil:
		return 0, true
	case u.value == nil:
		return 1, true
	case v == nil:
		return -1, true
	}
	order, err := object.Compare(u.value, v)
	return order, err == nil
}

func (u unlimited) Member(name string) (object.Value, bool) {
	if strings.EqualFold(name, "IsUnlimited") {
		return u.value == nil, true
	}
	return u.value, strings.EqualFold(name, "Value")
}
