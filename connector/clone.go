package connector

import (
	"reflect"
	"slices"
)

// clone returns a Config that shares no memory with c, so that neither the
// caller of Compile nor the caller of Policy.Config can change a Policy.
func (c *Config) clone() Config {
	d := *c
	copyLists(&d)
	for i := range d.Links {
		d.Links[i].Sites = slices.Clone(d.Links[i].Sites)
	}
	for i := range d.Receive {
		copyLists(&d.Receive[i])
	}
	for i := range d.Send {
		d.Send[i] = d.Send[i].Clone()
	}
	for i := range d.Services {
		d.Services[i] = d.Services[i].Clone()
	}
	d.Transport = c.Transport.Clone()
	return d
}

// Clone returns a copy of r that shares no memory with it.
func (r Receive) Clone() Receive {
	copyLists(&r)
	return r
}

// Clone returns a copy of s that shares no memory with it.
func (s Send) Clone() Send {
	copyLists(&s)
	if s.AuthenticationCredential != nil {
		c := *s.AuthenticationCredential
		s.AuthenticationCredential = &c
	}
	return s
}

// Clone returns a copy of s that shares no memory with it.
func (s Service) Clone() Service {
	copyLists(&s)
	return s
}

// Clone returns a copy of t that shares no memory with it.
func (t Transport) Clone() Transport {
	copyLists(&t)
	return t
}

// copyLists replaces the slices of the struct that p points to by copies.
func copyLists(p any) {
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && !f.IsNil() {
			f.Set(reflect.AppendSlice(reflect.MakeSlice(f.Type(), 0, f.Len()), f))
		}
	}
}
