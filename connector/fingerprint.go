package connector

import (
	"crypto/sha256"
	"encoding"
	"encoding/base32"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/setting"
)

// fingerprintBytes is the part of the hash that a fingerprint shows: too much for anyone
// to make another policy with the same one.
const fingerprintBytes = 15

// Fingerprint returns a name for what p does: 24 lower-case letters and digits. Two
// policies have the same one if all their parameters are the same, those at their
// defaults included. How the configuration was split into files, the order of its lists,
// comments, acknowledgements and assertions don't count. Nor do passwords, which therefore can't be
// guessed from it; whether one is set does. Another version of this package may give the
// same configuration another fingerprint. For nil and the zero Policy it returns "".
func (p *Policy) Fingerprint() string {
	if p == nil || p.fingerprint == nil {
		return ""
	}
	return p.fingerprint()
}

// computeFingerprint hashes the canonical text of p.
func (p *Policy) computeFingerprint() string {
	cfg := p.canonical()
	sum := sha256.Sum256([]byte(canonicalText(reflect.ValueOf(&cfg).Elem())))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:fingerprintBytes]))
}

// canonical returns the configuration of p with all defaults, and without what has no effect
// once these are filled in.
func (p *Policy) canonical() Config {
	cfg := p.Config()
	local := cfg.local()
	for i := range cfg.Receive {
		r := &cfg.Receive[i]
		*r = r.WithDefaults(&p.config)
		r.Comment, r.Usage = "", 0
	}
	for i := range cfg.Send {
		s := &cfg.Send[i]
		*s = s.WithDefaults(&p.config)
		s.Comment, s.Usage, s.SmartHostLimits = "", 0, 0
	}
	for i := range cfg.Accepted {
		d := &cfg.Accepted[i]
		d.Default = d.DomainName != "" && strings.EqualFold(d.DomainName, p.accepted.Default().String())
	}
	cfg.Server, cfg.Transport, cfg.Services, cfg.Acknowledged = local.Name, p.transport, []Service{p.service}, nil
	cfg.Transport.Assertions = nil
	cfg.Remote = nil
	for key, d := range p.remote {
		d.Name, d.DomainName = "", key
		cfg.Remote = append(cfg.Remote, d)
	}
	return cfg
}

// canonicalText returns a text that tells v, which must be addressable, from every other value of
// its type: the fields of structs that aren't zero, with their names, and the elements of
// lists in the order of their texts. Secrets write themselves without their content.
func canonicalText(v reflect.Value) string {
	v = setting.Value(v)
	if m, ok := v.Addr().Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return fmt.Sprintf("%q", text)
		}
		return fmt.Sprintf("%#v", v.Interface())
	}
	switch v.Kind() {
	case reflect.Struct:
		return canonicalStruct(v)
	case reflect.Slice:
		all := make([]string, v.Len())
		for i := range all {
			all[i] = canonicalText(v.Index(i))
		}
		slices.Sort(all)
		return "[" + strings.Join(slices.Compact(all), " ") + "]"
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return canonicalText(v.Elem())
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	default:
		return fmt.Sprint(v.Interface())
	}
}

func canonicalStruct(v reflect.Value) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range v.NumField() {
		f := v.Field(i)
		if !setting.Given(f) || setting.Value(f).IsZero() {
			continue
		}
		fmt.Fprintf(&b, "%s:%s ", v.Type().Field(i).Name, canonicalText(f))
	}
	b.WriteByte('}')
	return b.String()
}
