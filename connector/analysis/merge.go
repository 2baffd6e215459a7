package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
)

// delta is a difference between sessions, before it becomes a Change.
type delta struct {
	aspect        Aspect
	direction     Direction
	subject       string // as in Change
	before, after string
	anyChannel    bool  // it does not depend on TLS
	objects       []int // classes of domains, ascending; nil if it is not about domains
	channel       Channel
	names         SenderNamed // of partners
	groups        []clientGroup
	pairs         []int
	witness       connector.Dialog
	witnesses     []connector.Dialog // once the pair is flushed: some that may show it
}

// content returns the part of a delta that must be equal for two to be merged.
func (d *delta) content() string {
	return fmt.Sprintf("%s|%d|%s|%s|%s|%v|%d", d.aspect, d.direction, d.subject, d.before, d.after, d.anyChannel, d.names)
}

// merger turns many deltas that differ in one respect only into few: it merges
// channels first, then domains, then connectors, then identities.
type merger struct {
	current  table[*identityDelta] // of the current pair, by content and identity
	channels map[string]uint       // of the current pair: by identity, the channels in which MAIL can pass
	finished table[*delta]
	// preferred is the object whose witness is used if it has one.
	preferred int
}

// identityDelta is the deltas of one pair with the same content and identity.
type identityDelta struct {
	delta
	who       representative
	witnesses [2]map[int]connector.Dialog // without and with TLS, by object; -1 for a delta without objects
}

// table is a map that keeps the order in which keys were added.
type table[T any] struct {
	rows map[string]T
	keys []string
}

// row returns the row of key, and adds what fresh returns if the key is new.
func (t *table[T]) row(key string, fresh func() T) T {
	if t.rows == nil {
		t.rows = map[string]T{}
	}
	row, ok := t.rows[key]
	if !ok {
		row = fresh()
		t.rows[key] = row
		t.keys = append(t.keys, key)
	}
	return row
}

// submits records that the identity can send MAIL before or afterwards.
func (m *merger) submits(who representative, tls bool) {
	if m.channels == nil {
		m.channels = map[string]uint{}
	}
	m.channels[who.key()] |= 1 << index(tls)
}

func index(tls bool) int {
	if tls {
		return 1
	}
	return 0
}

// add records a delta of one identity, in one channel, about at most one object.
func (m *merger) add(d delta, who representative, tls bool) {
	row := m.current.row(d.content()+"|"+who.key(), func() *identityDelta {
		return &identityDelta{delta: d, who: who, witnesses: [2]map[int]connector.Dialog{{}, {}}}
	})
	object := -1
	if len(d.objects) > 0 {
		object = d.objects[0]
	}
	found := row.witnesses[index(tls)]
	if _, ok := found[object]; !ok {
		found[object] = d.witness
	}
}

// fullContent is content with everything that is known once a pair is compared.
func (d *delta) fullContent() string {
	return fmt.Sprintf("%s|%d|%v", d.content(), d.channel, d.objects)
}

// deltas returns the merged deltas: all identities with the same difference on the
// same connectors are in one.
func (m *merger) deltas() []*delta {
	var merged table[*delta]
	for _, key := range m.finished.keys {
		d := m.finished.rows[key]
		same := merged.row(fmt.Sprint(d.fullContent(), d.pairs), func() *delta {
			first := *d
			first.groups, first.witnesses = nil, nil
			return &first
		})
		same.groups = append(same.groups, d.groups...)
		same.witnesses = append(same.witnesses, d.witnesses...)
	}
	all := make([]*delta, 0, len(merged.keys))
	for _, key := range merged.keys {
		all = append(all, merged.rows[key])
	}
	return all
}

// split returns one delta for the objects that differ in both channels, and one for
// each channel with objects that differ in it alone. able is the set of channels in
// which the identity can send MAIL.
func (l *identityDelta) split(able uint, best int) []delta {
	clear, tls := l.witnesses[0], l.witnesses[1]
	both := able == 3 || l.aspect == AspectAuth
	parts := map[Channel]map[int]connector.Dialog{AnyChannel: {}, OnlyClear: {}, OnlyTLS: {}}
	for object, witness := range clear {
		if _, ok := tls[object]; ok || !both || l.anyChannel {
			parts[AnyChannel][object] = witness
		} else {
			parts[OnlyClear][object] = witness
		}
	}
	for object, witness := range tls {
		if _, ok := clear[object]; ok {
			continue
		}
		if !both || l.anyChannel {
			parts[AnyChannel][object] = witness
		} else {
			parts[OnlyTLS][object] = witness
		}
	}
	var deltas []delta
	for _, ch := range []Channel{AnyChannel, OnlyClear, OnlyTLS} {
		if len(parts[ch]) == 0 {
			continue
		}
		d := l.delta
		d.channel, d.objects = ch, nil
		for object := range parts[ch] {
			if object >= 0 {
				d.objects = append(d.objects, object)
			}
		}
		slices.Sort(d.objects)
		d.witness = parts[ch][first(d.objects)]
		if witness, ok := parts[ch][best]; ok {
			d.witness = witness
		}
		deltas = append(deltas, d)
	}
	return deltas
}

// first returns the first object, or -1.
func first(objects []int) int {
	if len(objects) == 0 {
		return -1
	}
	return objects[0]
}
