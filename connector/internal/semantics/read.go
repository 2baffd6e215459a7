package semantics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// Read reads the text of a policy that compiles, as jsonconfig.Marshal writes it. It
// refuses a member that it doesn't know and one that occurs twice, so that no setting is
// passed over. It doesn't repeat the checks of connector.Compile.
func Read(canonical []byte) (*Policy, error) {
	r := reader{json.NewDecoder(bytes.NewReader(canonical))}
	r.UseNumber()
	var d document
	if err := r.value("", reflect.ValueOf(&d).Elem()); err != nil {
		return nil, fmt.Errorf("reading the policy's text: %w", err)
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading the policy's text: there is something behind the object")
	}
	if err := d.checkValues(); err != nil {
		return nil, err
	}
	d.spellNames()
	p := &Policy{document: d}
	p.local = p.localServer()
	p.indexAccepted()
	if err := p.readReceivers(); err != nil {
		return nil, err
	}
	if err := p.readSendConnectors(); err != nil {
		return nil, err
	}
	return p, nil
}

// reader reads JSON into structs by the exact names of their fields.
type reader struct{ *json.Decoder }

func (r reader) value(path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		return r.members(path, func(name string) error {
			f := v.FieldByName(name)
			if !f.IsValid() {
				return fmt.Errorf("%s: there is no member %q here", path, name)
			}
			return r.value(path+"."+name, f)
		})
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		return r.members(path, func(name string) error {
			e := reflect.New(v.Type().Elem()).Elem()
			err := r.value(path+"."+name, e)
			v.SetMapIndex(reflect.ValueOf(name), e)
			return err
		})
	case reflect.Slice:
		return r.elements(path, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(path, v.Elem())
	}
	return r.scalar(path, v)
}

// members reads an object, a call of read for each member.
func (r reader) members(path string, read func(name string) error) error {
	if err := r.begins(path, '{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.More() {
		t, err := r.Token()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name := t.(string)
		if seen[name] {
			return fmt.Errorf("%s: the member %q occurs twice", path, name)
		}
		seen[name] = true
		if err := read(name); err != nil {
			return err
		}
	}
	_, err := r.Token()
	return err
}

func (r reader) elements(path string, v reflect.Value) error {
	if err := r.begins(path, '[', "a list"); err != nil {
		return err
	}
	for i := 0; r.More(); i++ {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(fmt.Sprintf("%s[%d]", path, i), e); err != nil {
			return err
		}
		v.Set(reflect.Append(v, e))
	}
	_, err := r.Token()
	return err
}

func (r reader) scalar(path string, v reflect.Value) error {
	t, err := r.Token()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	switch t := t.(type) {
	case string:
		if v.Kind() == reflect.String {
			v.SetString(t)
			return nil
		}
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(t)
			return nil
		}
	case json.Number:
		if n, err := t.Int64(); err == nil && v.Kind() == reflect.Int64 {
			v.SetInt(n)
			return nil
		}
	}
	return fmt.Errorf("%s: there should be one %v, not %v", path, v.Kind(), t)
}

// begins reads the first token of an object or a list.
func (r reader) begins(path string, with json.Delim, what string) error {
	t, err := r.Token()
	if err == nil && t != with {
		err = fmt.Errorf("there should be %s, not %v", what, t)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
