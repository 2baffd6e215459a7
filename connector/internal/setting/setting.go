// Package setting gives reflection access to param.Setting of any type, for
// the packages that read and write a connector.Config by its field names.
package setting

import (
	"reflect"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
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
	case *param.Setting[bool]:
		return access(p), true
	case *param.Setting[int]:
		return access(p), true
	case *param.Setting[time.Duration]:
		return access(p), true
	case *param.Setting[param.Size]:
		return access(p), true
	case *param.Setting[param.Limit]:
		return access(p), true
	case *param.Setting[param.RateSource]:
		return access(p), true
	case *param.Setting[auth.Mechanism]:
		return access(p), true
	case *param.Setting[permission.Group]:
		return access(p), true
	}
	return Access{}, false
}

func access[T any](p *param.Setting[T]) Access {
	v, given := p.Get()
	return Access{
		Value: reflect.ValueOf(&v).Elem(),
		Given: given,
		Store: func() { *p = param.Value(v) },
	}
}
