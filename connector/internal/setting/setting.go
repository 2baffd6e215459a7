// Package setting gives reflection access to connector.Setting of any type, for
// the packages that read and write a connector.Config by its field names.
package setting

import (
	"reflect"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// Access is a Setting opened.
type Access struct {
	Value reflect.Value // settable; Store makes it the Setting's
	Given bool
	Store func()
}

// Of returns the access to p if it points to a Setting.
func Of(p any) (Access, bool) {
	switch p := p.(type) {
	case *connector.Setting[bool]:
		return access(p), true
	case *connector.Setting[int]:
		return access(p), true
	case *connector.Setting[time.Duration]:
		return access(p), true
	case *connector.Setting[connector.ByteSize]:
		return access(p), true
	case *connector.Setting[connector.Limit]:
		return access(p), true
	case *connector.Setting[connector.RateSource]:
		return access(p), true
	case *connector.Setting[auth.Mechanism]:
		return access(p), true
	case *connector.Setting[permission.Group]:
		return access(p), true
	}
	return Access{}, false
}

func access[T any](p *connector.Setting[T]) Access {
	v, given := p.Get()
	return Access{
		Value: reflect.ValueOf(&v).Elem(),
		Given: given,
		Store: func() { *p = connector.Value(v) },
	}
}
