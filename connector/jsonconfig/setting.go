package jsonconfig

import (
	"reflect"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// setting gives reflection access to a connector.Setting of any type.
type setting struct {
	value reflect.Value // settable; store makes it the Setting's
	given bool
	store func()
}

// settingOf returns the access to p if it points to a Setting.
func settingOf(p any) (setting, bool) {
	switch p := p.(type) {
	case *connector.Setting[bool]:
		return access(p), true
	case *connector.Setting[int]:
		return access(p), true
	case *connector.Setting[time.Duration]:
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
	return setting{}, false
}

func access[T any](p *connector.Setting[T]) setting {
	v, given := p.Get()
	return setting{
		value: reflect.ValueOf(&v).Elem(),
		given: given,
		store: func() { *p = connector.Value(v) },
	}
}
