package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
)

// delta is a difference in sessions that is on its way to become a sentence.
type delta struct {
	aspect        Aspect
	direction     Direction
	subject       string // what exactly, where the aspect has several
	before, after string
	anyChannel    bool  // TLS has nothing to do with it
	objects       []int // classes of domains, ascending; nil: none
	channel       channel
	names         certificateNames // of partners
	parties       []clientGroup
	pairs         []int
	witness       connector.Dialog
	witnesses     []connector.Dialog // once it is settled: some that may show it
}

// channel is whether a delta holds with TLS, without, or whatever TLS there can be.
type channel uint8

const (
	anyChannel channel = iota
	inClear
	withTLS
)

// certified is whether a sentence about senders is about those in the domains that
// the client's certificate names.
type certificateNames uint8

const (
	anyName certificateNames = iota
	ownName
	otherName
)

// says is the part of a delta that must be equal to merge.
func (d *delta) content() string {
	return fmt.Sprintf("%s|%d|%s|%s|%s|%v|%d", d.aspect, d.direction, d.subject, d.before, d.after, d.anyChannel, d.names)
}

// merger makes few deltas of many that differ in one respect only: first in
// TLS, then in domains, then in which connectors, then in who.
type merger struct {
	current  table[*identityDelta] // of the pair under way, by what is said of whom
	channels map[string]uint       // of the pair: by who, in which channels MAIL can pass at all
	finished table[*delta]
	// best is the object whose witness to prefer.
	preferred int
}

// local is deltas of one pair that say the same of the same identity.
type identityDelta struct {
	delta
	who       representative
	witnesses [2]map[int]connector.Dialog // without and with TLS: witnesses by object, -1 if there are none
}

// table is a map that remembers the order in which keys came.
type table[T any] struct {
	rows map[string]T
	keys []string
}

// row returns the row of key, made by fresh if there is none.
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

// submits notes that who can get as far as MAIL before or afterwards.
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

// add takes a delta of one identity, in one channel, about at most one object.
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

// whole is says with everything that is settled once a pair is done.
func (d *delta) fullContent() string {
	return fmt.Sprintf("%s|%d|%v", d.content(), d.channel, d.objects)
}

// deltas returns what was found, with all identities of which the same is said
// about the same connectors in one.
func (m *merger) deltas() []*delta {
	var merged table[*delta]
	for _, key := range m.finished.keys {
		d := m.finished.rows[key]
		same := merged.row(fmt.Sprint(d.fullContent(), d.pairs), func() *delta {
			first := *d
			first.parties, first.witnesses = nil, nil
			return &first
		})
		same.parties = append(same.parties, d.parties...)
		same.witnesses = append(same.witnesses, d.witnesses...)
	}
	all := make([]*delta, 0, len(merged.keys))
	for _, key := range merged.keys {
		all = append(all, merged.rows[key])
	}
	return all
}

// split makes a delta for what holds in both channels and one for each that
// holds in one only. able tells in which channels anything can.
func (l *identityDelta) split(able uint, best int) []delta {
	clear, tls := l.witnesses[0], l.witnesses[1]
	both := able == 3 || l.aspect == AspectAuth
	parts := map[channel]map[int]connector.Dialog{anyChannel: {}, inClear: {}, withTLS: {}}
	for object, witness := range clear {
		if _, ok := tls[object]; ok || !both || l.anyChannel {
			parts[anyChannel][object] = witness
		} else {
			parts[inClear][object] = witness
		}
	}
	for object, witness := range tls {
		if _, ok := clear[object]; ok {
			continue
		}
		if !both || l.anyChannel {
			parts[anyChannel][object] = witness
		} else {
			parts[withTLS][object] = witness
		}
	}
	var deltas []delta
	for _, ch := range []channel{anyChannel, inClear, withTLS} {
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

// first returns the first object, -1 if there is none.
func first(objects []int) int {
	if len(objects) == 0 {
		return -1
	}
	return objects[0]
}
