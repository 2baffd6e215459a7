package mutation

import (
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
)

// Operator changes one setting of a configuration. Whether the policy then decides
// otherwise depends on the rest of the configuration.
type Operator struct {
	Name       string   // a parameter as "ReceiveConnector.Bindings", or what it does to one
	Parameters []string // those that it changes, in the first form

	apply func(r *rand.Rand, c *connector.Config) bool
}

// tries is how often an operator draws before it counts as not applicable.
const tries = 12

// Apply returns p with the change, or nil if p has nothing that the operator changes or no
// draw gave a valid configuration. It doesn't change p.
func (o Operator) Apply(r *rand.Rand, p *connector.Policy) *connector.Policy {
	return compiled(r, p, o.apply)
}

// compiled returns p after a change of its configuration, or nil.
func compiled(r *rand.Rand, p *connector.Policy, change func(*rand.Rand, *connector.Config) bool) *connector.Policy {
	for range tries {
		cfg := p.Config()
		if !change(r, &cfg) || reflect.DeepEqual(cfg, p.Config()) {
			continue
		}
		if changed, err := connector.Compile(cfg); err == nil {
			return changed
		}
	}
	return nil
}

// Operators returns all operators, always in the same order.
func Operators() []Operator {
	return slices.Concat(rowOperators(), receiveOperators(), rangeOperators(), grantOperators(), domainOperators(), sendOperators(), organisationOperators())
}

// one returns a random element of a list.
func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// in returns a random element of a list to change, or nil if the list is empty.
func in[T any](r *rand.Rand, list []T) *T {
	if len(list) == 0 {
		return nil
	}
	return &list[r.IntN(len(list))]
}

// remove removes a random element of a list that has more than least.
func remove[T any](r *rand.Rand, list *[]T, least int) bool {
	if len(*list) <= least {
		return false
	}
	at := r.IntN(len(*list))
	*list = slices.Delete(*list, at, at+1)
	return true
}
