package exchange

import (
	"errors"
	"reflect"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// errZero says that a zero was given where it is out of range.
var errZero = errors.New("out of range")

// accessOf returns the access to the field of C that r names, which is a V, a
// Setting of V or a list of V. Without such a field the value is kept by name.
func accessOf[C, V any](r *schema.Row, k kind[V]) access[C] {
	f, ok := reflect.TypeFor[C]().FieldByName(r.FieldName())
	switch {
	case !ok && r.List:
		return keepMany[C](k)
	case !ok:
		return keep[C](r, k)
	case f.Type == reflect.TypeFor[[]V]():
		return many(k, fieldOf[C, []V](f))
	case f.Type == reflect.TypeFor[param.Setting[V]]():
		return setting(k, fieldOf[C, param.Setting[V]](f))
	}
	return scalar(k, fieldOf[C, V](f))
}

// fieldOf returns a function that returns the field f of a C.
func fieldOf[C, V any](f reflect.StructField) func(*C) *V {
	return func(c *C) *V { return reflect.ValueOf(c).Elem().FieldByIndex(f.Index).Addr().Interface().(*V) }
}

// scalar is a parameter of one value.
func scalar[C, V any](k kind[V], field func(*C) *V) access[C] {
	return access[C]{
		set: func(it *item[C], _ string, v object.Value) error {
			var zero V
			if k.nullable && (v == nil || v == "") {
				*field(&it.cfg) = zero
				return nil
			}
			got, err := k.read(v)
			if err == nil && k.Number() && any(got) == any(zero) {
				err = errZero // which would be the default
			}
			if err == nil {
				*field(&it.cfg) = got
			}
			return err
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return k.show(*field(full)) },
	}
}

// setting is a parameter whose default is told apart from every value.
func setting[C, V any](k kind[V], field func(*C) *param.Setting[V]) access[C] {
	return access[C]{
		set: func(it *item[C], _ string, v object.Value) error {
			var got V
			var err error
			if !k.nullable || v != nil {
				got, err = k.read(v)
			}
			if err == nil {
				*field(&it.cfg) = param.Value(got)
			}
			return err
		},
		get: func(_ *item[C], full *C, _ string) object.Value {
			got, ok := field(full).Get()
			if !ok {
				return nil
			}
			return k.show(got)
		},
	}
}

// many is a list: what is given replaces it, $null clears it, and
// @{Add=…;Remove=…} edits it.
func many[C, V any](k kind[V], field func(*C) *[]V) access[C] {
	return access[C]{
		set: func(it *item[C], _ string, v object.Value) error {
			list, err := edited(k, *field(&it.cfg), v)
			if err == nil {
				*field(&it.cfg) = list
			}
			return err
		},
		get: func(_ *item[C], full *C, _ string) object.Value { return listOf(k, *field(full)) },
	}
}

// accessTo returns how the parameter r is read and written; the zero access if its
// values are the cmdlets' own.
func accessTo[C any](r *schema.Row) (a access[C]) {
	for _, k := range []kind[string]{text, assertion, fqdn, domainName, x509, smtpAddress, subdomains, remoteName, serverID} {
		isKind(&a, r, k)
	}
	isKind(&a, r, boolean)
	isKind(&a, r, integer)
	isKind(&a, r, limit)
	isKind(&a, r, size)
	isKind(&a, r, anySize)
	isKind(&a, r, timespan)
	isKind(&a, r, ipRange)
	isKind(&a, r, ipBinding)
	isKind(&a, r, ipAddress)
	isKind(&a, r, smartHost)
	isKind(&a, r, sender)
	isKind(&a, r, space)
	isKind(&a, r, mechanisms)
	isKind(&a, r, hostMechanisms)
	isKind(&a, r, groups)
	isKind(&a, r, rateSources)
	isKind(&a, r, policies)
	isKind(&a, r, authModes)
	isKind(&a, r, sizeModes)
	isKind(&a, r, logging)
	isKind(&a, r, protections)
	isKind(&a, r, roles)
	isKind(&a, r, premises)
	isKind(&a, r, dkimSigning)
	isKind(&a, r, hostLimits)
	isKind(&a, r, domainTypes)
	isKind(&a, r, tlsLevels)
	isKind(&a, r, tlsVersions)
	isKind(&a, r, cipherSuites)
	isKind(&a, r, protocols)
	isKind(&a, r, date)
	if a.set == nil && r.Kind.Values != nil {
		return accessOf[C](r, words(r.Kind))
	}
	return a
}

// isKind sets a to the access to r if r is of the kind k.
func isKind[C, V any](a *access[C], r *schema.Row, k kind[V]) {
	if r.Kind == k.Kind {
		*a = accessOf[C](r, k)
	}
}

// rowsOf returns the parameters of a noun whose items have the configuration C.
// special has the accesses that differ from that of the parameter's kind.
func rowsOf[C any](n *schema.Noun, special map[string]access[C]) []row[C] {
	rows := make([]row[C], len(n.Rows))
	for i := range n.Rows {
		r := &n.Rows[i]
		a, given := special[r.Name]
		if !given && r.Verbs&newSet != 0 && r.Status() != schema.Refused {
			a = accessTo[C](r)
		}
		rows[i] = row[C]{r, a}
	}
	return rows
}

const newSet = schema.New | schema.Set
